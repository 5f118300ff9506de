// One table out of a backup into the live database: every form of backup, every kind of column, merged and taken back.

import { readFile, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Secret } from '../../src/core/secret.ts';
import { dropBeside, mergeState } from '../../src/postgres/table/beside.ts';
import { tableShape } from '../../src/postgres/table/shape.ts';
import { type Form, refusedWith, startTableWorld, type TableWorld } from './table-fixture.ts';

let world: TableWorld;
beforeAll(async () => {
  world = await startTableWorld();
});
afterAll(() => world.stop());

const options = { purpose: 'holdfast op-12 test' };

/** Every kind of value that could be changed by a way through text. The 12,000 rows are 2,000 more than the runbook's grep took. */
const SEED = `
  create schema billing;
  create table billing.entries (id int primary key, note text);
  insert into billing.entries values (1, 'of another schema');
  create table entries_old (id int primary key, note text);
  insert into entries_old values (1, 'old');
  create table my_entries (id int primary key, note text);
  insert into my_entries values (1, 'mine');
  create type mood as enum ('calm', 'not calm');
  create domain cents as int check (value >= 0);
  create table entries (
    tenant uuid not null, id bigint generated always as identity, primary key (tenant, id),
    number serial unique, "Odd, ""name""" text, note text, amount numeric, twice numeric generated always as (amount * 2) stored,
    ratio double precision, at timestamptz, day date, span interval, data jsonb, raw json, page xml, bytes bytea, flag boolean,
    bits bit varying, tags text[], mood mood, price cents);
  insert into entries (tenant, note, amount, ratio, at, day, span, data, raw, page, bytes, flag, bits, tags, mood, price, "Odd, ""name""")
    select ('00000000-0000-0000-0000-' || lpad((n % 3)::text, 12, '0'))::uuid,
      case n % 5 when 0 then null when 1 then '' when 2 then 'COPY public.entries (id, note) FROM stdin;' || chr(10) || '\\.' || chr(10)
        when 3 then E'tab\\t, back\\\\slash, \\r\\n''quotes''; --' else 'Grüße ' || n end,
      case n % 4 when 0 then 'NaN' when 1 then 1.0 when 2 then 1.00 else n * 1.234567890123456789 end,
      case n % 3 when 0 then 'NaN' when 1 then '-Infinity' else n / 3.0 end,
      case n % 7 when 0 then 'infinity' else timestamptz '2025-11-20 01:02:03.456789+02' + n * interval '1 minute' end,
      date '0044-03-15 BC' + n, make_interval(0, -n, 0, n, -1, 0, 0.5),
      jsonb_build_object('n', n, 'text', E'a\\\\b'), '{"b":  1, "a" : [1,2 ]}', '<p>x &amp; y</p>',
      decode(md5(n::text), 'hex'), n % 2 = 0, B'0101' , array['a,b', null, '"q"', 'NULL'],
      case n % 2 when 0 then 'calm' else 'not calm' end::mood, n, 'odd ' || n
      from generate_series(1, 12000) n;`;

