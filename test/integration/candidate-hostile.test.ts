// Backups that are wrong or hostile (fault 60): contained in the candidate's own role and database, named without rows.
import { existsSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault, Refusal } from '../../src/core/errors.ts';
import { dropCandidate } from '../../src/postgres/candidate/drop.ts';
import { candidateMark } from '../../src/postgres/candidate/mark.ts';
import type { Loadable } from '../../src/postgres/load.ts';
import { archive, contentOf, options, plain, type Shop, startShop } from './candidate-fixture.ts';
import { type Ground, startGround } from './direct-fixture.ts';

let shop: Shop;
let ground: Ground;
let before: Record<string, unknown>;
/** How far the load gets. */
let reached: 'loading' | 'loaded' | 'checked' = 'loading';
beforeAll(async () => {
  shop = await startShop();
  ground = await startGround({ server: shop.server });
  await ground.database('ledger', LEDGER);
  await mkdir(join(shop.dir, 'loot'));
  // Whatever runs on the server may leave its proof here.
  await chmod(join(shop.dir, 'loot'), 0o777);
  before = await everything();
});
afterAll(async () => {
  await ground.stop();
  await shop.stop();
});

/** A live database that belongs to a superuser. */
const LEDGER = `
  create table entries (id int primary key, memo text, amount numeric);
  insert into entries select n, 'memo ' || n, n from generate_series(1, 20) n;`;

/** The live database, the roles, the databases and the settings of the server. */
async function everything(): Promise<Record<string, unknown>> {
  const of = (sql: string) => shop.query(sql, 'postgres');
  return {
    shop: await contentOf(shop, 'shop'),
    roles: await of(
      "select rolname, rolsuper, rolcreaterole from pg_roles where rolname !~ '^holdfast_load' order by 1",
    ),
    databases: await of("select datname, datacl::text from pg_database where datname <> 'evil' order by 1"),
    settings: await of("select name, setting from pg_file_settings where sourcefile like '%auto.conf'"),
  };
}

afterEach(async () => {
  expect(await everything()).toEqual(before);
  expect((await candidateMark(shop.url, 'evil', options))?.state).toBe(reached);
  reached = 'loading';
  await dropCandidate(shop.url, 'evil', { ...options, operation: 'op-41' });
});

async function troubleOf(backup: Loadable): Promise<string> {
  const thrown: unknown = await shop.load('evil', backup).catch((error: unknown) => error);
  if (thrown instanceof Refusal) return `${thrown.code}: ${thrown.why}`;
  if (thrown instanceof Fault) return thrown.message;
  throw new Error(`neither refused nor failed: ${inspect(thrown)}`);
}

