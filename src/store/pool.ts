// The connections to our own database: time limits, parsing of values, and what happens to a connection that broke.
import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { Log } from '../lib/log.ts';
import { isRefusedStatement } from './during.ts';
import type { Tables } from './tables.ts';

export type Db = Kysely<Tables>;

const INT8 = 20;
const TIMESTAMPTZ = 1184;

/**
 * Connects lazily. Nothing here depends on a session, so that pgbouncer in transaction mode will do: no session settings
 * (the limits on the server's side are set per transaction), no prepared names, no LISTEN, no session locks.
 */
export function openPool(connectionString: string, log: Log): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    application_name: 'holdfast',
    max: 10,
    // A person waits for the answer "NOT queued": within 3 seconds (fault 8).
    connectionTimeoutMillis: 2_000,
    query_timeout: 12_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    types: { getTypeParser },
  });
  // A connection that breaks while nobody waits for it emits `error`; unheard, that would end the process.
  pool.on('error', (error) => log.warn({ reason: error.message }, 'idle database connection lost'));
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Typed queries over the pool, in our schema. */
export function openDatabase(pool: pg.Pool): Db {
  const { options } = pool;
  const guardedPool = { options, end: () => pool.end(), connect: async () => guarded(await pool.connect()) };
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guardedPool }) }).withSchema('holdfast');
}

/** A connection that failed in any way but by a refused statement is never used again, nor given back to the pool. */
function guarded(client: pg.PoolClient): Pick<PostgresPoolClient, 'query' | 'release'> {
  let broken: Error | undefined;
  async function query(text: string, values: readonly unknown[]) {
    if (broken !== undefined) throw broken;
    try {
      return await client.query(text, [...values]);
    } catch (thrown) {
      if (thrown instanceof Error && !isRefusedStatement(thrown)) broken = thrown;
      throw thrown;
    }
  }
  // Kysely's type also offers cursors, which are not used here.
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: (discard) => client.release(broken ?? discard),
  };
}

/** bigint as number (our counters stay far below 2^53) and timestamptz as ISO text; only for this pool. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (format === 'binary') return pg.types.getTypeParser(oid, 'binary');
  const standard = pg.types.getTypeParser(oid);
  if (oid === INT8) return Number;
  if (oid === TIMESTAMPTZ) return (text: string) => new Date(standard(text)).toISOString();
  return standard;
};
