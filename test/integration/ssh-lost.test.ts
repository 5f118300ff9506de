// A host that vanishes while a program runs there: it is noticed, nothing is claimed, and nothing goes on over there.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { HostLost } from '../../src/lib/host.ts';
import { type SshTestHost, startSshHost } from '../support/ssh-host.ts';

let dir = '';
let there: SshTestHost;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-lost-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  there = await startSshHost();
});
afterEach(() => there.sshd.end());

/** Starts a program over there that writes down its number and that of a child, and then says nothing more. */
async function startSilent(name: string, signal?: AbortSignal) {
  const file = join(dir, name);
  const script = `sleep 300 & echo "$$ $!" > ${file}.part; mv ${file}.part ${file}; wait`;
  const thrown = there.host.run('sh', ['-c', script], signal === undefined ? {} : { signal }).then(
    (ran) => ran,
    (error: unknown) => error,
  );
  await until(() => existsSync(file));
  return { thrown, pids: readFileSync(file, 'utf8').trim().split(' ').map(Number) };
}

async function until(condition: () => boolean, patienceMs = 50_000): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not come true in time');
    await sleep(100);
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

it('a host that is switched off is noticed, and its programs end', async () => {
  const { thrown, pids } = await startSilent('off');
  await there.sshd.stop();
  expect(await thrown).toBeInstanceOf(HostLost);
  expect(String(await thrown)).toContain('what it has done is not known');
  await until(() => !pids.some(isRunning));
});

it('a host that falls silent is noticed, and its programs end although its sshd closes nothing', async () => {
  const { thrown, pids } = await startSilent('silent');
  await there.sshd.freeze();
  expect(await thrown).toBeInstanceOf(HostLost);
  await until(() => !pids.some(isRunning));
});

it('a host that is silent from the start is unreachable: nothing was started', async () => {
  await there.sshd.freeze();
  await expect(there.host.run('true', [])).rejects.toMatchObject({ code: 'host-unreachable' });
});

it('a program that is no longer wanted is ended over there too', async () => {
  const abort = new AbortController();
  const { thrown, pids } = await startSilent('aborted', abort.signal);
  abort.abort();
  expect(await thrown).toMatchObject({ code: null, aborted: true });
  await until(() => !pids.some(isRunning));
});

it('a program never takes a broken connection for the end of its input', async () => {
  const upload = join(dir, 'upload');
  const landed = join(dir, 'landed');
  await writeFile(upload, Buffer.alloc(20_000_000));
  // It writes what it reads, slowly, and says that it is complete when its input ends.
  const script = `head -c 1000 > ${landed}; sleep 1; cat >> ${landed}; touch ${landed}.complete`;
  const thrown = there.host.run('sh', ['-c', script], { stdinFile: upload }).catch((error: unknown) => error);
  await until(() => existsSync(landed));
  await there.sshd.stop();
  expect(await thrown).toBeInstanceOf(HostLost);
  await sleep(2_000);
  expect(existsSync(`${landed}.complete`)).toBe(false);
});
