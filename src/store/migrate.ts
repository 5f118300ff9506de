// Brings the schema to the version of this program, once, however many processes start at the same time.
import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import type pg from 'pg';
import type { Log } from '../lib/log.ts';

const DIR = join(import.meta.dirname, 'migrations');
/** Any number that nobody else uses: "holdfast" on a telephone. */
const LOCK = 46_533_278;

/**
 * All pending migrations in one transaction. The library's own lock belongs to a session, which pgbouncer would hand to
 * somebody else; so one that ends with the transaction is taken instead.
 */
export async function migrate(pool: pg.Pool, log: Log): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(${LOCK})`);
    const run = await runner({
      dbClient: client,
      dir: DIR,
      migrationsTable: 'migrations',
      migrationsSchema: 'holdfast',
      createMigrationsSchema: true,
      direction: 'up',
      // `begin` within a transaction is only noticed; its `commit` ends ours, and with it the lock.
      singleTransaction: true,
      noLock: true,
      logger: QUIET,
    });
    await client.query('commit');
    if (run.length > 0) log.info({ migrations: run.map(({ name }) => name) }, 'database schema brought up to date');
  } catch (thrown) {
    broken = thrown instanceof Error ? thrown : new Error(String(thrown));
    throw thrown;
  } finally {
    client.release(broken);
  }
}

const silent = () => {};
const QUIET = { debug: silent, info: silent, warn: silent, error: silent };
