// Backups of a live database made by us: one moment of it, known row by row, read back, and nothing left of one that failed.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Manifest } from '../../src/core/manifest.ts';
import { Secret } from '../../src/core/secret.ts';
import { checksum } from '../../src/postgres/archive/checksum.ts';
import { type MakeOptions, makeArchive } from '../../src/postgres/archive/make.ts';
import { openArchive } from '../../src/postgres/archive/open.ts';
import { readArchive } from '../../src/postgres/archive/read.ts';
import { type Ledger, PATH, startLedger } from './postgres-fixture.ts';

const run = promisify(execFile);
let db: Ledger;
let dir = '';
let file = '';
beforeAll(async () => {
  db = await startLedger();
  await db.query(`
    create table "Odd.names ""here""" (id int);
    insert into "Odd.names ""here""" values (1), (2);
    create table readings (day date, value int) partition by range (day);
    create table readings_2025 partition of readings for values from ('2025-01-01') to ('2026-01-01');
    insert into readings select '2025-03-01', n from generate_series(1, 30) n;
    create table animals (name text);
    create table dogs (breed text) inherits (animals);
    insert into animals values ('cat');
    insert into dogs values ('rex', 'collie'), ('pip', 'pug');
    create unlogged table sessions (id int);
    insert into sessions values (1);
    create table nobody (id int);
    create view busy as select * from accounts;`);
});
afterAll(() => db.stop());
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-make-'));
  file = join(dir, 'ledger.dump');
  return () => rm(dir, { recursive: true, force: true });
});

const options = (overrides: Partial<MakeOptions> = {}): MakeOptions => ({
  path: PATH,
  purpose: 'holdfast op-41 s2',
  kind: 'manual',
  workDir: dir,
  timeoutSeconds: 60,
  signal: new AbortController().signal,
  ...overrides,
});
const make = (overrides: Partial<MakeOptions> = {}) => makeArchive(db.url, file, options(overrides));
const read = (keys = {}) => readArchive(file, { path: PATH, workDir: dir, keys });
const tables = {
  'billing.invoices': 7,
  'public.Odd.names "here"': 2,
  'public.accounts': 50,
  'public.animals': 1,
  'public.dogs': 2,
  'public.entries': 4280,
  'public.nobody': 0,
  'public.readings_2025': 30,
  'public.schema_migrations': 2,
  'public.sessions': 1,
};
const ours = () =>
  db.query("select pid from pg_stat_activity where application_name like 'holdfast%' and pid <> pg_backend_pid()");

describe('a backup that we make', () => {
  it('is recorded with its checksum, its moment and the rows of every table', async () => {
    const before = new Date();
    const manifest = await make({ kind: 'preimage' });
    expect(Manifest.parse(manifest)).toEqual(manifest);
    expect(manifest).toEqual({
      version: 1,
      ...(await checksum(file)),
      // More than the file has: it is compressed.
      dataBytes: expect.toSatisfy((bytes: number) => bytes > manifest.bytes),
      kind: 'preimage',
      database: 'ledger',
      serverVersion: expect.stringMatching(/^\d+\.\d+$/),
      moment: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      tables,
    });
    expect(Math.abs(Date.parse(manifest.moment) - before.getTime())).toBeLessThan(10_000);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['ledger.dump']);
    expect(await ours()).toEqual([]);
  });

  it('holds exactly the recorded rows, and can be loaded by pg_restore in parallel', async () => {
    const { tables: recorded } = await make();
    const archive = await read();
    expect(archive).toMatchObject({ format: 'custom', compression: 'zstd', encryption: 'none' });
    expect(Object.fromEntries(Object.entries(archive.contents).map(([name, { rows }]) => [name, rows]))).toEqual(
      recorded,
    );
    await db.query('create database copy', 'postgres');
    const opened = await openArchive(file, archive, { path: PATH, workDir: dir });
    if (opened.is !== 'for-pg-restore') throw new Error('it is not for pg_restore');
    await run(join(db.server.bin, 'pg_restore'), [
      '-j3',
      '--exit-on-error',
      '-d',
      db.server.urlOf('copy'),
      opened.file,
    ]);
    await opened.close();
    expect(await db.query('select count(*)::int as rows, sum(amount)::int as sum from entries', 'copy')).toEqual(
      await db.query('select count(*)::int as rows, sum(amount)::int as sum from entries'),
    );
    expect(await readdir(dir)).toEqual(['ledger.dump']);
  });

  it('shows one moment: what is written while it is made is not in it', async () => {
    let writing: Promise<unknown> | undefined;
    const manifest = await make({
      onProgress: () => {
        writing ??= db.query(`insert into entries values (9001, 1, 1, 'late', now()); delete from billing.invoices`);
      },
    });
    await writing;
    expect(await db.query('select count(*)::int as rows from entries')).toEqual([{ rows: 4281 }]);
    expect(manifest.tables).toEqual(tables);
    const { contents } = await read();
    expect(contents['public.entries']?.rows).toBe(4280);
    expect(contents['billing.invoices']?.rows).toBe(7);
    await db.query(
      'delete from entries where id = 9001; insert into billing.invoices select n, n from generate_series(1, 7) n',
    );
  });

  it('shows any flipped bit even when its record was lost', async () => {
    await make();
    const whole = await readFile(file);
    // Node's encoder sometimes adds an empty frame of 13 bytes, which holds nothing and is not read: the last flip is before it.
    for (const at of [500, whole.length * 0.3, whole.length * 0.6, whole.length * 0.9, whole.length - 15].map(
      Math.floor,
    )) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(file, bytes);
      await expect(read()).rejects.toMatchObject({ code: 'archive-damaged' });
    }
  });

  it('encrypted is read back without a key of ours, and opens only by the recipient’s', async () => {
    const identity = await generateX25519Identity();
    const manifest = await make({ encryptTo: [await identityToRecipient(identity)] });
    expect(manifest.tables).toEqual(tables);
    expect((await readFile(file)).toString('latin1')).toMatch(/^age-encryption\.org/);
    await expect(read()).rejects.toMatchObject({ code: 'archive-key-missing' });
    expect(await read({ ageIdentity: new Secret(identity) })).toMatchObject({
      encryption: 'age',
      compression: 'zstd',
      contents: { 'public.entries': { rows: 4280 } },
    });
  });

  it('of an empty database is a backup too', async () => {
    await db.query('create database hollow', 'postgres');
    const url = new Secret(db.server.urlOf('hollow'));
    expect(await makeArchive(url, file, options())).toMatchObject({ database: 'hollow', tables: {} });
  });

  it('tells how far it is', async () => {
    const seen: { percent: number; note: string }[] = [];
    await make({ onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ note }) => note).at(0)).toBe('table 1 of 10, 0 B written');
    expect(seen.map(({ note }) => note).at(-1)).toMatch(/^reading \d+ kB back$/);
    expect(seen.map(({ percent }) => percent)).toEqual(seen.map(({ percent }) => percent).sort((a, b) => a - b));
  });
});