describe('a plain dump', () => {
  const proof = () => join(shop.dir, 'proof');
  const code = (sql: string) => `do $$ begin execute ${sql}; end $$;`;

  it.each<[what: string, sql: string, said: RegExp]>([
    ['a command of the shell', '\\! touch PROOF\n', /^archive-suspicious: The dump has \\!, .*never run/],
    ['a copy by psql', "\\copy t to program 'touch PROOF'\n", /^archive-suspicious: The dump has \\copy/],
    ['another database', '\\connect shop\ndrop table sales.marks;\n', /^archive-suspicious: The dump has \\connect/],
    ['a program', "copy (select 1) to program 'touch PROOF';", /^archive-suspicious: The dump has copy/],
    [
      'a program in a DO',
      code(`'copy (select 1) to program ''touch PROOF'''`),
      /pg_execute_server_program role to COPY to or from an external program|permission denied to COPY/,
    ],
    [
      'a file of the server',
      "create table t as select pg_read_file('/etc/passwd');",
      /permission denied for function pg_read_file/,
    ],
    ['a file as a large object', "select lo_import('/etc/passwd');", /permission denied for function lo_import/],
    ['settings of the server', "alter system set archive_command = 'x';", /^archive-suspicious: .*ALTER SYSTEM/],
    [
      'settings of the server in a DO',
      code("'alter system set fsync = off'"),
      /permission denied|must be superuser|cannot be executed/i,
    ],
    ['a role', 'create role evil superuser login;', /^archive-suspicious: .*all databases share/],
    ['a role in a DO', code("'create role evil superuser'"), /must be superuser|permission denied/],
    ['the role of somebody else', code("'set role postgres'"), /permission denied to set role "postgres"/],
    ['the role of the application', code("'set session authorization shop_app'"), /permission denied/],
    ['the live database', code("'alter database shop rename to gone'"), /must be owner of database shop/],
    [
      'access for others',
      `${code("'grant connect on database evil to public'")} create table t (a int); copy t from program;`,
      /suspicious/,
    ],
    ['the mark', code("'comment on database evil is ''x'''"), /must be owner of database evil/],
    [
      'settings of the database',
      code("'alter database evil set search_path = evil'"),
      /must be owner of database evil/,
    ],
    [
      'an event trigger in a DO',
      `create function f() returns event_trigger language plpgsql as 'begin end'; ${code("'create event trigger e on ddl_command_end execute function f()'")}`,
      /permission denied to create event trigger/,
    ],
    [
      'a function in C',
      `create function f() returns int language c as 'libc.so.6', 'system';`,
      /permission denied for language c/,
    ],
    [
      'an extension behind its own objects',
      'create table t (a int); create extension file_fdw;',
      /permission denied to create extension "file_fdw"/,
    ],
    [
      'rights of a superuser in a database',
      "set session_preload_libraries = 'evil';",
      /permission denied to set parameter/,
    ],
  ])('cannot reach %s', async (_what, sql, said) => {
    expect(await troubleOf(await shop.sql(sql.replaceAll('PROOF', proof())))).toMatch(said);
    expect(existsSync(proof())).toBe(false);
  });

  it('cannot come back as somebody else: SET ROLE in it changes nothing', async () => {
    const sql =
      "set session authorization postgres; set role postgres; create table t as select pg_read_file('/etc/passwd');";
    expect(await troubleOf(await shop.sql(sql))).toContain('permission denied for function pg_read_file');
  });
});

describe('an archive', () => {
  it.each<[what: string, args: string[], form: (file: string) => Loadable]>([
    ['a custom archive', ['-Fc'], archive],
    ['plain SQL', [], plain],
  ])(
    'cannot use the rights of a superuser in a view that is filled while it is loaded: %s',
    async (_what, args, form) => {
      await shop.query('create database trap', 'postgres');
      await shop.query(
        `create function leak() returns text language sql as $$ select pg_read_file('/etc/hostname') $$;
       create materialized view loot as select leak();
       create table t (a int); create index on t ((a + 1));`,
        'trap',
      );
      const file = await shop.dump(`trap-${args.length}`, args, 'trap');
      await shop.query('drop database trap', 'postgres');
      expect(await troubleOf(form(file))).toContain('permission denied for function pg_read_file');
    },
  );
});

describe('one wrong thing in the middle', () => {
  const table = 'create table people (age int not null, name text);\n';
  it.each<[what: string, sql: string, said: string]>([
    [
      'a row',
      `${table}copy people from stdin;\n7\tBo\nAda Hunter\tx\n\\.\n`,
      'while running copy people: invalid input syntax for type integer (COPY people, line 2, column age)',
    ],
    [
      'a row with too much',
      `${table}copy people from stdin;\n7\tBo\tAda Hunter\n\\.\n`,
      'while running copy people: extra data after last expected column (COPY people, line 1)',
    ],
    [
      'an INSERT',
      `${table}insert into people values (null, 'Ada Hunter');`,
      'while running INSERT INTO people: null value in column "age" of relation "people" violates not-null constraint',
    ],
    [
      'a key',
      `${table}copy people from stdin;\n7\tAda Hunter\n7\tAda Hunter\n\\.\nalter table people add constraint one unique (name);`,
      'while running alter table people add constraint one unique (name): could not create unique index "one"',
    ],
    [
      'a foreign key',
      `${table}create table ages (age int primary key);\ncopy people from stdin;\n7\tAda Hunter\n\\.\nalter table people add constraint known foreign key (age) references ages;`,
      'while checking the foreign keys of public.people: insert or update on table "people" violates foreign key constraint "known"',
    ],
    [
      'a word',
      `${table}select 'Ada Hunter' from people wher age > 7 'Ada Hunter';`,
      "while running select '' from people wher age > 7 '': syntax error",
    ],
    [
      'a table that is not there',
      'copy nobody from stdin;\n\\.\n',
      'while running copy nobody: relation "nobody" does not exist',
    ],
    [
      'words of its own',
      `${table}do $$ begin raise exception 'Ada Hunter'; end $$;`,
      'while running do $$: one of its functions raised an error',
    ],
  ])('fails a plain load: %s', async (_what, sql, said) => {
    const thrown: unknown = await shop.load('evil', await shop.sql(sql)).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Fault);
    expect(String(thrown)).toBe(`Fault: ${said}`);
    expect(inspect(thrown, { depth: 9 })).not.toContain('Ada Hunter');
  });

  it('refuses a backup that needs a role of another server, and says how to make it', async () => {
    const sql = 'create table t (a int); create policy own on t to "of another" using (true);';
    expect(await troubleOf(await shop.sql(sql))).toBe(
      'role-missing: The backup needs the role of another, which the server does not have.',
    );
  });

  it('fails a load of an archive: a foreign key', async () => {
    await shop.query('create database torn', 'postgres');
    await shop.query(
      `create table a (id int primary key); create table b (a int references a); insert into a values (1); insert into b values (1);
       set session_replication_role = replica; delete from a;`,
      'torn',
    );
    const file = await shop.dump('torn.dump', ['-Fc'], 'torn');
    await shop.query('drop database torn', 'postgres');
    expect(await troubleOf(archive(file))).toBe(
      'while checking the foreign keys of public.b: insert or update on table "b" violates foreign key constraint "b_a_fkey"',
    );
  });
});

