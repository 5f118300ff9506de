// Comparing two databases row by row: what differs is counted exactly, and what only looks different is not told.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { Secret } from '../../src/core/secret.ts';
import { compareDatabases } from '../../src/postgres/compare/compare.ts';
import { saysOf } from '../../src/postgres/compare/says.ts';
import { withSnapshot } from '../../src/postgres/compare/snapshot.ts';
import { ask } from './swap-fixture.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const options = { purpose: 'holdfast op-41 s5', signal: new AbortController().signal, jobs: 2 };
const urlOf = (name: string) => new Secret(server.urlOf(name));

async function two(name: string, sql: string, otherSql = sql): Promise<[Secret, Secret]> {
  for (const [database, statements] of [
    [name, sql],
    [`${name}_candidate`, otherSql],
  ] as const) {
    await ask(server.url, `create database ${database}`);
    await ask(server.urlOf(database), statements);
  }
  return [urlOf(name), urlOf(`${name}_candidate`)];
}

const ROWS = `
  create schema billing;
  create table entries (id int primary key, memo text, at timestamptz);
  create table billing.invoices (region text, number int, total numeric(12,2), primary key (region, number));
  create table log (line text);
  create table settings ();
  insert into entries select n, md5(n::text), timestamptz '2025-11-20 00:00Z' + n * interval '1 min' from generate_series(1, 5000) n;
  insert into billing.invoices select 'r' || n % 7, n, n * 1.05 from generate_series(1, 900) n;
  insert into log select 'line ' || n % 10 from generate_series(1, 100) n;`;

describe('two databases with the same rows', () => {
  it('are the same, whatever the rows lie like', async () => {
    const [live, candidate] = await two(
      'same',
      ROWS,
      `${ROWS} create table t as select * from entries order by random(); truncate entries; insert into entries select * from t; drop table t`,
    );
    const compared = await compareDatabases(live, candidate, { ...options, tables: 'all' });
    expect(compared.map(({ table, live, same }) => `${table} ${live?.rows} ${same}`)).toEqual([
      'billing.invoices 900 true',
      'public.entries 5000 true',
      'public.log 100 true',
      'public.settings 0 true',
    ]);
    expect(saysOf(compared)).toEqual(['4 tables compared row by row: all are the same.']);
  });

  it('are the same with other oids, another order of columns, dropped columns and other settings', async () => {
    const types = `
      create type mood as enum ('sad', 'glad'); create domain email as text check (value like '%@%');
      create type pair as (a int, b mood);`;
    const values = `
      insert into t (id, m, ms, e, p, j, b, x, i, r, f, ts, by, c, arr, es, money, k)
      select n, 'sad', '{glad,sad}', 'a@b', '(1,glad)', '{"b": 1, "a": [1]}', '{"b": 1, "a": [1]}', '<a/>', '24:00:00',
             '[1,5)', 0.1 + n, '2025-11-21 02:00Z', '\\xdead', 'x', '{1,2}', '{c@d}', 12.5, 'pg_class' from generate_series(1, 50) n`;
    const [live, candidate] = await two(
      'odd',
      `${types} create table t (id int primary key, m mood, ms mood[], e email, p pair, j json, b jsonb, x xml, i interval,
         r int4range, f float8, ts timestamptz, by bytea, c char(5), arr int[], es email[], money money, k regclass); ${values};
       alter database odd set timezone = 'Asia/Tokyo'; alter database odd set datestyle = 'SQL, DMY';
       alter database odd set extra_float_digits = -5; alter database odd set bytea_output = 'escape'`,
      `create type other as enum ('x'); ${types} create table t (es email[], gone text, k regclass, money money, arr int[], c char(5),
         by bytea, ts timestamptz, f float8, r int4range, i interval, x xml, b jsonb, j json, p pair, e email, ms mood[], m mood,
         id int primary key); ${values}; alter table t drop column gone`,
    );
    const compared = await compareDatabases(live, candidate, { ...options, tables: ['t'] });
    expect(compared).toMatchObject([{ table: 't', same: true, notes: [] }]);
  });
});