describe('a table', () => {
  it.each<Form>(['custom', 'directory', 'tar', 'sql.gz', 'inserts', 'column inserts', 'candidate'])(
    'comes back from a backup as %s exactly as it was, with no row of a table with a similar name',
    async (form) => {
      const db = await world.database(`exact_${form.replace(/\W/g, '_')}`, SEED);
      const before = await db.rows('entries');
      expect(before).toHaveLength(12_000);
      const source = await db.backup(form);
      await db.query(
        'delete from entries where number % 2 = 0; update entries set amount = 7, raw = null where number % 5 = 1',
      );
      expect(await db.extract(source, 'entries')).toMatchObject({ rows: 12_000, ignored: [], defaulted: [] });
      expect(await db.compare('entries')).toMatchObject({
        live: 6000,
        backup: 12_000,
        missing: 6000,
        changed: 1200,
        extra: 0,
        same: 4800,
        orphaned: [],
        taken: [],
      });
      expect(await db.merge('entries', 'replace')).toMatchObject({ inserted: 6000, updated: 1200 });
      expect(await db.rows('entries')).toEqual(before);
    },
  );

  it('flows from a candidate in binary where all types are the same in every database', async () => {
    const db = await world.database('in_binary', SEED);
    await db.query('alter table entries drop column price');
    const before = await db.rows('entries');
    const source = await db.backup('candidate');
    await db.query('delete from entries');
    await db.extract(source, 'entries');
    await db.merge('entries');
    expect(await db.rows('entries')).toEqual(before);
  });

  it('is merged without changed rows by default, and rows that are only live stay', async () => {
    const db = await world.database(
      'by_default',
      'create table t (id int primary key, v text); insert into t select n, n from generate_series(1, 10) n',
    );
    const source = await db.backup();
    await db.query(
      `delete from t where id < 3; update t set v = 'edited' where id = 5; insert into t values (11, 'new')`,
    );
    await db.extract(source, 't');
    const shown = await db.compare('t');
    expect(shown.says).toBe(
      'public.t: 10 rows in the backup, 9 rows live. 2 rows missing, 1 row changed since, 1 row only live.',
    );
    expect(await db.merge('t')).toMatchObject({ inserted: 2, updated: 0, preimage: null });
    expect(await db.query('select string_agg(v, $$ $$ order by id) from t')).toEqual([
      { string_agg: '1 2 3 4 edited 6 7 8 9 10 new' },
    ]);
  });

  it('keeps what was there before, and shows nobody else the rows of the backup', async () => {
    const db = await world.database(
      'closed',
      `create role curious; alter default privileges grant all on tables to curious; alter default privileges grant all on schemas to curious;
       create table t (id int primary key, v text); insert into t values (1, 'right')`,
    );
    const source = await db.backup();
    await db.query(`update t set v = 'wrong'`);
    await db.extract(source, 't');
    expect(await db.merge('t', 'replace')).toMatchObject({ updated: 1, preimage: 'holdfast_op_12.t_before' });
    expect(await db.rows('holdfast_op_12.t_before')).toEqual(['(1,wrong)']);
    expect(
      await db.query(
        `select has_schema_privilege('curious', 'holdfast_op_12', 'usage') or has_schema_privilege('curious', 'holdfast_op_12', 'create') as open`,
      ),
    ).toEqual([{ open: false }]);
  });

  it('with a name of 63 letters keeps its pre-image apart from itself', async () => {
    const name = 'x'.repeat(63);
    const db = await world.database(
      'long_name',
      `create table ${name} (id int primary key, v text); insert into ${name} values (1, 'right')`,
    );
    const source = await db.backup();
    await db.query(`update ${name} set v = 'wrong'`);
    await db.extract(source, name);
    await db.merge(name, 'replace');
    expect(await db.rows(name)).toEqual(['(1,right)']);
    expect(await db.rows(`holdfast_op_12.${'x'.repeat(56)}_before`)).toEqual(['(1,wrong)']);
  });

  it('in a schema with odd names is found by them', async () => {
    const db = await world.database(
      'odd',
      `create schema "Odd Schema"; create table "Odd Schema"."Odd ""Table""" ("Id, (x)" int primary key, "a b" text);
      insert into "Odd Schema"."Odd ""Table""" values (1, 'x'), (2, 'y')`,
    );
    for (const form of ['custom', 'sql.gz', 'inserts', 'candidate'] as const) {
      const source = await db.backup(form);
      await db.query('delete from "Odd Schema"."Odd ""Table"""');
      await db.extract(source, 'Odd Schema.Odd "Table"');
      expect(await db.merge('Odd Schema.Odd "Table"')).toMatchObject({ inserted: 2 });
      await dropBeside(db.live, db.beside, { ...options, preimage: 'given up' });
    }
  });

  it('whose rows are in partitions is taken from all of them', async () => {
    const db = await world.database(
      'partitioned',
      `create table t (id int, v text, primary key (id)) partition by range (id);
       create table t_low partition of t for values from (0) to (100);
       create table t_high (v text, id int not null) partition by range (id);
       alter table t attach partition t_high for values from (100) to (1000);
       create table t_high1 partition of t_high for values from (100) to (200);
       insert into t select n, 'v' || n from generate_series(1, 150) n`,
    );
    const before = await db.rows('t');
    for (const form of ['custom', 'sql.gz', 'inserts', 'candidate'] as const) {
      const source = await db.backup(form);
      await db.query(`delete from t where id % 3 = 0; update t set v = 'x' where id % 10 = 1`);
      expect(await db.extract(source, 't')).toMatchObject({ rows: 150 });
      expect(await db.merge('t', 'replace')).toMatchObject({ inserted: 50, updated: 10 });
      expect(await db.rows('t')).toEqual(before);
      await dropBeside(db.live, db.beside, { ...options, preimage: 'given up' });
    }
  });

  it('that is empty in the backup brings nothing', async () => {
    const db = await world.database('empty', 'create table t (id int primary key)');
    const source = await db.backup();
    await db.query('insert into t values (1)');
    await db.extract(source, 't');
    expect(await db.compare('t')).toMatchObject({ backup: 0, missing: 0, extra: 1 });
  });
});

