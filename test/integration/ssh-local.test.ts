// This machine as a host: the same contract as behind ssh, so that nobody has to know which of them it is.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localHost } from '../../src/lib/host.ts';

const path = '/usr/local/bin:/usr/bin:/bin';
const host = localHost({ path });
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-local-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('runs a program with exactly these arguments and a closed environment', async () => {
  expect((await host.run('printf', ['%s|', '$HOME', "'", ''])).stdout).toBe("$HOME|'||");
  const { stdout } = await host.run('env', []);
  expect(stdout.trim().split('\n').sort()).toEqual(['LC_ALL=C', `PATH=${path}`, 'TZ=UTC']);
});

it('hands a program a text or a file to read', async () => {
  const stdinFile = join(dir, 'input');
  await writeFile(stdinFile, 'from a file');
  expect((await host.run('cat', [], { stdinFile })).stdout).toBe('from a file');
  expect((await host.run('cat', [], { stdin: 'a text' })).stdout).toBe('a text');
});

it('runs a program as another user, who can be ourselves', async () => {
  const { username } = userInfo();
  expect((await localHost({ path, as: username }).run('id', ['-un'])).stdout).toBe(`${username}\n`);
  expect((await localHost({ path, as: 'postgres' }).run('id', ['-un'])).stdout).toBe('postgres\n');
  await expect(localHost({ path, as: 'nobody-at-all' }).run('id', [])).rejects.toThrow('no user nobody-at-all');
});

it('returns how a program ended, whatever it was', async () => {
  expect(await host.run('sh', ['-c', 'exit 3'])).toMatchObject({ code: 3, aborted: false });
  expect(await host.run('sleep', ['60'], { timeoutMs: 100 })).toMatchObject({ code: null, timedOut: true });
});