describe('rows that differ', () => {
  it('are counted as lost, brought back and changed, by primary key', async () => {
    const [live, candidate] = await two(
      'differ',
      `${ROWS} delete from entries where id % 1000 = 0; update entries set memo = 'edited' where id in (7, 77, 777);
       insert into entries select n, 'new', now() from generate_series(6001, 6020) n;
       update billing.invoices set region = 'moved' where number = 3;
       insert into log values ('line 1'), ('line 1')`,
      ROWS,
    );
    const tables = ['entries', 'billing.invoices', 'log', 'settings'];
    const compared = await compareDatabases(live, candidate, { ...options, tables });
    expect(compared.map(({ differences }) => differences)).toEqual([
      { lost: 20, broughtBack: 5, changed: 3 },
      { lost: 1, broughtBack: 1, changed: 0 },
      { lost: 2, broughtBack: 0, changed: null },
      { lost: 0, broughtBack: 0, changed: 0 },
    ]);
    expect(saysOf(compared)).toEqual([
      '3 tables of 4 differ: promoting loses 23 rows, brings back 6 and changes 3.',
      'table              live  candidate  lost  brought back  changed',
      'entries           5,015      5,000    20             5        3',
      'log                 102        100     2             0        -',
      'billing.invoices    900        900     1             1        0',
      '1 other table is the same, row by row.',
      'log: without a primary key a changed row counts as lost and as brought back',
    ]);
  });

  it('are found when every row differs, and when there are no rows on one side', async () => {
    const [live, candidate] = await two(
      'all_differ',
      `${ROWS} update entries set at = at + interval '1 s'`,
      `${ROWS} truncate log`,
    );
    const compared = await compareDatabases(live, candidate, { ...options, tables: ['entries', 'log'] });
    expect(compared.map(({ differences }) => differences)).toEqual([
      { lost: 0, broughtBack: 0, changed: 5000 },
      { lost: 100, broughtBack: 0, changed: null },
    ]);
  });

  it('are found where a row is doubled and another one doubled besides', async () => {
    const log = (lines: string) => `create table log (line text); insert into log values ${lines}`;
    const [live, candidate] = await two('doubled', log("('a'), ('a'), ('b')"), log("('a'), ('b'), ('b')"));
    const [compared] = await compareDatabases(live, candidate, { ...options, tables: 'all' });
    expect(compared).toMatchObject({ same: false, differences: { lost: 1, broughtBack: 1, changed: null } });
  });

  it('are found in types that call different things equal', async () => {
    const words = (word: string, span: string) =>
      `create extension citext; create table t (id int primary key, word citext, span interval); insert into t values (1, '${word}', '${span}')`;
    const [live, candidate] = await two('equal', words('Word', '1 day'), words('word', '24 hours'));
    const [compared] = await compareDatabases(live, candidate, { ...options, tables: 'all' });
    expect(compared).toMatchObject({ same: false, differences: { lost: 0, broughtBack: 0, changed: 1 } });
  });
});

describe('tables that differ', () => {
  it('in their columns are told, and compared by what both have', async () => {
    const [live, candidate] = await two(
      'columns',
      `create table t (id int primary key, a text, n int, fresh text); insert into t values (1, 'x', 5, 'y'), (2, 'x', 5, 'y')`,
      `create table t (id int primary key, a text, n bigint, old text); insert into t values (1, 'x', 5, 'z')`,
    );
    const [compared] = await compareDatabases(live, candidate, { ...options, tables: 'all' });
    expect(compared).toMatchObject({
      same: false,
      differences: { lost: 1, broughtBack: 0, changed: 0 },
      notes: [
        'column fresh is only in live',
        'column old is only in the candidate',
        'column n is integer in live, bigint in the candidate',
      ],
    });
  });

  it('by being on one side only are lost or brought back with all their rows', async () => {
    const [live, candidate] = await two(
      'sides',
      'create table fresh (id int); insert into fresh values (1), (2)',
      'create table old (id int); insert into old values (1)',
    );
    const compared = await compareDatabases(live, candidate, { ...options, tables: 'all' });
    expect(compared).toMatchObject([
      { table: 'public.fresh', candidate: null, differences: { lost: 2, broughtBack: 0 } },
      { table: 'public.old', live: null, differences: { lost: 0, broughtBack: 1 } },
    ]);
    const [nowhere] = await compareDatabases(live, candidate, { ...options, tables: ['nowhere'] });
    expect(nowhere).toMatchObject({ table: 'nowhere', live: null, candidate: null, same: false });
  });

  it('are compared partition by partition, or as the one table that was asked for', async () => {
    const parts = (rows: number) => `create table events (id int primary key, at date) partition by range (id);
      create table events_1 partition of events for values from (0) to (100);
      create table events_2 partition of events for values from (100) to (1000);
      insert into events select n, '2025-11-21' from generate_series(1, ${rows}) n`;
    const [live, candidate] = await two('parts', parts(300), parts(250));
    const all = await compareDatabases(live, candidate, { ...options, tables: 'all' });
    expect(all).toMatchObject([
      { table: 'public.events_1', same: true },
      { table: 'public.events_2', differences: { lost: 50 } },
    ]);
    const [one] = await compareDatabases(live, candidate, { ...options, tables: ['events'] });
    expect(one).toMatchObject({ live: { rows: 300 }, candidate: { rows: 250 }, differences: { lost: 50 } });
  });
});

describe('a comparison', () => {
  it('sees one moment on all its connections', async () => {
    const [live] = await two('moment', 'create table t (id int); insert into t values (1)');
    await withSnapshot(live, 3, { ...options, timeoutSeconds: 10 }, async (queries) => {
      await ask(live.open(), 'insert into t values (2)');
      const counts = await Promise.all(queries.map((query) => query('select count(*)::int as rows from public.t')));
      expect(counts).toEqual([[{ rows: 1 }], [{ rows: 1 }], [{ rows: 1 }]]);
    });
  });

  it('is a Fault naming the table when rows are hidden from it', async () => {
    const [live, candidate] = await two(
      'hidden',
      `create table t (id int); insert into t values (1); alter table t enable row level security`,
    );
    await ask(server.url, 'create role viewer login in role pg_read_all_data');
    const [mine, its] = ['hidden', 'hidden_candidate'].map((name) => new Secret(server.urlOf(name, 'viewer')));
    if (mine === undefined || its === undefined) throw new Error('no urls');
    await expect(compareDatabases(mine, its, { ...options, tables: 'all' })).rejects.toThrow(
      /comparing table public.t of the (live database|candidate): query would be affected by row-level security/,
    );
    expect(await compareDatabases(live, candidate, { ...options, tables: 'all' })).toMatchObject([{ same: true }]);
  });

  it('is given up on abort', async () => {
    const [live, candidate] = await two('aborted', ROWS);
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(compareDatabases(live, candidate, { ...options, tables: 'all', signal })).rejects.toThrow('stopped');
  });
});