describe('a candidate that is checked before anybody has agreed to it', () => {
  const proof = () => join(shop.dir, 'loot', 'proof');
  /** It says nothing when it is not allowed to, so that the check goes on. */
  const functions = (owner = '') => `
    create function run() returns bigint language plpgsql ${owner} as $$
    begin
      begin copy (select 1) to program 'touch ${proof()}'; exception when others then null; end;
      return 0;
    end $$;`;
  const rows = `insert into entries select n, 'memo ' || n, n from generate_series(1, 20) n;`;
  const table = `create table entries (id int primary key, memo text, amount numeric); ${rows}`;
  const view = 'create view entries as select run() as id; create table t (a int); insert into t values (1);';
  const aView = 'its data is not as it must be: entries: not counted: it is a view here, not a table';

  it.each<[what: string, sql: () => string, asked: string, why: string | undefined]>([
    ['a view in the place of a table', () => `${functions()} ${view}`, 'select 0', aView],
    [
      'a view over a function that runs as its owner',
      () => `${functions('security definer')} ${view}`,
      'select 0',
      aView,
    ],
    [
      'a view that an invariant asks',
      () => `${functions('security definer')} ${table} create view lines as select run() as id;`,
      'select sum(id) from lines',
      undefined,
    ],
    [
      'an operator that an invariant means',
      () => `${functions()} ${table}
        create function less(numeric, int) returns bool language plpgsql as
          $$ begin perform public.run(); return false; end $$;
        create operator < (leftarg = numeric, rightarg = int, function = less);`,
      'select count(*) from entries where amount < 0',
      undefined,
    ],
    [
      'a cast that the comparison means',
      () => `${functions()} create type evil as (said text);
        create function told(evil) returns text language plpgsql as
          $$ begin perform public.run(); return 'x'; end $$;
        create cast (evil as text) with function told(evil);
        create table entries (id int primary key, memo evil, amount numeric);
        insert into entries select n, row('memo')::evil, n from generate_series(1, 20) n;`,
      'select 0',
      undefined,
    ],
    [
      'a function that is called like one of PostgreSQL’s own',
      () => `${functions()} ${table}
        create function format(text, name, name) returns text language plpgsql as
          $$ begin perform public.run(); return pg_catalog.format($1, $2, $3); end $$;`,
      'select 0',
      undefined,
    ],
  ])('cannot use the rights of whoever checks it by %s', async (_what, sql, asked, why) => {
    reached = why === undefined ? 'checked' : 'loaded';
    await rm(proof(), { force: true });
    await shop.load('evil', await shop.sql(sql()), { live: 'ledger' });
    const invariants = [{ name: 'none is wrong', sql: asked, expect: { equals: 0 } }];
    const { act, runOf } = await ground.office('hostile', { production: 'ledger' }, { invariants });
    const args = { environment: 'production', candidate: 'evil', expect: null };
    const outcome = await act('candidate.check').do(args, runOf({ step: 's5' }));
    expect(existsSync(proof())).toBe(false);
    expect('why' in outcome ? outcome.why : undefined).toBe(why);
  });
});
