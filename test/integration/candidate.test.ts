// Candidates on a real server: whatever the form of the backup, the new database is the old one; the live one is not touched.
import { readdir } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { createCandidate } from '../../src/postgres/candidate/create.ts';
import { dropCandidate } from '../../src/postgres/candidate/drop.ts';
import { candidateMark, markCandidate } from '../../src/postgres/candidate/mark.ts';
import type { Loadable } from '../../src/postgres/load.ts';
import { archive, contentOf, mark, options, plain, type Shop, startShop } from './candidate-fixture.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());

const create = (name: string, more: Partial<Parameters<typeof createCandidate>[1]> = {}) =>
  createCandidate(shop.url, { ...options, name, live: 'shop', mark, ...more });
const drop = (name: string, operation = 'op-41') => dropCandidate(shop.url, name, { ...options, operation });
const databases = async (like: string) =>
  (await shop.query(`select datname from pg_database where datname like '${like}'`, 'postgres')).length;
const sessionsOfLoads = () =>
  shop.query(`select 1 from pg_stat_activity where application_name = '${options.purpose}'`, 'postgres');
const rolesOfLoads = () => shop.query("select rolname from pg_roles where rolname like 'holdfast%'", 'postgres');

const ownersIn = async (database: string) =>
  (await shop.query("select distinct tableowner from pg_tables where schemaname = 'sales'", database)).map(
    ({ tableowner }) => tableowner,
  );

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  if (!(thrown instanceof Refusal)) throw new Error(`not refused: ${String(thrown)}`);
  return `${thrown.code}: ${thrown.why}`;
}

const forms: readonly [form: string, args: readonly string[], backup: (file: string) => Loadable][] = [
  ['a custom archive', ['-Fc'], archive],
  ['a directory', ['-Fd'], archive],
  ['a tar archive', ['-Ft'], (file) => archive(file, false)],
  ['plain SQL', [], plain],
  ['plain SQL with INSERTs', ['--inserts'], plain],
  ['plain SQL that cleans and creates', ['--clean', '--if-exists', '--create', '--column-inserts'], plain],
  ['plain SQL that cleans', ['--clean'], plain],
];

