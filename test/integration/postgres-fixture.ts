// A ledger in a real PostgreSQL, real archives of it (whole and damaged), and a platform made of a directory and that server.
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import type { Run } from '../../src/core/action.ts';
import type { Backup } from '../../src/core/facts.ts';
import type { Platform } from '../../src/core/platform.ts';
import { Secret } from '../../src/core/secret.ts';
import { System } from '../../src/core/system.ts';

const run = promisify(execFile);
export const PATH = '/usr/local/bin:/usr/bin:/bin';

const SEED = `
  create extension pg_trgm;
  create schema billing;
  create table accounts (id int primary key, name text not null);
  create table entries (id int primary key, account_id int, amount int not null, memo text,
                        created_at timestamp not null);
  create table billing.invoices (id int primary key, total int);
  create table schema_migrations (version text primary key);
  insert into accounts select n, 'account ' || n from generate_series(1, 50) n;
  insert into entries select n, 1 + n % 50, n, md5(n::text) || md5((n * 7)::text),
    timestamp '2025-11-20 00:00' + n * interval '1 minute' from generate_series(1, 4280) n;
  insert into billing.invoices select n, n from generate_series(1, 7) n;
  insert into schema_migrations values ('20250102000000'), ('20241201120000');
  create index on entries (account_id);
  alter table entries add foreign key (account_id) references accounts not valid;`;

/** What the ledger's system file says; every check of it passes on the seeded data. */
export const ledger = System.parse({
  name: 'grayledger',
  title: 'GrayLedger',
  platform: 'directory',
  channel: 'C0123ABCD',
  roles: { lead: { users: ['U0123ABCD'] } },
  operators: ['lead'],
  environments: {
    production: {
      protected: true,
      consent: { kind: 'approvals', roles: ['lead'] },
      health: { url: 'http://127.0.0.1:1/health' },
      settings: {},
    },
  },
  backups: { of: 'production', maxAgeHours: 26, sizeTolerancePercent: 20, retentionDays: 7 },
  tables: [
    { name: 'accounts' },
    { name: 'entries', atLeast: 1000, writtenAt: 'created_at' },
    { name: 'billing.invoices' },
  ],
  invariants: [
    {
      name: 'orphaned entries',
      sql: 'select count(*) from entries e where not exists (select 1 from accounts a where a.id = e.account_id)',
      expect: { equals: 0 },
    },
    { name: 'sum of all amounts', sql: 'select sum(amount) from entries -- to the cent', expect: { min: 1 } },
  ],
  migrations: { table: 'schema_migrations', column: 'version' },
  updates: {},
  logs: { watchSeconds: 1 },
});

export const backup: Backup = {
  id: 'a001',
  kind: 'scheduled',
  state: 'finished',
  startedAt: '2025-11-21T02:00:00.000Z',
  finishedAt: '2025-11-21T02:04:00.000Z',
  bytes: 300_000,
  sha256: null,
};

export type Ledger = {
  readonly server: PostgresServer;
  readonly url: Secret;
  /** A directory that user postgres may pass through, removed at the end. */
  readonly dir: string;
  query(sql: string, database?: string): Promise<Record<string, unknown>[]>;
  /** A new `pg_dump -Fc` of a database; `change` may damage it. */
  dump(name: string, change?: (bytes: Buffer) => Uint8Array, database?: string): Promise<string>;
  /** Downloads are copies of `archive()`, candidates are databases of this server. */
  platform(archive: () => string): Platform;
  stop(): Promise<void>;
};

export async function startLedger(): Promise<Ledger> {
  const server = await startPostgres();
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-ledger-'));
  await chmod(dir, 0o711);
  const query = async (sql: string, database = 'ledger') => {
    const client = new pg.Client({ connectionString: server.urlOf(database) });
    await client.connect();
    try {
      return (await client.query(sql)).rows ?? [];
    } finally {
      await client.end();
    }
  };
  await query('create database ledger', 'postgres');
  await query(SEED);
  const urlOf = (database: string) => new Secret(server.urlOf(database));
  return {
    server,
    url: urlOf('ledger'),
    dir,
    query,
    async dump(name, change = (bytes) => bytes, database = 'ledger') {
      const file = join(dir, name);
      await run(join(server.bin, 'pg_dump'), ['-Fc', '-f', file, server.urlOf(database)]);
      await writeFile(file, change(await readFile(file)));
      return file;
    },
    platform: (archive) => ({
      kind: 'directory',
      capabilities: ['backups', 'candidate'],
      problemsOf: () => [],
      variablesOf: () => [],
      backupId: (typed) => typed,
      archiveKeys: async () => ({}),
      names: ({ database }) => ({ candidate: 'candidate', previous: database }),
      facts: () => Promise.reject(new Error('a directory knows no facts')),
      connection: async (_system, { candidate }) => urlOf(candidate ?? 'ledger'),
      async download(_system, _environment, _backup, file, { onBytes }) {
        await copyFile(archive(), file);
        onBytes(150_000);
      },
      actions: {},
    }),
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What an action is given besides its arguments, with the notes of its progress. */
export function runOf(overrides: Partial<Run> = {}): Run & { notes: string[] } {
  const notes: string[] = [];
  return {
    system: ledger,
    operation: 'op-41',
    step: 's1',
    signal: new AbortController().signal,
    before: null,
    outputs: {},
    progress: ({ percent, note }) => notes.push(`${percent} ${note}`),
    fence: async () => {},
    neededBy: async () => null,
    notes,
    ...overrides,
  };
}
