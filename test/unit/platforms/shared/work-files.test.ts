// What lies in the work directory: it goes when its operation is over, and not before.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeLeft } from '../../../../src/platforms/shared/work-files.ts';

let workDir = '';
beforeEach(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'holdfast-work-'));
});
afterEach(() => rm(workDir, { recursive: true, force: true }));

it('removes downloads and scratch servers of operations that are over, and nothing of others or that is not ours', async () => {
  const over = ['op-4', 'scratch-op-4-Ab3dEf', 'scratch-op-4-xyz123'];
  const stays = ['op-41', 'scratch-op-41-Ab3dEf', 'op-5', 'heroku-home', 'op-4.txt', 'scratch-op-4', 'op-4-s1'];
  for (const name of [...over, ...stays]) {
    await mkdir(join(workDir, name, 'data'), { recursive: true });
    await writeFile(join(workDir, name, 'data', 'rows'), 'of somebody');
  }
  expect((await removeLeft({ workDir }, async (operation) => operation === 'op-4')).sort()).toEqual(over);
  expect((await readdir(workDir)).sort()).toEqual([...stays].sort());
});

it('removes nothing when it cannot be found out whether an operation is over', async () => {
  await mkdir(join(workDir, 'op-4'));
  const isOver = async () => {
    throw new Error('the store is away');
  };
  await expect(removeLeft({ workDir }, isOver)).rejects.toThrow('the store is away');
  expect(await readdir(workDir)).toEqual(['op-4']);
});
