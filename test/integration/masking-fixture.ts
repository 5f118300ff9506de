// A production with personal data in a real PostgreSQL, dumps of it, and a staging server of the ordinary, durable kind.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { Secret } from '../../src/core/secret.ts';
import { Masking } from '../../src/core/system.ts';
import type { Query } from '../../src/postgres/connect.ts';
import { applyMasking } from '../../src/postgres/masking/apply.ts';
import { scanForLeaks } from '../../src/postgres/masking/scan.ts';
import { archiveSources, type Sources } from '../../src/postgres/masking/sources.ts';
import type { Leaks } from '../../src/postgres/masking/verdict.ts';

const run = promisify(execFile);
const PATH = '/usr/local/bin:/usr/bin:/bin';
export const key = new Secret('the key of this test');

/** Tables in the style of fieldservice, small. */
const SEED = `
  create extension citext;
  create schema crm;
  create table customers (
    id bigint primary key generated always as identity, name varchar(60) not null, email citext not null unique,
    phone varchar(20), notes text, tags text[], created_at timestamptz not null default now());
  create table crm.members (
    id uuid primary key, full_name text, email text not null unique, phone text, api_token uuid unique, photo bytea);
  create table letters (id int primary key, to_address citext references customers (email), body text);
  create table audit_log (id bigint primary key, content jsonb, before json);
  create table sessions (token text primary key, customer_id bigint references customers);
  create table api_keys (id int primary key, token varchar(40) unique, expires date not null default '2031-05-06');
  create table visits (id int, day date not null, visitor text, primary key (id, day)) partition by range (day);
  create table visits_2024 partition of visits for values from ('2024-01-01') to ('2025-01-01');
  create table visits_2025 partition of visits for values from ('2025-01-01') to ('2026-01-01');
  create table settings (id int primary key, sender text, doc jsonb, hint text);
  create materialized view contacts as select id, name, email from customers;
  insert into customers (name, email, phone, notes, tags)
    select 'Annabel' || n || ' Kellerhals' || n, 'annabel.kellerhals' || n || '@firma.ch', '+4179555' || lpad(n::text, 4, '0'),
      case when n % 2 = 0 then 'remark ' || n || ' on Annabel' || n end, array['friend of Beat' || n, null]
    from generate_series(1, 600) n;
  insert into customers (name, email) values ('Nophone Person', 'nophone@firma.ch');
  update customers set notes = 'toasted secret 42 ' || (select string_agg(md5(n::text), '') from generate_series(1, 300) n)
   where id = 42;
  insert into crm.members
    select md5('member' || n)::uuid, 'Quirin' || n || ' Zumthor' || n, 'quirin.zumthor' || n || '@mail.ch',
      '+4178444' || lpad(n::text, 4, '0'), md5('token' || n)::uuid, convert_to('photo of Quirin' || n, 'UTF8')
    from generate_series(1, 400) n;
  insert into letters select n, email, 'Dear Annabel' || n || ', please call us.' from customers, lateral (select id as n) x;
  insert into audit_log select n, jsonb_build_object('user', 'annabel.kellerhals' || n || '@firma.ch', 'amount', 12345.5 + n,
      'nested', jsonb_build_object('name', 'Kellerhals "the' || n || '" \\', 'list', jsonb_build_array('one' || n, 7, null, true))),
      ('{"z": "Zumthor' || n || '",  "a": 1e5, "z": ["twice"]}')::json from generate_series(1, 300) n;
  insert into audit_log values (301, null, null), (302, '"a bare text"', '[]');
  insert into sessions select 'session-of-' || n, n from generate_series(1, 100) n;
  insert into api_keys (id, token) select n, 'SKlive' || md5(n::text) from generate_series(1, 10) n;
  insert into visits select n, date '2024-06-01' + n, 'Visitor Rosalind' || n from generate_series(1, 300) n;
  insert into settings values (1, 'office@provote.ch', '{"colour": "blue"}', null);
  refresh materialized view contacts;
  create index on customers (name);
  create index on crm.members (full_name);`;

/** Every kind of rule, on every kind of type that it is made for. */
export const rules = Masking.parse({
  columns: [
    { table: 'customers', column: 'name', as: 'name' },
    { table: 'customers', column: 'email', as: 'email', id: 'email' },
    { table: 'customers', column: 'phone', as: 'phone' },
    { table: 'customers', column: 'notes', as: 'text' },
    { table: 'customers', column: 'tags', as: 'text' },
    { table: 'crm.members', column: 'full_name', as: 'name' },
    { table: 'crm.members', column: 'email', as: 'email' },
    { table: 'crm.members', column: 'phone', as: 'phone' },
    { table: 'crm.members', column: 'api_token', as: 'token' },
    { table: 'crm.members', column: 'photo', as: 'text' },
    { table: 'letters', column: 'to_address', as: 'email', id: 'to_address' },
    { table: 'letters', column: 'body', as: 'text' },
    { table: 'audit_log', column: 'content', as: 'text' },
    { table: 'audit_log', column: 'before', as: 'text' },
    { table: 'api_keys', column: 'token', as: 'token' },
    { table: 'api_keys', column: 'expires', as: 'token', value: '1999-12-31' },
    { table: 'visits', column: 'visitor', as: 'name', id: ['id', 'day'] },
  ],
  empty: ['sessions'],
  keep: ['settings.sender'],
});

