// Masking while a backup is loaded (B6, B7), against real servers: what is written, and that nothing else ever was.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { Masking } from '../../src/core/system.ts';
import { applyMasking, trusting } from '../../src/postgres/masking/apply.ts';
import { maskingPlan } from '../../src/postgres/masking/plan.ts';
import { clearTextIn } from '../support/clear-text-in.ts';
import { connected, key, NEEDLES, rules, type Staging, startStaging } from './masking-fixture.ts';

let here: Staging;
let candidate: string;
beforeAll(async () => {
  here = await startStaging();
  candidate = await here.load();
});
afterAll(() => here.stop());

describe('a masked candidate', () => {
  it('has names, addresses and phone numbers of the row number, and NULL where NULL was', async () => {
    const [first, last] = await here.ask(
      'select name, email::text, phone, notes, tags from customers where id in (1, 601) order by id',
      candidate,
    );
    expect(first).toEqual({
      name: 'Test Customer 1',
      email: expect.stringMatching(/^test-\d{15,18}@example\.com$/),
      phone: '+10000001',
      notes: null,
      tags: ['masked', null],
    });
    expect(last).toMatchObject({ name: 'Test Customer 601', phone: null, notes: null, tags: null });
  });

  it('has numbers that follow from a UUID, the same in all columns of a row', async () => {
    const [row] = await here.ask(
      `select full_name, email, phone, api_token::text as token, convert_from(photo, 'UTF8') as photo
         from crm.members where id = md5('member1')::uuid`,
      candidate,
    );
    const number = /\d+/.exec(String(row?.['full_name']))?.[0];
    expect(number).toMatch(/^\d{15,18}$/);
    expect(row).toEqual({
      full_name: `Test Customer ${number}`,
      email: `test-${number}@example.com`,
      phone: `+1000000${number}`,
      token: expect.stringMatching(/^[0-9a-f-]{36}$/),
      photo: 'masked',
    });
  });

  it('keeps keys and structure of json, and nothing of its content', async () => {
    const [one, empty, bare] = await here.ask(
      'select content, before::text from audit_log where id in (1, 301, 302) order by id',
      candidate,
    );
    expect(one).toEqual({
      content: { user: 'masked', amount: 0, nested: { name: 'masked', list: ['masked', 0, null, true] } },
      before: '{"z": "masked",  "a": 0, "z": ["masked"]}',
    });
    expect(empty).toEqual({ content: null, before: null });
    expect(bare).toEqual({ content: 'masked', before: '[]' });
  });

  it('has no sessions, tokens of staging, and values that a rule gives', async () => {
    expect(await here.ask('select from sessions', candidate)).toEqual([]);
    expect(await here.ask('select token, expires::text from api_keys where id = 3', candidate)).toEqual([
      { token: 'staging-3', expires: '1999-12-31' },
    ]);
  });

  it('is masked in every partition', async () => {
    const [row] = await here.ask(
      `select count(*)::int as rows, count(distinct visitor)::int as different, count(distinct tableoid)::int as parts,
              count(*) filter (where visitor ~ '^Test Customer [0-9]+$')::int as masked from visits`,
      candidate,
    );
    expect(row).toEqual({ rows: 300, different: 300, parts: 2, masked: 300 });
  });

  it('keeps every row, unique values unique and references valid', async () => {
    const [row] = await here.ask(
      `select count(*)::int as letters, count(distinct to_address)::int as people,
              (select count(*)::int from customers) as customers,
              (select count(*)::int from pg_constraint
                where contype in ('f', 'u') and convalidated and connamespace in ('public'::regnamespace, 'crm'::regnamespace)
              ) as constraints
         from letters join customers on email = to_address`,
      candidate,
    );
    expect(row).toEqual({ letters: 601, people: 601, customers: 601, constraints: 6 });
  });

  it('is the same when the same backup is loaded with the same key again', async () => {
    const again = await here.load({ file: await here.dump('shop.dir', ['-Fd']), jobs: 1 });
    const content = `select md5(string_agg(r::text, '|' order by r::text)) from (
      select c::text from customers c union all select m::text from crm.members m union all select l::text from letters l
      union all select a::text from audit_log a union all select v::text from visits v) as all_rows (r)`;
    expect(await here.ask(content, again)).toEqual(await here.ask(content, candidate));
  });

  it('has nothing of ours left in it', async () => {
    const left = await here.ask(
      "select nspname from pg_namespace where nspname like 'holdfast%' union all select tgname from pg_trigger where not tgisinternal",
      candidate,
    );
    expect(left).toEqual([]);
  });
});

