// Programs behind ssh: what arrives there, what comes back, and whom Holdfast refuses to talk to.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../sandbox/servers/free-port.ts';
import { sshHost } from '../../src/lib/ssh.ts';
import { type SshTestHost, startSshHost } from '../support/ssh-host.ts';

let there: SshTestHost;
let dir = '';
beforeAll(async () => {
  there = await startSshHost();
  dir = await mkdtemp(join(tmpdir(), 'holdfast-ssh-'));
});
afterAll(async () => {
  await there.sshd.end();
  await rm(dir, { recursive: true, force: true });
});

const sh = (script: string, options: Parameters<SshTestHost['host']['run']>[2] = {}) =>
  there.host.run('sh', ['-c', script], options);

describe('a program behind ssh', () => {
  it('gets any arguments byte for byte', async () => {
    const text = fc
      .string({ unit: 'binary', maxLength: 40 })
      .filter((one) => !one.includes('\0') && one.isWellFormed());
    const traps = fc.constantFrom(
      '',
      ' ',
      "'",
      '"',
      '\\',
      '\n',
      '$HOME',
      '`id`',
      '!!',
      '*',
      '-n',
      '--',
      '\x81\x82\x88',
      '%s',
      '~',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(text, traps), { minLength: 1, maxLength: 40 }), async (args) => {
        const { stdout } = await there.host.run('printf', ['%s\\0', ...args]);
        expect(stdout).toBe(args.map((one) => `${one}\0`).join(''));
      }),
      { numRuns: 12 },
    );
  });

  it('is not run by a shell whatever it is called', async () => {
    for (const program of ['-c', 'a b', 'x;id', 'A=b', '', '$(id)']) {
      await expect(there.host.run(program, [])).rejects.toThrow('the name of a program was expected');
    }
    await expect(there.host.run('echo', ['a\0b'])).rejects.toThrow('cannot hold a NUL');
  });

  it('sees a closed environment', async () => {
    const { stdout } = await there.host.run('env', []);
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.sort()).toEqual(['HOME', 'LC_ALL', 'PATH', 'TZ']);
  });

  it('is reported with its own exit code, 255 and 127 included', async () => {
    for (const code of [0, 3, 127, 255]) expect(await sh(`exit ${code}`)).toMatchObject({ code, signal: null });
  });

  it('is heard line by line, without what was added to its errors', async () => {
    const lines: string[] = [];
    const ran = await sh('echo out; printf "warn\\nlast" >&2', {
      onLine: (line, stream) => lines.push(`${stream} ${line}`),
    });
    expect(lines.sort()).toEqual(['stderr last', 'stderr warn', 'stdout out']);
    expect(ran).toMatchObject({ stdout: 'out\n', stderr: 'warn\nlast' });
  });

  it('reads a text, a file or nothing, to its end', async () => {
    const file = join(dir, 'upload');
    const bytes = randomBytes(3_000_000);
    await writeFile(file, bytes);
    expect((await there.host.run('cat', [], { stdin: 'hello' })).stdout).toBe('hello');
    expect((await there.host.run('cat', [])).stdout).toBe('');
    const sent = await there.host.run('sha256sum', [], { stdinFile: file });
    expect(sent.stdout.slice(0, 64)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('may stop reading before the end of its input', async () => {
    const file = join(dir, 'long');
    await writeFile(file, randomBytes(3_000_000));
    expect(await there.host.run('head', ['-c', '1'], { stdinFile: file })).toMatchObject({ code: 0 });
  });

  it('is given no input at all when the file cannot be read', async () => {
    await expect(there.host.run('cat', [], { stdinFile: join(dir, 'none') })).rejects.toThrow('ENOENT');
  });

  it('has its output written to a new file of ours, byte for byte', async () => {
    const stdoutFile = join(dir, 'download');
    await there.host.run('head', ['-c', '300000', '/dev/zero'], { stdoutFile });
    expect((await readFile(stdoutFile)).equals(Buffer.alloc(300_000))).toBe(true);
    await expect(sh('echo other', { stdoutFile })).rejects.toThrow('cannot be written to a new file');
  });

  it('runs as another user when asked', async () => {
    const as = sshHost({ ...there.settings, as: 'postgres' });
    expect((await as.run('id', ['-un'])).stdout).toBe('postgres\n');
    expect((await as.run('cat', [], { stdin: 'hello' })).stdout).toBe('hello');
  });

  it('that is not installed there is named, with where it was looked for', async () => {
    await expect(there.host.run('pg_nothing', [])).rejects.toMatchObject({
      code: 'host-program-missing',
      why: 'pg_nothing is not installed on 127.0.0.1.',
    });
  });

  it('is not started after the abort', async () => {
    const witness = join(dir, 'witness');
    await expect(sh(`touch ${witness}`, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
    await expect(readFile(witness)).rejects.toThrow('ENOENT');
  });
});

describe('a host', () => {
  const at = (address: Partial<SshTestHost['settings']['address']>) =>
    sshHost({ ...there.settings, address: { ...there.settings.address, ...address } }).run('true', []);

  it('whose key is not known is refused, with how to compare it', async () => {
    const knownHostsFile = join(dir, 'empty_known_hosts');
    await writeFile(knownHostsFile, '');
    await expect(at({ knownHostsFile })).rejects.toMatchObject({
      code: 'host-key-unknown',
      why: expect.stringContaining('127.0.0.1'),
      next: expect.stringMatching(/ssh-keyscan -p \d+ 127\.0\.0\.1.*write the line/),
    });
    expect(await readFile(knownHostsFile, 'utf8')).toBe('');
  });

  it('that shows another key than the known one is refused, and the old one stays known', async () => {
    const other = await startSshHost();
    const { knownHostsFile } = other.settings.address;
    const before = await readFile(knownHostsFile, 'utf8');
    await other.sshd.changeHostKey();
    await expect(other.host.run('true', [])).rejects.toMatchObject({
      code: 'host-key-changed',
      next: expect.stringContaining(knownHostsFile),
    });
    expect(await readFile(knownHostsFile, 'utf8')).toBe(before);
    await other.sshd.end();
  });

  it('that does not take our key is told apart', async () => {
    const other = await startSshHost();
    await other.sshd.refuseKey();
    await expect(other.host.run('true', [])).rejects.toMatchObject({
      code: 'host-login-refused',
      next: expect.stringContaining('authorized_keys'),
    });
    await other.sshd.end();
  });

  it('that nobody answers at is unreachable', async () => {
    await expect(at({ port: await freePort() })).rejects.toMatchObject({
      code: 'host-unreachable',
      why: expect.stringContaining('Connection refused'),
    });
  });

  it('is never taken for an option, nor are its user and files', async () => {
    for (const address of [
      { host: '-oProxyCommand=id' },
      { host: 'a b' },
      { user: '-l' },
      { user: 'root@x' },
      { identityFile: '/tmp/%h' },
      { knownHostsFile: '/tmp/a b' },
    ]) {
      await expect(at(address)).rejects.toThrow();
    }
  });
});
