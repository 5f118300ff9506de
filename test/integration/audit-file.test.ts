// The second audit record: everything that the store has, in a file that the store cannot change, and no change without it.
import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { auditFile } from '../../src/app/audit-file.ts';
import { lookOf } from '../support/plans.ts';
import { type OpenStore, startStores } from '../support/stores.ts';

const server = await startStores();
const dir = await mkdtemp(join(tmpdir(), 'holdfast-audit-'));
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

let store: OpenStore;
let path: string;
let files = 0;
beforeEach(async () => {
  store = await server.open();
  files += 1;
  path = join(dir, `audit-${files}.jsonl`);
  await store.operations.create(lookOf(), { by: 'U1', command: 'c1' });
  await store.operations.change('op-1', () => [{ type: 'started' }]);
});

const joins = (by: string) => store.operations.change('op-1', () => [{ type: 'joined', by }]);
const seqs = async () =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { ledger: { seq: number } }).ledger.seq);

function verify(): Promise<{ code: number | null; said: string }> {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const env = { PATH: process.env['PATH'], DATABASE_URL: store.url, AUDIT_FILE: path };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, 'audit', 'verify'], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, said: `${stdout}${stderr}` });
    });
  });
}

describe('the audit file', () => {
  it('has every entry once, for its owner alone, and goes on where it was', async () => {
    const record = auditFile(path, store.ledger);
    await record.secure();
    await record.secure();
    expect(await seqs()).toEqual([1, 2]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await joins('U0BOB');
    await auditFile(path, store.ledger).secure();
    expect(await seqs()).toEqual([1, 2, 3]);
    expect(await readFile(path, 'utf8')).toContain('U0BOB');
    expect(await verify()).toEqual({
      code: 0,
      said: expect.stringMatching(/; the audit file has 3 of them: every chain holds\n$/),
    });
  });

  it('goes on behind a line that a crash has torn, and behind one longer than what is read at first', async () => {
    await joins('U'.repeat(300_000));
    await auditFile(path, store.ledger).secure();
    await joins('U0BOB');
    await appendFile(path, '{"ledger":{"seq":4,"subj');
    await auditFile(path, store.ledger).secure();
    expect((await readFile(path, 'utf8')).split('\n').filter((line) => line.includes('U0BOB'))).toHaveLength(1);
    expect(await verify()).toEqual({ code: 0, said: expect.stringContaining('the audit file has 4 of them') });
  });

  it('may be written by several processes at once', async () => {
    const records = [1, 2, 3].map(() => auditFile(path, store.ledger));
    for (let n = 0; n < 5; n += 1) {
      await joins(`U${n}`);
      await Promise.all(records.map((record) => record.secure()));
    }
    expect(await verify()).toEqual({ code: 0, said: expect.stringContaining('the audit file has 7 of them') });
  });

  it('that cannot be written is a fault', async () => {
    await expect(auditFile(join(dir, 'none', 'audit'), store.ledger).secure()).rejects.toThrow(
      /audit file.*see that it can be written, then ask again.*ENOENT/,
    );
  });

  it('is never continued from a store that has lost what the file has', async () => {
    await joins('U0BOB');
    const record = auditFile(path, store.ledger);
    await record.secure();
    for (const table of ['journal', 'ledger']) await store.sql(`alter table holdfast.${table} disable trigger user`);
    await store.sql('delete from holdfast.ledger where seq = 3');
    await store.sql('delete from holdfast.journal where seq = 3');
    await store.sql('update holdfast.operations set last_seq = 2');
    await expect(record.secure()).rejects.toThrow(/line 3 in it is not in the store/);
    expect(await verify()).toEqual({
      code: 1,
      said: expect.stringContaining('audit file: line 3: the store does not have it\n'),
    });
  });

  it('tells what was changed in it, and what was taken out', async () => {
    await joins('U0BOB');
    await auditFile(path, store.ledger).secure();
    const written = await readFile(path, 'utf8');
    await writeFile(path, written.replace('U0BOB', 'U0EVE'));
    expect((await verify()).said).toContain(
      'audit file: the entry in line 3 is not the one that the ledger was told of\n',
    );
    await writeFile(
      path,
      written.replace(/^.*\n(.*)\n/, (all, second) => all.replace(`${second}\n`, '')),
    );
    expect((await verify()).said).toContain('audit file: line 3 does not follow from those before it\n');
  });
});