describe('a backup that cannot be made', () => {
  const nothingIsLeft = async () => {
    expect(await readdir(dir)).toEqual([]);
    expect(await ours()).toEqual([]);
  };

  it('for want of room on the disk says so and leaves nothing', async () => {
    // A limit on the size of a file, which any user may set for a process: writing fails in the middle as on a full disk.
    const script = `
      import { Secret } from '${join(import.meta.dirname, '../../src/core/secret.ts')}';
      import { makeArchive } from '${join(import.meta.dirname, '../../src/postgres/archive/make.ts')}';
      const options = { path: '${PATH}', purpose: 'holdfast op-41 s2', kind: 'manual', workDir: '${dir}', timeoutSeconds: 60 };
      const signal = new AbortController().signal;
      try {
        await makeArchive(new Secret('${db.server.urlOf('ledger')}'), '${file}', { ...options, signal });
        console.log('made');
      } catch (thrown) {
        console.log(String(thrown));
      }`;
    const limited = ['-c', 'ulimit -f 40; exec "$0" "$@"', process.execPath, '--input-type=module', '--eval', script];
    const { stdout } = await run('sh', limited);
    expect(stdout).toMatch(/^Fault: while writing the backup ledger\.dump: E(FBIG|NOSPC): /);
    await nothingIsLeft();
  });

  it('because the connection is cut says so and leaves nothing', async () => {
    // So that it is still being dumped when the connection goes.
    await db.query("create table ballast as select n, repeat('x', 200) as filler from generate_series(1, 400000) n");
    let cut: Promise<unknown> | undefined;
    const making = make({
      onProgress: () => {
        cut ??= db.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast op-41 s2'",
        );
      },
    });
    await expect(making).rejects.toThrow(/^while (dumping the database ledger|writing the backup ledger\.dump): /);
    await cut;
    await db.query('drop table ballast');
    await nothingIsLeft();
  });

  it('in time is refused and leaves nothing', async () => {
    const blocker = new pg.Client({ connectionString: db.server.urlOf('ledger') });
    await blocker.connect();
    await blocker.query('begin; lock table accounts in access exclusive mode');
    await expect(make({ timeoutSeconds: 1 })).rejects.toMatchObject({
      code: 'backup-too-slow',
      why: 'The backup ledger.dump was not finished within 1 s and was stopped; nothing of it is left.',
    });
    await blocker.end();
    await expect.poll(ours).toEqual([]);
    await nothingIsLeft();
  });

  it('because the work is aborted leaves nothing', async () => {
    const stop = new AbortController();
    const making = make({ signal: stop.signal, onProgress: () => stop.abort(new Error('the lease was lost')) });
    await expect(making).rejects.toThrow('the lease was lost');
    await expect.poll(ours).toEqual([]);
    await nothingIsLeft();
  });

  it('for a role from whom rows are hidden is a Fault, never a smaller backup', async () => {
    await db.query(`
      create table secrets (id int);
      insert into secrets values (1), (2);
      alter table secrets enable row level security;
      create policy visible on secrets using (id = 1);
      create role reader login;
      grant pg_read_all_data to reader;`);
    const url = new Secret(db.server.urlOf('ledger', 'reader'));
    await expect(makeArchive(url, file, options())).rejects.toThrow(
      'while counting the rows of table public.secrets: query would be affected by row-level security policy',
    );
    await db.query('drop table secrets');
    await nothingIsLeft();
  });

  it('because its name is taken leaves the file that has it', async () => {
    await writeFile(file, 'mine');
    await expect(make()).rejects.toThrow('while writing the backup ledger.dump: EEXIST');
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect(await readdir(dir)).toEqual(['ledger.dump']);
  });

  it('of a server that does not answer is a Fault without its address', async () => {
    const url = new Secret('postgres://someone:hunter2@127.0.0.1:1/ledger');
    const thrown: unknown = await makeArchive(url, file, options()).catch((error: unknown) => error);
    expect(String(thrown)).toMatch(/^Fault: while connecting to the database/);
    expect(String(thrown)).not.toContain('hunter2');
    await nothingIsLeft();
  });
});
