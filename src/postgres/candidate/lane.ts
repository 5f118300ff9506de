// One connection through which an archive is loaded, with the settings that are safe because its database is disposable.
import { Socket } from 'node:net';
import { Client, DatabaseError, type QueryResultRow } from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import { Fault } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { within } from '../../lib/within.ts';
import { clientConfigOf, KEEP_ALIVE } from '../connect.ts';

export type Lane = {
  /** Exactly one statement: the server refuses two. */
  run(statement: string): Promise<void>;
  /** Several statements, as one transaction. */
  runAll(statements: string): Promise<void>;
  /** The type of a row is what the statement selects: it is not checked. */
  rows<Row extends QueryResultRow>(sql: string, values: readonly unknown[]): Promise<Row[]>;
  /** `statement` is COPY … FROM stdin. The stream ends with `finish` when the server has taken all of it. */
  copy(statement: string): CopyStreamQuery;
  close(): Promise<void>;
};

const GOODBYE_MS = 2_000;

export type LaneOptions = { readonly purpose: string; readonly settings: string; readonly signal: AbortSignal };

/**
 * Settings for every session that loads, as libpq's PGOPTIONS (measured: performance.md). All of them end with the session:
 * nothing of the server is changed, which the live database shares. The memory of all jobs together is bounded.
 */
export function loadSettings({ jobs, major }: { readonly jobs: number; readonly major: number }): string {
  const megabytes = Math.max(64, Math.min(512, Math.floor(1536 / jobs)));
  const settings = {
    synchronous_commit: 'off',
    maintenance_work_mem: `${megabytes}MB`,
    jit: 'off',
    max_parallel_maintenance_workers: '0',
    statement_timeout: '0',
    lock_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    // Otherwise the server goes on building an index long after we are gone.
    ...(major >= 14 ? { client_connection_check_interval: '5s' } : {}),
  };
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

/** Throws Fault when there is no connection, with the server's error as its cause. */
export async function openLane(secret: Secret, { purpose, settings, signal }: LaneOptions): Promise<Lane> {
  signal.throwIfAborted();
  const socket = new Socket();
  const client = new Client({
    ...clientConfigOf(secret),
    stream: () => socket,
    application_name: purpose,
    options: settings,
    connectionTimeoutMillis: 10_000,
    ...KEEP_ALIVE,
  });
  // Must be there: a connection that breaks between two statements would end the whole process.
  client.on('error', () => {});
  const abort = () => socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
  } catch (cause) {
    signal.removeEventListener('abort', abort);
    socket.destroy();
    signal.throwIfAborted();
    throw new Fault('connecting to the new database', { cause });
  }
  return {
    async run(text) {
      // The types of pg do not know queryMode, which the extended protocol is asked for with.
      const query = { text, queryMode: 'extended' };
      await client.query(query);
    },
    async runAll(statements) {
      await client.query(statements);
    },
    rows: async (sql, values) => (await client.query(sql, [...values])).rows,
    copy: (statement) => client.query(copyFrom(statement)),
    async close() {
      signal.removeEventListener('abort', abort);
      await within(GOODBYE_MS, client.end(), () => new Error('no answer')).catch(() => {});
      socket.destroy();
    },
  };
}

/**
 * What the server said, without what it quotes: rows are customers' data. "duplicate key value violates unique constraint
 * "people_pkey"" is whole, "invalid input syntax for type integer: "Ada"" ends at its colon.
 */
export function saidWithoutRows(thrown: unknown): string {
  if (!(thrown instanceof DatabaseError)) return thrown instanceof Error ? thrown.message : String(thrown);
  const where = /^COPY \S+, line \d+(, column [^:]+)?/.exec(thrown.where ?? '')?.[0];
  // The words of RAISE are the archive's own and may hold anything.
  const said = thrown.code === 'P0001' ? 'one of its functions raised an error' : withoutRows(thrown.message);
  return where === undefined ? said : `${said} (${where})`;
}

/** The same of a line that a program of PostgreSQL printed. */
export function withoutRows(message: string): string {
  return message.replace(/(: "| at or near ").*$/s, '');
}
