// Plain dumps that pg_dump of today would not write: by hand, in other encodings, by old versions; loaded as psql would.
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { dropCandidate } from '../../src/postgres/candidate/drop.ts';
import { options, type Shop, startShop } from './candidate-fixture.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());

async function loaded(sql: string, ...questions: string[]): Promise<unknown[]> {
  await shop.load('own', await shop.sql(sql));
  const answers = [];
  for (const question of questions) answers.push((await shop.query(question, 'own')).map((row) => Object.values(row)));
  await dropCandidate(shop.url, 'own', { ...options, operation: 'op-41' });
  return answers;
}

it('keeps the order of rows that depend on each other', async () => {
  const sql = `create table a (id serial primary key, name text);
    create table b (a int references a, name text);
    insert into a (name) values ('x'); insert into a (name) values ('y');
    copy b from stdin;\n1\tone\n2\ttwo\n\\.\n
    insert into a (name) values ('z');
    insert into b select id, name from a where name = 'z';`;
  expect(await loaded(sql, 'select * from b order by 1')).toEqual([
    [
      [1, 'one'],
      [2, 'two'],
      [3, 'z'],
    ],
  ]);
});

it('sees its own tables when all of it is one transaction', async () => {
  const sql = `begin; create table a (id int); copy a from stdin;\n1\n2\n\\.\ncreate unique index on a (id); commit;
    create table b (id int); copy b from stdin;\n3\n\\.\n`;
  expect(await loaded(sql, 'select * from a union select * from b order by 1')).toEqual([[[1], [2], [3]]]);
});

it('follows the search_path of its place, as dumps before PostgreSQL 10.3 need it', async () => {
  const sql = `create schema one; create schema two;
    set search_path = one, pg_catalog; create table t (id int);
    set search_path = two, pg_catalog; create table t (id int, of int);
    set search_path = one, pg_catalog; copy t (id) from stdin;\n1\n\\.\n
    set search_path = two, pg_catalog; copy t (id, of) from stdin;\n2\t1\n\\.\n
    set search_path = one, pg_catalog; alter table only t add constraint t_pkey primary key (id);
    set search_path = two, pg_catalog; alter table only t add constraint t_pkey primary key (id);
    alter table only t add constraint fk foreign key (of) references one.t(id);`;
  const questions = [
    'select id, 1 from one.t union all select id, of from two.t',
    "select count(*)::int from pg_constraint where convalidated and connamespace in ('one'::regnamespace, 'two'::regnamespace)",
  ];
  expect(await loaded(sql, ...questions)).toEqual([
    [
      [1, 1],
      [2, 1],
    ],
    [[3]],
  ]);
});

it('is read in the encoding that it names', async () => {
  const file = join(shop.dir, 'latin1.sql');
  const sql = `set client_encoding = 'LATIN1'; create table größe (name text);
    comment on table größe is 'Übermaß'; copy größe from stdin;\nJürgen\n\\.\n
    insert into größe values ('Käthe'); create table b (id int primary key); create table ä (b int);
    alter table ä add constraint ö foreign key (b) references b;`;
  await writeFile(file, sql, 'latin1');
  await shop.load('latin', { is: 'sql', sql: async () => createReadStream(file) });
  expect(
    await shop.query(
      "select name, obj_description('größe'::regclass, 'pg_class') as said from größe order by 1",
      'latin',
    ),
  ).toEqual([
    { name: 'Jürgen', said: 'Übermaß' },
    { name: 'Käthe', said: 'Übermaß' },
  ]);
  expect(await shop.query("select conname from pg_constraint where contype = 'f' and convalidated", 'latin')).toEqual([
    { conname: 'ö' },
  ]);
  await dropCandidate(shop.url, 'latin', { ...options, operation: 'op-41' });
});

it('keeps values in CSV that go over several lines', async () => {
  const sql = `create table t (id int, text text);\ncopy t from stdin with (format csv);\n1,"a\nb,\\"\n2,c\n\\.\n`;
  expect(await loaded(sql, 'select * from t order by 1')).toEqual([
    [
      [1, 'a\nb,\\'],
      [2, 'c'],
    ],
  ]);
});

const FROM_PG_DUMP = [
  '--\n-- PostgreSQL database dump\n--\n',
  '\n--\n-- PostgreSQL database dump complete\n--\n',
] as const;

it('loses and doubles no row of a table that goes over several connections', async () => {
  const rows = Array.from({ length: 40_000 }, (_, n) => `${n}\t${'x'.repeat(n % 100)}\\\n\\\\\\t${n}\n`).join('');
  const sql = `create table t (id int, text text);\ncopy t from stdin;\n${rows}\\.\n`;
  const sum =
    'select count(*)::int as a, sum(id)::int as b, sum(length(text))::int as c, count(distinct id)::int as d from t';
  const lengths = Array.from({ length: 40_000 }, (_, n) => (n % 100) + 3 + String(n).length).reduce((a, b) => a + b, 0);
  const whole = [[[40_000, 799_980_000, lengths, 40_000]]];
  expect(await loaded(FROM_PG_DUMP.join(sql), sum)).toEqual(whole);
  expect(await loaded(sql, sum)).toEqual(whole);
});

it('keeps the order of rows that take their numbers from a sequence', async () => {
  const names = Array.from({ length: 9_000 }, (_, n) => `name ${n} ${'x'.repeat(200)}`);
  const sql = `create table a (id serial, name text); create table b (id serial, name text);
    ${names.map((name) => `insert into a (name) values ('${name}');`).join('\n')}
    copy b (name) from stdin;\n${names.join('\n')}\n\\.\n`;
  const wrong = "select count(*)::int from t where split_part(name, ' ', 2)::int <> id - 1";
  expect(await loaded(sql, wrong.replace(' t ', ' a '), wrong.replace(' t ', ' b '))).toEqual([[[0]], [[0]]]);
});

it('with rows where they could not be masked is refused', async () => {
  const sql = 'create table a (id int); insert into a values (1); create table b (id int); insert into b values (2);';
  const thrown: unknown = await shop
    .load('unmasked', await shop.sql(sql), { beforeData: async () => {} })
    .catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(Refusal);
  expect(String(thrown)).toContain('rows behind indexes or further tables');
  await dropCandidate(shop.url, 'unmasked', { ...options, operation: 'op-41' });
});

it('that breaks off while it is read fails with that reason', async () => {
  const broken = async function* () {
    yield Buffer.from('create table a (id int);');
    throw new Refusal('archive-damaged', 'The file is damaged.', 'Choose another.');
  };
  const loading = shop.load('damaged', { is: 'sql', sql: async () => Readable.from(broken()) });
  await expect(loading).rejects.toThrow('The file is damaged.');
  await dropCandidate(shop.url, 'damaged', { ...options, operation: 'op-41' });
});