describe('a load', () => {
  it.each(forms)('of %s makes the live database anew, owners and grants included', async (form, args, backup) => {
    const name = `shop_${form.replaceAll(' ', '_')}`;
    const file = await shop.dump(`${name}.dump`, args);
    const before = await contentOf(shop, 'shop');
    const loaded = await shop.load(name, backup(file));
    expect(loaded.leftOut.toSorted()).toEqual(['event trigger watching', 'publication feed']);
    expect(loaded.says).toEqual([expect.stringMatching(/^Owners and grants of \d+ objects will be those of shop\.$/)]);
    expect(await ownersIn(name)).toEqual([expect.stringMatching(/^holdfast_load_/)]);
    const said = loaded.says.map((each) => each.replace('will be', 'are'));
    expect(await shop.handOver(name)).toEqual(said);
    expect(await shop.handOver(name)).toEqual([]);
    expect(loaded.mark).toEqual({
      holdfast: 'candidate',
      ...mark,
      built: null,
      origin: null,
      state: 'loaded',
      checkedAt: null,
    });
    expect(await contentOf(shop, name)).toEqual(before);
    expect(await contentOf(shop, 'shop')).toEqual(before);
    expect(await rolesOfLoads()).toEqual([]);
    await drop(name);
  });

  it.each(forms.slice(0, 5))('of %s lets rows be changed while they go in', async (form, args, backup) => {
    const name = `hooked_${form.replaceAll(' ', '_')}`;
    const file = await shop.dump(`${name}.dump`, args);
    const seen: unknown[] = [];
    const state = `select (select count(*)::int from sales.customers) as rows,
                          (select count(*)::int from pg_indexes where schemaname = 'sales') as indexes`;
    await shop.load(name, backup(file), {
      async beforeData(query) {
        seen.push(...(await query(state)));
        await query(
          `create function sales.mask() returns trigger language plpgsql as $$ begin new.name := 'masked'; return new; end $$`,
        );
        await query('create trigger mask before insert on sales.customers for each row execute function sales.mask()');
      },
      async afterData(query) {
        seen.push(...(await query(state)));
        await query('drop function sales.mask() cascade');
      },
    });
    expect(seen).toEqual([
      { rows: 0, indexes: 0 },
      { rows: 600, indexes: 0 },
    ]);
    expect(await shop.query('select distinct name, shout from sales.customers', name)).toEqual([
      { name: 'masked', shout: 'MASKED' },
    ]);
    await drop(name);
  });

  it('says what the live database does not have, and gives it to the one who owns most', async () => {
    const file = await shop.dump('more.dump', ['-Fc']);
    await shop.query('alter table "Odd schema"."Größe" rename to away');
    const { says } = await shop.load('more', archive(file));
    await shop.query('alter table "Odd schema".away rename to "Größe"');
    expect(says.at(-1)).toBe(
      'Not in shop, so that they belong to shop_app and nobody has been granted anything: "Odd schema"."Größe".',
    );
    await drop('more');
  });

  it('works when the live database is lost, and says what that means for owners and grants', async () => {
    await shop.query('create database lost template shop', 'postgres');
    const before = await contentOf(shop, 'lost');
    const file = await shop.dump('lost.sql', [], 'lost');
    await shop.query('drop database lost', 'postgres');
    const { says } = await shop.load('found', plain(file), { live: 'lost', owner: 'shop_app' });
    expect(says).toEqual([
      'There was no live database to take owners and grants from: everything belongs to shop_app, and others have been granted nothing.',
    ]);
    expect(await shop.handOver('found', { live: 'lost', owner: 'shop_app' })).toEqual(says);
    const { rows, constraints, sequences } = await contentOf(shop, 'found');
    expect({ rows, constraints, sequences }).toEqual({
      rows: before['rows'],
      constraints: before['constraints'],
      sequences: before['sequences'],
    });
    expect(await ownersIn('found')).toEqual(['shop_app']);
    await drop('found');
  });

  it('works as a role that is no superuser', async () => {
    await shop.query('create role admin login createdb createrole; grant shop_app to admin', 'postgres');
    await shop.query('create database small owner shop_app template template0', 'postgres');
    await shop.query(
      'create extension pg_trgm; set role shop_app; create schema s; create table s.t as select 7 as n',
      'small',
    );
    const file = await shop.dump('small.dump', ['-Fc'], 'small');
    await shop.query("alter role admin password 'x'", 'postgres');
    const server = new Secret(shop.server.urlOf('small', 'admin').replace('admin@', 'admin:x@'));
    const { says } = await shop.load('small_2', archive(file), { server, live: 'small' });
    expect(says).toEqual([expect.stringMatching(/^Owners and grants of \d objects will be those of small\.$/)]);
    await shop.handOver('small_2', { server, live: 'small' });
    expect(await shop.query("select n, tableowner from s.t, pg_tables where tablename = 't'", 'small_2')).toEqual([
      { n: 7, tableowner: 'shop_app' },
    ]);
    await dropCandidate(server, 'small_2', { ...options, operation: 'op-41' });
    expect(await rolesOfLoads()).toEqual([]);
  });

  it('is refused with what to do when the server does not let its role in', async () => {
    await shop.setAccess('host all postgres,shop_app 127.0.0.1/32 trust\n');
    const file = await shop.dump('kept-out.dump', ['-Fc']);
    expect(await refusalOf(shop.load('kept_out', archive(file)))).toMatch(
      /^load-role-kept-out: The server does not let in/,
    );
    await shop.setAccess();
    await shop.load('kept_out', archive(file));
    await drop('kept_out');
  });

  it('that is already there is left as it is', async () => {
    const file = await shop.dump('twice.dump', ['-Fc']);
    await shop.load('twice', archive(file));
    const oid = await shop.query("select oid from pg_database where datname = 'twice'", 'postgres');
    expect((await shop.load('twice', archive('/nowhere'))).says).toEqual(['It was loaded already.']);
    expect(await shop.query("select oid from pg_database where datname = 'twice'", 'postgres')).toEqual(oid);
    await drop('twice');
  });
});

describe('a load that is broken off', () => {
  const broken: readonly [form: string, args: readonly string[], backup: (file: string) => Loadable][] = [
    ['an archive', ['-Fc'], archive],
    ['plain SQL', [], plain],
  ];

  it.each(broken)('of %s by the end of its sessions is a Fault, and can be done again', async (_form, args, backup) => {
    const file = await shop.dump(`cut-${args.length}.dump`, args);
    const before = await contentOf(shop, 'shop');
    const kill = async () => {
      await shop.query(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename like 'holdfast_load%'",
        'postgres',
      );
    };
    await expect(shop.load('cut', backup(file), { beforeData: kill })).rejects.toThrow(
      /^while .*(terminat|connection)/i,
    );
    expect((await candidateMark(shop.url, 'cut', options))?.state).toBe('loading');
    expect(await contentOf(shop, 'shop')).toEqual(before);
    expect((await shop.load('cut', backup(file))).mark.state).toBe('loaded');
    await shop.handOver('cut');
    expect(await contentOf(shop, 'cut')).toEqual(before);
    await drop('cut');
  });

  it.each(broken)('of %s because it is told to stop ends at once, with its sessions', async (_form, args, backup) => {
    const file = await shop.dump(`stop-${args.length}.dump`, args);
    const stop = new AbortController();
    const loading = shop.load('stopped', backup(file), {
      signal: stop.signal,
      async beforeData() {
        stop.abort(new Error('the lease was lost'));
      },
    });
    await expect(loading).rejects.toThrow('the lease was lost');
    await drop('stopped');
    expect(await sessionsOfLoads()).toEqual([]);
    expect(await databases('stopped')).toBe(0);
  });

  it('leaves files of its own nowhere', async () => {
    expect((await readdir(shop.dir)).filter((name) => name.startsWith('load-'))).toEqual([]);
  });
});