describe('the sequence of a table', () => {
  const SEQUENCES = `create table t (id serial primary key, n int generated by default as identity, v text);
    insert into t (v) select n from generate_series(1, 100) n`;

  it('goes on above the rows that came back', async () => {
    const db = await world.database('sequence_raised', SEQUENCES);
    const source = await db.backup();
    await db.query('delete from t; alter sequence t_id_seq restart with 5');
    await db.extract(source, 't');
    expect(await db.merge('t')).toMatchObject({ sequences: [{ name: 'public.t_id_seq', from: '5', to: '101' }] });
    expect(await db.query(`insert into t (v) values ('new') returning id`)).toEqual([{ id: 101 }]);
  });

  it('is never lowered', async () => {
    const db = await world.database('sequence_kept', SEQUENCES);
    const source = await db.backup();
    await db.query('delete from t where id < 50; alter sequence t_id_seq restart with 5000');
    await db.extract(source, 't');
    expect(await db.merge('t')).toMatchObject({ inserted: 49, sequences: [] });
    expect(await db.query(`insert into t (v) values ('new') returning id`)).toEqual([{ id: 5000 }]);
  });
});

describe('a table that was altered since the backup', () => {
  const BEFORE = `create table t (id int primary key, gone text, v varchar(10)); insert into t select n, 'gone', n from generate_series(1, 5) n`;

  it.each<Form>(['custom', 'sql.gz', 'inserts', 'candidate'])('gets back what both have (%s)', async (form) => {
    const db = await world.database(`altered_${form.replace(/\W/g, '_')}`, BEFORE);
    const source = await db.backup(form);
    await db.query(`alter table t drop column gone; alter table t add added int not null default 7; alter table t alter v type text;
      delete from t where id < 3; update t set added = 1 where id = 3`);
    const extracted = await db.extract(source, 't');
    expect(extracted).toMatchObject({ rows: 5, columns: ['id', 'v'], ignored: ['gone'], defaulted: ['added'] });
    expect(extracted.says).toBe(
      '5 rows of public.t loaded from the backup. Left out, because the live table has no such column: gone. Not in the backup, so inserted rows get the default: added.',
    );
    expect(await db.compare('t')).toMatchObject({ missing: 2, changed: 0 });
    await db.merge('t', 'replace');
    expect(await db.rows('t')).toEqual(['(1,1,7)', '(2,2,7)', '(3,3,1)', '(4,4,7)', '(5,5,7)']);
  });

  it('so that a value is needed which the backup does not know is refused', async () => {
    const db = await world.database('altered_needs', BEFORE);
    const source = await db.backup();
    await db.query('alter table t add added int; update t set added = 1; alter table t alter added set not null');
    expect(await refusedWith(db.extract(source, 't'))).toMatch(
      /^column-needs-value: Every row of public\.t needs a value for added/,
    );
  });

  it('so that its values do not fit is refused, without telling a value', async () => {
    const db = await world.database('altered_type', BEFORE);
    const source = await db.backup();
    await db.query('alter table t drop column gone; alter table t add gone int');
    const said = await refusedWith(db.extract(source, 't'));
    expect(said).toMatch(/^rows-do-not-fit: .* invalid input syntax for type integer \(row 1, column gone\)\./);
    expect(await db.query(`select from pg_namespace where nspname = 'holdfast_op_12'`)).toEqual([]);
  });

  it('after its rows were loaded is refused', async () => {
    const db = await world.database('altered_after', BEFORE);
    await db.extract(await db.backup(), 't');
    await db.query('alter table t alter v type text');
    expect(await refusedWith(db.compare('t'))).toMatch(/^table-altered/);
  });
});

describe('no table', () => {
  it.each([
    ['entrys', 'unknown-table: There is no table entrys. Did you mean public.entries?'],
    ['invoices', 'unknown-table: There is no table invoices. Did you mean billing.invoices?'],
    ['zzz', 'unknown-table: There is no table zzz. Look up its name, with its schema where that is not public.'],
    ['summary', 'not-a-table: public.summary is a view: it holds no rows. Restore the tables that it reads.'],
    [
      'keyless',
      /^no-primary-key: public\.keyless has no primary key: .* Restore the whole database beside the live one instead.* Or give it a primary key first\.$/,
    ],
    ['ruled', /^table-has-rules: /],
  ])('is what %s is, and it is said what to do', async (name, says) => {
    await db();
    expect(await refusedWith(tableShape(await db(), name, options))).toMatch(says);
  });

  let made: Promise<Secret> | undefined;
  const db = () => {
    made ??= world
      .database(
        'refusals',
        `create schema billing; create table billing.invoices (id int primary key); create table entries (id int primary key);
         create view summary as select * from entries; create table keyless (id int);
         create table ruled (id int primary key); create rule r as on insert to ruled do instead nothing`,
      )
      .then(({ live }) => live);
    return made;
  };

  it('is in a backup from before it was made', async () => {
    const early = await world.database(
      'early',
      'create table other (id int primary key); insert into other values (1)',
    );
    for (const form of ['custom', 'sql.gz', 'candidate'] as const) {
      const source = await early.backup(form);
      await early.query('create table if not exists t (id int primary key)');
      expect(await refusedWith(early.extract(source, 't'))).toMatch(
        /^table-not-in-backup: The backup holds no rows of public\.t/,
      );
      await early.query('drop table t');
    }
  });

  it('is taken from a damaged backup, and nothing is left of the attempt', async () => {
    const damaged = await world.database(
      'damaged',
      `create table t (id int primary key, v text); insert into t select n, md5(n::text) from generate_series(1, 3000) n`,
    );
    for (const [form, code] of [
      ['custom', 'archive-damaged'],
      ['tar', 'archive-'],
    ] as const) {
      const source = await damaged.backup(form);
      if (source.is !== 'archive') throw new Error('an archive was asked for');
      await writeFile(source.path, (await readFile(source.path)).subarray(0, 30_000));
      expect(await refusedWith(damaged.extract(source, 't'))).toMatch(code);
    }
    const nothing = { is: 'archive', path: '/dev/null' } as const;
    expect(await refusedWith(damaged.extract(nothing, 't'))).toMatch(/^archive-damaged: /);
    expect(await damaged.query(`select from pg_namespace where nspname like 'holdfast%'`)).toEqual([]);
  });
});

