// Archives and rehearsals on real pg_dump files: whole, cut, damaged, empty; loaded into a real scratch server.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { checkCandidate, checkDatabase } from '../../src/platforms/shared/check-database.ts';
import { fetchBackupAction } from '../../src/platforms/shared/fetch-backup.ts';
import { rehearseBackup } from '../../src/platforms/shared/rehearse-backup.ts';
import { readArchive } from '../../src/postgres/archive/read.ts';
import { checkData } from '../../src/postgres/integrity.ts';
import { type ScratchOptions, withScratch } from '../../src/postgres/scratch.ts';
import { backup, type Ledger, ledger, PATH, runOf, startLedger } from './postgres-fixture.ts';

let db: Ledger;
let whole = '';
let half = '';
beforeAll(async () => {
  db = await startLedger();
  whole = await db.dump('whole.dump');
  half = await db.dump('half.dump', (bytes) => bytes.subarray(0, bytes.length / 2));
});
afterAll(() => db.stop());

const from = { environment: 'production', backup };
async function workDir(): Promise<string> {
  const dir = await mkdtemp(join(db.dir, 'work-'));
  await chmod(dir, 0o711);
  return dir;
}

describe('an archive', () => {
  const read = (file: string) => readArchive(file, { path: PATH, workDir: db.dir });
  const refusal = async (file: string) => {
    const thrown: unknown = await read(file).catch((error: unknown) => error);
    if (!(thrown instanceof Refusal)) throw new Error(`not refused: ${JSON.stringify(thrown)}`);
    return `${thrown.code}: ${thrown.why}`;
  };

  it('that is whole tells its checksum, size, tables, server and time', async () => {
    const bytes = readFileSync(whole);
    const archive = await read(whole);
    expect(archive).toMatchObject({ sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length });
    expect([...archive.tables].sort()).toEqual([
      'billing.invoices',
      'public.accounts',
      'public.entries',
      'public.schema_migrations',
    ]);
    expect(archive.serverVersion).toMatch(/^\d+\.\d+$/);
    expect(archive.dumpedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  });

  it('that is cut in half is refused as cut off', async () => {
    expect(await refusal(half)).toBe('archive-truncated: half.dump is cut off: its end is missing.');
  });

  it('that lacks its last 100 bytes is refused as cut off', async () => {
    const file = await db.dump('tail.dump', (bytes) => bytes.subarray(0, -100));
    expect(await refusal(file)).toBe('archive-truncated: tail.dump is cut off: its end is missing.');
  });

  it('with one flipped byte in its data is refused as damaged', async () => {
    const file = await db.dump('flipped.dump', (bytes) => {
      const at = Math.floor(bytes.length / 2);
      return bytes.fill((bytes[at] ?? 0) ^ 0xff, at, at + 1);
    });
    expect(await refusal(file)).toMatch(/^archive-damaged: flipped\.dump is damaged \(could not uncompress data/);
  });

  it('of a database without tables is refused as empty', async () => {
    await db.query('create database hollow', 'postgres');
    const file = await db.dump('hollow.dump', undefined, 'hollow');
    expect(await refusal(file)).toBe('archive-empty: hollow.dump is a valid archive without any table data.');
  });

  it.each([
    ['nothing', '', 'it is empty'],
    ['SQL that pg_dump did not write', 'create table t (a int);\n', 'it does not begin like one'],
    ['of a whole server', '--\n-- PostgreSQL database cluster dump\n--\n', 'it is of a whole server (pg_dumpall)'],
    ['a web page', '<html>Please log in</html>', 'it is a web page'],
    ['something else', 'x'.repeat(5000), 'it does not begin like one'],
  ])('that is %s is refused as no archive', async (_what, content, why) => {
    const file = join(db.dir, 'other.dump');
    await writeFile(file, content);
    expect(await refusal(file)).toBe(
      `not-an-archive: other.dump is not a dump of PostgreSQL that can be read here: ${why}.`,
    );
  });

  it('of a version that this machine cannot read is refused with that reason', async () => {
    const file = await db.dump('future.dump', (bytes) => bytes.fill(99, 6, 7));
    expect(await refusal(file)).toContain('archive-too-new: future.dump was written by a newer pg_dump');
  });

  it('that is not there is a Fault', async () => {
    await expect(read(join(db.dir, 'nowhere.dump'))).rejects.toThrow(
      'while opening the backup file nowhere.dump: ENOENT',
    );
  });
});

describe('a scratch server', () => {
  const scratch = async (overrides: Partial<ScratchOptions> = {}): Promise<ScratchOptions> => ({
    dir: await workDir(),
    name: 'op-41',
    path: PATH,
    version: null,
    signal: new AbortController().signal,
    ...overrides,
  });

  it('loads an archive whose data then passes the checks, tells how far it is, and leaves nothing behind', async () => {
    const options = await scratch();
    const percents: number[] = [];
    const report = await withScratch(options, async (server) => {
      await server.load(whole, 'rehearsal', { onProgress: ({ percent }) => percents.push(percent ?? -1) });
      return await checkData(server.connection('rehearsal'), ledger, null);
    });
    expect(report.checks.map(({ status }) => status)).toEqual(['pass', 'pass', 'pass', 'pass', 'pass']);
    expect(percents.length).toBeGreaterThan(3);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.at(-1)).toBe(99);
    expect(await readdir(options.dir)).toEqual([]);
  });

  it('refuses an archive that is cut off, says why, and leaves nothing behind', async () => {
    const options = await scratch();
    const loading = withScratch(options, (server) => server.load(half, 'rehearsal'));
    await expect(loading).rejects.toThrow(/^while loading half\.dump into a scratch PostgreSQL: could not (read|find)/);
    expect(await readdir(options.dir)).toEqual([]);
  });

  it('says what cannot be loaded without telling the rows', async () => {
    await db.query('create database odd', 'postgres');
    await db.query(
      `create function fine(text) returns bool language sql as 'select true';
       create table people (name text check (fine(name)));
       insert into people values ('Ada Hunter');
       create or replace function fine(text) returns bool language sql as 'select false';`,
      'odd',
    );
    const file = await db.dump('odd.dump', undefined, 'odd');
    const loading = withScratch(await scratch(), (server) => server.load(file, 'rehearsal'));
    const thrown: unknown = await loading.catch((error: unknown) => error);
    expect(String(thrown)).toContain('violates check constraint "people_name_check"');
    expect(inspect(thrown, { depth: 9 })).not.toContain('Ada Hunter');
  });

  it('leaves out an extension that this machine does not have, and says so', async () => {
    const foreign = await db.dump('foreign.dump', (bytes) =>
      Buffer.from(bytes.toString('latin1').replaceAll('pg_trgm', 'pg_nope'), 'latin1'),
    );
    const loaded = await withScratch(await scratch(), (server) => server.load(foreign, 'rehearsal'));
    expect(loaded.leftOut).toEqual(['pg_nope']);
  });

  it('is gone at once when the work is aborted, with its directory and what a crash had left', async () => {
    const stop = new AbortController();
    const options = await scratch({ signal: stop.signal });
    await mkdtemp(join(options.dir, 'scratch-op-41-'));
    await mkdtemp(join(options.dir, 'scratch-op-4-'));
    const waiting = withScratch(options, async (server) => {
      await server.load(whole, 'rehearsal');
      stop.abort(new Error('the lease was lost'));
      await checkData(server.connection('rehearsal'), ledger, null, { signal: stop.signal });
    });
    await expect(waiting).rejects.toThrow('the lease was lost');
    expect((await readdir(options.dir)).map((name) => name.slice(0, -6))).toEqual(['scratch-op-4-']);
  });
});

describe('backup.fetch', () => {
  it('fetches a backup once, knows it again, notices a changed file, and takes it back', async () => {
    const options = { platform: db.platform(() => whole), workDir: await workDir(), path: PATH };
    const action = fetchBackupAction(options);
    const run = runOf();
    expect(await action.probe({ from }, run)).toEqual({ is: 'not_happened' });
    const outcome = await action.do({ from }, run);
    const { size } = await stat(whole);
    expect(outcome).toMatchObject({
      is: 'done',
      output: { bytes: size, tables: expect.arrayContaining(['public.entries']) },
    });
    expect(outcome.evidence.says.join(' ')).toMatch(
      /^a001: \d+ kB, read to its end without an error\. SHA-256 [0-9a-f]{12}…, data of 4 tables\.$/,
    );
    expect(run.notes).toContain('49 150 kB of 300 kB downloaded');
    expect(await action.probe({ from }, run)).toEqual({ is: 'happened', outcome });
    const file = join(options.workDir, 'op-41', 'production-a001.dump');
    const bytes = await readFile(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(file, bytes.fill(0, 900, 901));
    expect(await action.probe({ from }, run)).toEqual({ is: 'not_happened' });
    for (let time = 0; time < 2; time += 1) {
      if ('how' in action.undo) await action.undo.run({ from }, null, run);
      expect(await readdir(options.workDir)).toEqual([]);
    }
  });

  it('refuses a download that is cut off and keeps no file of it', async () => {
    const options = { platform: db.platform(() => half), workDir: await workDir(), path: PATH };
    await expect(fetchBackupAction(options).do({ from }, runOf())).rejects.toThrow('is cut off');
    expect(await readdir(join(options.workDir, 'op-41'))).toEqual([]);
  });
});

describe('backup.rehearse', () => {
  const now = () => new Date('2025-11-21T03:00:00.000Z');

  it('proves a backup, fetching it where it is missing, and leaves no file', async () => {
    const options = { platform: db.platform(() => whole), workDir: await workDir(), path: PATH, now };
    const outcome = await rehearseBackup(options).do({ from }, runOf());
    expect(outcome).toMatchObject({
      is: 'done',
      evidence: {
        proof: {
          system: 'grayledger',
          backup: 'a001',
          operation: 'op-41',
          at: '2025-11-21T03:00:00.000Z',
          tables: { accounts: 50, entries: 4280, 'billing.invoices': 7 },
        },
      },
    });
    expect(outcome.evidence.checks).toHaveLength(5);
    expect(outcome.evidence.says[0]).toBe('a001 was restored into a scratch PostgreSQL: 4,337 rows in 3 tables.');
    expect(outcome.evidence.says.at(-1)).toMatch(/^a001 is proven restorable in 00:\d\d\.$/);
    expect(await readdir(options.workDir)).toEqual([]);
  });

  it('fails and proves nothing when the restored data breaks a rule, and leaves no file', async () => {
    const options = { platform: db.platform(() => whole), workDir: await workDir(), path: PATH, now };
    const system = { ...ledger, tables: [{ name: 'entries', atLeast: 5000 }] };
    const outcome = await rehearseBackup(options).do({ from }, runOf({ system }));
    expect(outcome).toMatchObject({
      is: 'failed',
      why: 'its data is not as it must be: entries: 4,280 rows, at least 5,000 expected',
    });
    expect(outcome.evidence.proof).toBeUndefined();
    expect(await readdir(options.workDir)).toEqual([]);
  });

  it('leaves no file when the backup cannot be used', async () => {
    const options = { platform: db.platform(() => half), workDir: await workDir(), path: PATH, now };
    await expect(rehearseBackup(options).do({ from }, runOf())).rejects.toThrow('is cut off');
    expect(await readdir(options.workDir)).toEqual([]);
  });
});

describe('the checks of a database', () => {
  const candidate = 'candidate';
  beforeAll(async () => {
    await db.query('create database candidate template ledger', 'postgres');
    await db.query('delete from entries where id > 4240', 'candidate');
  });

  it('say how a candidate differs from the live database', async () => {
    const action = checkCandidate(db.platform(() => whole));
    const outcome = await action.do({ environment: 'production', candidate, expect: null }, runOf());
    expect(outcome.is).toBe('done');
    expect(outcome.evidence.says).toEqual([
      'accounts: 50 in the candidate, 50 in the database live then (the same)',
      'entries: 4,240 in the candidate, 4,280 in the database live then (40 fewer)',
      'billing.invoices: 7 in the candidate, 7 in the database live then (the same)',
      '5 of 5 checks passed.',
    ]);
  });

  it('stand without the live database, and say that it did not answer', async () => {
    const platform = db.platform(() => whole);
    const broken: typeof platform = {
      ...platform,
      connection: (system, ref) =>
        ref.candidate === null ? Promise.reject(new Error('no route to it')) : platform.connection(system, ref),
    };
    const outcome = await checkCandidate(broken).do({ environment: 'production', candidate, expect: null }, runOf());
    expect(outcome.is).toBe('done');
    expect(outcome.evidence.says[0]).toBe('Not compared with the live database: no route to it.');
  });

  it('fail a live database that is not what was proven', async () => {
    const target = { environment: 'production', name: 'ledger', database: 'ledger', identity: 'x' };
    const tables = { accounts: 50, entries: 4300, 'billing.invoices': 7 };
    const expected = {
      system: 'grayledger',
      backup: 'a001',
      operation: 'op-12',
      at: '2025-11-21T03:00:00.000Z',
      seconds: 9,
      tables,
    };
    const action = checkDatabase(db.platform(() => whole));
    const outcome = await action.do({ environment: 'production', target, expect: expected }, runOf());
    expect(outcome).toMatchObject({
      is: 'failed',
      why: 'its data is not as it must be: entries: 4,280 rows, but 4,300 when a001 was proven in op-12 (20 fewer)',
    });
  });
});