describe('clear text', () => {
  it('is kept out also of a dump with INSERT statements', async () => {
    const file = await here.dump('inserts.dump', ['-Fc', '--inserts']);
    const name = await here.load({ file });
    expect(await here.ask("select name from customers where name !~ '^Test Customer' limit 1", name)).toEqual([]);
    expect(await here.ask('select from sessions', name)).toEqual([]);
  });

  it('is kept out also when the session pretends to be a replica', async () => {
    const name = await here.load({ user: 'postgres', settings: '-c session_replication_role=replica' });
    expect(await here.ask("select name from customers where name !~ '^Test Customer' limit 1", name)).toEqual([]);
    expect(await here.ask('select from sessions', name)).toEqual([]);
  });

  it('is kept out also when the backup has functions and operators that pretend to be PostgreSQL’s own', async () => {
    await here.ask('create database hostile owner loader', 'postgres');
    await here.ask('alter schema public owner to loader', 'hostile');
    const masking = Masking.parse({
      columns: [
        { table: 'people', column: 'email', as: 'email' },
        { table: 'people', column: 'name', as: 'name', id: 'code' },
        { table: 'people', column: 'doc', as: 'text' },
      ],
    });
    await connected(here.staging.urlOf('hostile', 'loader'), async (query) => {
      await query(
        `create table people (id bigint primary key, code text, email text, name text, doc jsonb);
         create function told(text, text) returns text language sql as $$ select 'victim@firma.ch' $$;
         create function textcat(text, text) returns text language sql as $$ select 'victim@firma.ch' $$;
         create function ltrim(text, text) returns text language sql as $$ select ':' $$;
         create function "left"(text, integer) returns text language sql as $$ select ':' $$;
         create function replace(text, text, text) returns text language sql as $$ select $1 $$;
         create function array_to_string(text[], text) returns text language sql as $$ select '{"a": "victim@firma.ch"}' $$;
         create function encode(bytea, text) returns text language sql as $$ select 'abcdef0123456789abcdef' $$;
         create function never(bigint, integer) returns boolean language sql as $$ select null::boolean $$;
         create function same(text, text) returns boolean language sql as $$ select false $$;
         create operator || (leftarg = text, rightarg = text, function = told);
         create operator >= (leftarg = bigint, rightarg = integer, function = never);
         create operator <> (leftarg = text, rightarg = text, function = same);
         set search_path = public, pg_catalog`,
      );
      const hooks = applyMasking(masking, { key });
      await hooks.beforeData(query);
      await query(
        `insert into people values (1, 'x', 'victim@firma.ch', 'victim', '{"a": "victim@firma.ch"}'),
           (-1, 'y', 'victim@firma.ch', 'victim', '["victim@firma.ch"]')`,
      );
      await hooks.afterData(query);
    });
    expect(await here.ask('select * from people order by id desc', 'hostile')).toEqual([
      {
        id: '1',
        code: 'x',
        email: 'test-1@example.com',
        name: expect.stringMatching(/^Test Customer \d{15,18}$/),
        doc: { a: 'masked' },
      },
      {
        id: '-1',
        code: 'y',
        email: expect.stringMatching(/^test-\d{15,18}@example\.com$/),
        name: expect.stringMatching(/^Test Customer \d{15,18}$/),
        doc: ['masked'],
      },
    ]);
  });

  // All loads of this file up to here have passed through this server.
  it('stands in no file of the server: tables, indexes, TOAST, write-ahead log', async () => {
    await here.ask('vacuum analyze', candidate);
    await here.ask('checkpoint', candidate);
    expect(await clearTextIn(join(here.staging.dir, 'data'), NEEDLES)).toEqual([]);
    await here.ask('checkpoint', 'shop', here.production);
    expect(await clearTextIn(join(here.production.dir, 'data', 'base'), NEEDLES)).toEqual(NEEDLES);
  });

  it('is reported when the backup switches the triggers off', async () => {
    await expect(
      connected(here.staging.urlOf(await here.load({ masking: null }), 'loader'), async (query) => {
        const hooks = applyMasking(Masking.parse({ columns: [{ table: 'settings', column: 'hint', as: 'text' }] }), {
          key,
        });
        await hooks.beforeData(query);
        await query('alter table settings disable trigger all');
        await query("insert into settings values (2, null, null, 'in clear text')");
        await query('alter table settings enable trigger all');
        await hooks.afterData(query);
      }),
    ).rejects.toMatchObject({ code: 'masking-switched-off', why: expect.stringContaining('settings') });
  });
});