describe('a backup that is cut off within a row', () => {
  it('is called cut off, also where the server has said first that the row does not fit', async () => {
    const db = await world.database('cut_row', 'create table t (id int primary key, v text)');
    const source = new PassThrough();
    // What pg_restore makes of a tar that ends in a row: it goes on as if the table were at its end.
    source.write('--\n-- PostgreSQL database dump\n--\n\nCOPY public.t (id, v) FROM stdin;\n1\tone\n2\ttw\n\n\n--\n');
    const refused = refusedWith(db.extract({ is: 'plain', stream: () => source }, 't'));
    const failed = `select from pg_stat_activity where state like '%aborted%' and datname = 'cut_row'`;
    while ((await db.query(failed)).length === 0) await sleep(20);
    source.end('-- PostgreSQL database dump complete\n--\n');
    expect(await refused).toMatch(/^archive-truncated: /);
    expect(await db.query(`select from pg_namespace where nspname like 'holdfast%'`)).toEqual([]);
  });
});

describe('an extraction that is cancelled', () => {
  it('ends although its source has stalled, and nothing is left of it', async () => {
    const db = await world.database('cancelled', 'create table t (id int primary key)');
    const source = new PassThrough();
    source.write('--\n-- PostgreSQL database dump\n--\n\nCOPY public.t (id) FROM stdin;\n1\n2\n');
    const cancel = new AbortController();
    const extracting = db.extract({ is: 'plain', stream: () => source }, 't', cancel.signal);
    const seen = expect(extracting).rejects.toThrow('cancelled by the test');
    const loading = `select from pg_stat_activity where query ilike 'copy%stdin%' and pid <> pg_backend_pid()`;
    while ((await db.query(loading)).length === 0) await sleep(20);
    cancel.abort(new Error('cancelled by the test'));
    await seen;
    expect(source.destroyed).toBe(true);
    expect(await db.query(`select from pg_namespace where nspname like 'holdfast%'`)).toEqual([]);
  });
});

describe('the schema beside', () => {
  it('is never one of others', async () => {
    const db = await world.database(
      'others',
      'create table t (id int primary key); insert into t values (1); create schema holdfast_op_12',
    );
    expect(await refusedWith(db.extract(await db.backup(), 't'))).toMatch(/^schema-not-ours/);
    expect(await refusedWith(dropBeside(db.live, 'public', options))).toMatch(/^schema-not-ours/);
    expect(await refusedWith(dropBeside(db.live, 'holdfast_op_12', options))).toMatch(/^schema-not-ours/);
  });

  it('is loaded again from the start, but not any more when it holds a pre-image', async () => {
    const db = await world.database('again', 'create table t (id int primary key); insert into t values (1), (2)');
    const source = await db.backup();
    await db.query('delete from t');
    await db.extract(source, 't');
    expect(await db.extract(source, 't')).toMatchObject({ rows: 2 });
    expect(await mergeState(db.live, { ...options, table: 'public.t', beside: db.beside })).toBe('not_merged');
    await db.merge('t');
    expect(await refusedWith(db.extract(source, 't'))).toMatch(/^already-merged/);
  });

  it('is dropped with all that is in it, as often as asked', async () => {
    const db = await world.database('dropped', 'create table t (id int primary key)');
    await db.extract(await db.backup(), 't');
    await dropBeside(db.live, db.beside, options);
    await dropBeside(db.live, db.beside, options);
    expect(await db.query(`select from pg_namespace where nspname like 'holdfast%'`)).toEqual([]);
    expect(await refusedWith(db.compare('t'))).toMatch(/^not-loaded/);
  });
});
