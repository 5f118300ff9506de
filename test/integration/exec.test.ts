// Programs started by Holdfast: what they see, how they end, and that they never outlive the worker.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exec } from '../../src/lib/exec.ts';

const env = { PATH: '/usr/bin:/bin' };
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-exec-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const sh = (script: string, options: Partial<Parameters<typeof exec>[2]> = {}) =>
  exec('sh', ['-c', script], { env, ...options });

/** Runs a program in a node process of its own, which is then killed. */
async function killTheParentOf(program: string, pidFile: string): Promise<number> {
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
  await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').includes('\n'));
  parent.kill('SIGKILL');
  return Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
}

async function until(condition: () => boolean, patienceMs = 20_000): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not come true in time');
    await sleep(20);
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a program', () => {
  it('sees the given environment and nothing of ours', async () => {
    process.env['HOLDFAST_TEST_TOKEN'] = 'hunter2';
    const { stdout } = await exec('env', [], { env: { ...env, GIVEN: 'yes' } });
    delete process.env['HOLDFAST_TEST_TOKEN'];
    expect(stdout.trim().split('\n').sort()).toEqual(['GIVEN=yes', 'PATH=/usr/bin:/bin']);
  });

  it('gets its arguments as they are, past every shell', async () => {
    const args = ['%s|', '$HOME', '; rm -rf x', '`id`', '*'];
    expect((await exec('printf', args, { env })).stdout).toBe('$HOME|; rm -rf x|`id`|*|');
  });

  it('is reported with its exit code, never thrown', async () => {
    const ran = await sh('echo out; echo err >&2; exit 3');
    expect(ran).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n', signal: null, timedOut: false, aborted: false });
  });

  it('is reported with the signal that ended it', async () => {
    expect(await sh('kill -9 $$')).toMatchObject({ code: null, signal: 'SIGKILL', timedOut: false, aborted: false });
  });

  it('reads what is given as standard input and nothing otherwise', async () => {
    expect((await exec('cat', [], { env, stdin: 'hello' })).stdout).toBe('hello');
    expect((await exec('cat', [], { env })).stdout).toBe('');
  });

  it('takes a stream in and gives one out as it flows, none of it kept', async () => {
    const sum = createHash('sha256');
    const block = Buffer.alloc(1_000_000, 'x');
    const ran = await exec('cat', [], {
      env,
      stdin: Readable.from([block, block, block]),
      takeStdout: async (stdout) => {
        for await (const chunk of stdout) sum.update(chunk);
      },
    });
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect(sum.digest('hex')).toBe(createHash('sha256').update(block).update(block).update(block).digest('hex'));
  });

  it('may stop reading before its input ends, which then is not read on', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536, 'x');
      })(),
    );
    expect(await exec('head', ['-c', '3'], { env, stdin: endless })).toMatchObject({ code: 0, stdout: 'xxx' });
    expect(endless.destroyed).toBe(true);
  });

  it('is ended when its input breaks off, and never takes that for the end of it', async () => {
    const broken = Readable.from(
      (function* () {
        yield 'half of it';
        throw new Error('the file is damaged');
      })(),
    );
    await expect(exec('cat', [], { env, stdin: broken })).rejects.toThrow('the file is damaged');
  });

  it('is ended when nobody can take its output any more', async () => {
    const full = exec('yes', [], { env, takeStdout: () => Promise.reject(new Error('the disk is full')) });
    await expect(full).rejects.toThrow('the disk is full');
  });

  it('is heard line by line on both streams, the last line included', async () => {
    const lines: string[] = [];
    await sh('printf "a\\nb"; sleep 0.1; printf "c\\n" >&2', {
      onLine: (line, stream) => lines.push(`${stream} ${line}`),
    });
    expect(lines.sort()).toEqual(['stderr c', 'stdout a', 'stdout b']);
  });

  it('has only the end of its output kept', async () => {
    expect((await sh('seq 1 100000', { maxBuffer: 12 })).stdout).toBe('9999\n100000\n');
  });

  it('writes to a new file that only we can read, and never over an old one', async () => {
    const stdoutFile = join(dir, 'out');
    expect(await sh('printf data', { stdoutFile })).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(stdoutFile, 'utf8')).toBe('data');
    expect(statSync(stdoutFile).mode & 0o777).toBe(0o600);
    await expect(sh('printf other', { stdoutFile })).rejects.toThrow('cannot be written to a new file');
    expect(readFileSync(stdoutFile, 'utf8')).toBe('data');
  });

  it('that is not installed is named, without its arguments and environment', async () => {
    const failure = exec('pg_nothing', ['--password=hunter2'], { env: { ...env, PGPASSWORD: 'hunter2' } });
    const thrown: unknown = await failure.catch((error: unknown) => error);
    expect(String(thrown)).toBe('NotStarted: pg_nothing could not be started: it is not on the PATH');
    expect(inspect(thrown, { depth: 9 })).not.toContain('hunter2');
  });

  it('that the system refuses to start is named, without its arguments and environment', async () => {
    const options = { env: { ...env, PGPASSWORD: 'hunter2' }, cwd: join(dir, 'nowhere') };
    const thrown: unknown = await exec('cat', ['hunter2'], options).catch((error: unknown) => error);
    expect(String(thrown)).toBe('NotStarted: cat could not be started: the system answered ENOENT');
    expect(inspect(thrown, { depth: 9 })).not.toContain('hunter2');
  });

  it('that the system refuses to start keeps nobody waiting who feeds it or reads from it', async () => {
    const stdin = new PassThrough();
    stdin.write('.');
    const read: string[] = [];
    const failure = exec('cat', ['x'.repeat(200_000)], {
      env,
      stdin,
      takeStdout: async (stdout) => {
        for await (const chunk of stdout) read.push(String(chunk));
      },
    });
    await expect(failure).rejects.toThrow('cat could not be started: the system answered E2BIG');
    expect(stdin.destroyed).toBe(true);
    expect(read).toEqual([]);
  });
});