describe('a new candidate', () => {
  it('lets nobody in but superusers and its role', async () => {
    await create('closed');
    const client = new pg.Client({ connectionString: shop.server.urlOf('closed', 'shop_app') });
    await expect(client.connect()).rejects.toThrow('permission denied for database "closed"');
    expect(await shop.query('select 1 as one', 'closed')).toEqual([{ one: 1 }]);
    await drop('closed');
  });

  it.each([
    ['an ICU collation', "locale_provider icu icu_locale 'de-DE' locale 'C.UTF-8' encoding UTF8"],
    ['LATIN1', "locale 'C' encoding LATIN1"],
    ['other rules for comparing and for letters', "lc_collate 'C' lc_ctype 'C.UTF-8' encoding UTF8"],
  ])('has the encoding and collation of the live one: %s', async (_what, locale) => {
    await shop.query(`create database odd template template0 ${locale}`, 'postgres');
    await create('odd_2', { live: 'odd' });
    const rows = await shop.query(
      `select distinct encoding, datcollate, datctype, datlocprovider, daticulocale, dattablespace from pg_database where datname in ('odd', 'odd_2')`,
      'postgres',
    );
    expect(rows).toHaveLength(1);
    await drop('odd_2');
    await shop.query('drop database odd', 'postgres');
  });

  it('does not take the name of another: neither of a database of others nor of another operation', async () => {
    expect(await refusalOf(create('shop'))).toBe(
      'name-taken: The database shop is there already and is no candidate of ours.',
    );
    await create('taken');
    const other = create('taken', { mark: { ...mark, operation: 'op-7' } });
    expect(await refusalOf(other)).toBe('name-taken: The database taken is there already and is a candidate of op-41.');
    await drop('taken');
  });

  it('is made anew when it was not loaded, and kept when it was', async () => {
    const oid = async () =>
      (await shop.query("select oid from pg_database where datname = 'again'", 'postgres'))[0]?.['oid'];
    await create('again');
    const first = await oid();
    await create('again');
    const second = await oid();
    expect(second).not.toBe(first);
    await markCandidate(shop.url, 'again', { state: 'loaded' }, options);
    expect((await create('again')).state).toBe('loaded');
    expect(await oid()).toBe(second);
    await drop('again');
  });

  it('takes the place of one that a crash has left unmarked', async () => {
    await shop.query('create database half allow_connections false', 'postgres');
    expect((await create('half')).operation).toBe('op-41');
    await drop('half');
  });

  it('bears its mark until it is checked, with the moment', async () => {
    await create('marked');
    expect(await candidateMark(shop.url, 'nowhere', options)).toBeNull();
    expect(await candidateMark(shop.url, 'shop', options)).toBeNull();
    const checked = await markCandidate(shop.url, 'marked', { state: 'checked', backup: "it's b002" }, options);
    expect(checked).toMatchObject({ backup: "it's b002", checkedAt: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(await candidateMark(shop.url, 'marked', options)).toEqual(checked);
    expect(await refusalOf(markCandidate(shop.url, 'shop', { state: 'checked' }, options))).toMatch(/^not-a-candidate/);
    expect(await refusalOf(markCandidate(shop.url, 'gone', { state: 'checked' }, options))).toMatch(/^no-candidate/);
    await drop('marked');
  });

  it('is dropped with whoever is connected, and again without a word', async () => {
    await create('dropped');
    const client = new pg.Client({ connectionString: shop.server.urlOf('dropped') });
    client.on('error', () => {});
    await client.connect();
    await drop('dropped');
    await drop('dropped');
    expect(await databases('dropped')).toBe(0);
    await expect(client.query('select 1')).rejects.toThrow();
  });

  it('alone can be dropped: no other database, and none of another operation', async () => {
    expect(await refusalOf(drop('shop'))).toBe(
      'not-a-candidate: The database shop bears no mark of a candidate of ours.',
    );
    await create('theirs', { mark: { ...mark, operation: 'op-7' } });
    expect(await refusalOf(drop('theirs'))).toBe('not-a-candidate: The database theirs is a candidate of op-7.');
    await drop('theirs', 'op-7');
    expect(await databases('shop')).toBe(1);
  });
});