describe('rules that do not fit', () => {
  const refusal = async (columns: object[], empty: string[] = []) => {
    const thrown = await connected(here.staging.urlOf(candidate, 'loader'), (query) =>
      trusting(query, () => maskingPlan(query, Masking.parse({ columns, empty }), { key })),
    ).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Refusal);
    return thrown instanceof Refusal ? thrown.why : '';
  };

  it('are refused all at once, each with what to do', async () => {
    await here.ask(
      `create table odd (no int, born date not null, level text not null, age text generated always as (level) stored,
         short varchar(12), mood text check (mood in ('good', 'bad')), kind text);
       create domain swiss as text check (value like '+41%');
       alter table odd add mobile swiss, add place jsonb;
       alter table odd owner to loader`,
      candidate,
    );
    const why = await refusal(
      [
        { table: 'nowhere', column: 'email', as: 'email' },
        { table: 'contacts', column: 'email', as: 'email' },
        { table: 'customers', column: 'mail', as: 'email' },
        { table: 'visits', column: 'day', as: 'null' },
        { table: 'odd', column: 'age', as: 'text' },
        { table: 'odd', column: 'level', as: 'null' },
        { table: 'odd', column: 'born', as: 'email' },
        { table: 'odd', column: 'short', as: 'email', id: 'no' },
        { table: 'odd', column: 'kind', as: 'name' },
        { table: 'odd', column: 'place', as: 'name' },
      ],
      ['gone'],
    );
    expect(why.split('. ').map((sentence) => sentence.replace(/\.$/, ''))).toEqual([
      'The masking rules do not fit this database: There is no table nowhere',
      'contacts is a view: name the table that its rows come from',
      'There is no table gone',
      'customers has no column mail; it has id, name, email, phone, notes, tags and created_at',
      'visits.day decides in which partition a row lies: it cannot be masked',
      'visits.day may not be null: use another rule',
      'odd.age is computed from other columns: mask those instead',
      'odd.level may not be null: use another rule',
      'odd.born is date: "email" cannot be written there; use "null", or "token" with a value',
      'odd.short has room for 12 characters, test-{id}@example.com needs 26: use "text", or "token" with a value',
      'odd has no column id: name the one that tells its rows apart (id: …), such as its primary key',
      'odd.place is jsonb: use "text", which masks all of its content',
    ]);
  });

  it('are refused when a check or a domain says no to what they write', async () => {
    const why = await refusal([
      { table: 'odd', column: 'mood', as: 'text' },
      { table: 'odd', column: 'mobile', as: 'phone', id: 'no' },
      { table: 'odd', column: 'born', as: 'token', value: 'someday' },
    ]);
    expect(why).toContain('odd.mood does not take what "text" writes: its check "odd_mood_check" says no');
    expect(why).toContain(
      'odd.mobile does not take what "phone" writes (value for domain public.swiss violates check constraint',
    );
    expect(why).toContain('odd.born does not take what "token" writes (invalid input syntax for type date: "someday")');
  });

  it('leave the database as it was', async () => {
    const masking = Masking.parse({ columns: [...rules.columns, { table: 'nowhere', column: 'email', as: 'email' }] });
    await expect(here.load({ masking })).rejects.toThrow(Refusal);
    const [left] = await here.ask(
      "select datname from pg_database where datname like 'candidate_%' order by oid desc limit 1",
      'postgres',
    );
    expect(
      await here.ask("select from pg_namespace where nspname like 'holdfast%'", String(left?.['datname'])),
    ).toEqual([]);
  });
});