/** Of every masked column and every emptied table, one that stands uncompressed where it stands at all. */
export const NEEDLES = [
  ...['Annabel7 Kellerhals7', 'annabel.kellerhals7@firma.ch', '+41795550007', 'remark 8 on', 'friend of Beat7'],
  'toasted secret 42',
  ...['Quirin7 Zumthor7', 'quirin.zumthor7@mail.ch', '+41784440007', 'photo of Quirin7', 'Dear Annabel7'],
  ...['Kellerhals "the7', 'one77', 'Zumthor7"', 'SKlive', 'session-of-7', 'Visitor Rosalind7'],
];

type LoadOptions = {
  readonly masking?: Masking | null;
  readonly file?: string;
  readonly jobs?: number;
  /** For the sessions that load, as libpq's PGOPTIONS. */
  readonly settings?: string;
  readonly user?: string;
};

export type Staging = {
  readonly production: PostgresServer;
  readonly staging: PostgresServer;
  readonly dir: string;
  /** The archive of production as seeded. */
  readonly archive: string;
  ask(sql: string, database: string, server?: PostgresServer): Promise<Record<string, unknown>[]>;
  dump(name: string, args: readonly string[], database?: string): Promise<string>;
  /** As the loader does it: a role that owns the database and is no superuser. Returns the candidate's name. */
  load(options?: LoadOptions): Promise<string>;
  sources(file?: string): Sources;
  scan(candidate: string, options?: { masking?: Masking; sources?: Sources }): Promise<Leaks>;
  stop(): Promise<void>;
};

export async function startStaging(): Promise<Staging> {
  const [production, staging] = await Promise.all([
    startPostgres(),
    startPostgres({ settings: { fsync: 'on', full_page_writes: 'on', wal_level: 'replica', max_wal_size: '1GB' } }),
  ]);
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-masking-'));
  await chmod(dir, 0o711);
  const { signal } = new AbortController();
  const ask: Staging['ask'] = async (sql, database, server = staging) => {
    return await connected(server.urlOf(database), (query) => query(sql));
  };
  await ask('create database shop', 'postgres', production);
  await ask(SEED, 'shop', production);
  await ask('create role loader login', 'postgres');
  const dump: Staging['dump'] = async (name, args, database = 'shop') => {
    const file = join(dir, name);
    await run(join(production.bin, 'pg_dump'), [...args, '-f', file, production.urlOf(database)]);
    return file;
  };
  const archive = await dump('shop.dump', ['-Fc']);
  const sources = (file = archive) =>
    archiveSources(
      { is: 'for-pg-restore', file, parallel: true, close: async () => {} },
      { path: PATH, workDir: dir, signal },
    );
  return {
    production,
    staging,
    dir,
    archive,
    ask,
    dump,
    async load({ masking = rules, file = archive, jobs = 2, settings = '', user = 'loader' } = {}) {
      const name = `candidate_${randomBytes(4).toString('hex')}`;
      await ask(`create database ${name} owner ${user}`, 'postgres');
      // An extension is made by a superuser, before anything of the archive is there.
      await ask(`create extension citext; alter schema public owner to ${user}`, name);
      const list = join(dir, `${name}.list`);
      const restore = async (...args: string[]) =>
        await run(join(staging.bin, 'pg_restore'), [...args, file], { env: { PATH, PGOPTIONS: settings } });
      const { stdout } = await restore('--list');
      await run('sh', ['-c', 'printf "%s" "$1" > "$2"', 'sh', stdout.replaceAll(/^.*EXTENSION.*\n/gm, ''), list]);
      const part = (section: string, ...args: string[]) =>
        restore(
          '-d',
          staging.urlOf(name, user),
          `--section=${section}`,
          '-L',
          list,
          '--no-owner',
          '--exit-on-error',
          ...args,
        );
      const hooks = masking === null ? null : applyMasking(masking, { key });
      await connected(staging.urlOf(name, user), async (query) => {
        await part('pre-data');
        await hooks?.beforeData(query);
        await part('data', '-j', String(jobs));
        await hooks?.afterData(query);
        await part('post-data');
      });
      return name;
    },
    sources,
    async scan(candidate, { masking = rules, sources: given = sources() } = {}) {
      const secret = new Secret(staging.urlOf(candidate, 'loader'));
      return await scanForLeaks(secret, { masking, sources: given, purpose: 'holdfast test', signal });
    },
    async stop() {
      await Promise.all([production.stop(), staging.stop()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export async function connected<T>(url: string, use: (query: Query) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(
      async (sql, values) => (await client.query(sql, values === undefined ? [] : [...values])).rows ?? [],
    );
  } finally {
    await client.end();
  }
}