describe('a program that is no longer wanted', () => {
  it('is ended when its time is over, with all that it has started', async () => {
    const pidFile = join(dir, 'grandchild');
    const ran = await sh(`sleep 60 & echo $! > ${pidFile}; wait`, { timeoutMs: 300 });
    expect(ran).toMatchObject({ code: null, signal: 'SIGTERM', timedOut: true, aborted: false });
    await until(() => !isRunning(Number(readFileSync(pidFile, 'utf8'))), 2_000);
  });

  it('is ended on abort', async () => {
    const ran = await sh('sleep 60', { signal: AbortSignal.timeout(100) });
    expect(ran).toMatchObject({ code: null, signal: 'SIGTERM', timedOut: false, aborted: true });
  });

  it('is not even started after the abort', async () => {
    const witness = join(dir, 'witness');
    expect(await sh(`touch ${witness}`, { signal: AbortSignal.abort() })).toMatchObject({ code: null, aborted: true });
    expect(existsSync(witness)).toBe(false);
  });

  it('is killed when it ignores being asked', async () => {
    const began = Date.now();
    const ran = await sh('trap "" TERM; while :; do sleep 0.1; done', { timeoutMs: 100 });
    expect(ran).toMatchObject({ signal: 'SIGKILL', timedOut: true });
    expect(Date.now() - began).toBeGreaterThan(5_000);
  });

  // By the kernel, which only Linux does: elsewhere this fails, and says rightly that children can outlive us.
  it('dies when the worker is killed with -9', async () => {
    const pidFile = join(dir, 'orphan');
    const child = await killTheParentOf(
      `import { exec } from '${join(import.meta.dirname, '../../src/lib/exec.ts')}';
       await exec('sh', ['-c', 'echo $$ > ${pidFile}; exec sleep 60'], { env: { PATH: '/usr/bin:/bin' } });`,
      pidFile,
    );
    await until(() => !isRunning(child), 3_000);
  });

  it('dies when the worker is killed with -9, a scratch PostgreSQL too', async () => {
    const src = join(import.meta.dirname, '../../src/postgres/scratch.ts');
    const pidFile = join(dir, 'postmaster');
    const work = await mkdtemp(join(tmpdir(), 'holdfast-work-'));
    const child = await killTheParentOf(
      `import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
       import { withScratch } from '${src}';
       chmodSync('${work}', 0o711);
       const signal = new AbortController().signal;
       await withScratch({ dir: '${work}', name: 'op-1', path: '/usr/bin:/bin', version: null, signal }, async () => {
         const pid = readFileSync('${work}/' + readdirSync('${work}')[0] + '/data/postmaster.pid', 'utf8').split('\\n')[0];
         writeFileSync('${pidFile}', pid + '\\n');
         await new Promise((resolve) => setTimeout(resolve, 60_000));
       });`,
      pidFile,
    );
    await until(() => !isRunning(child), 5_000);
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
  });
});
