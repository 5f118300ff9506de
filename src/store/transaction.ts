// One transaction with its limits set on the server's side, and the database's own time.
import { sql, type Transaction } from 'kysely';
import type { Db } from './pool.ts';
import type { Tables } from './tables.ts';

export type Tx = Transaction<Tables>;

type Limits = { readonly statementMs: number; readonly lockMs: number };

const USUAL: Limits = { statementMs: 10_000, lockMs: 5_000 };

/** Commits what `work` did, or nothing of it when it throws. Limits are `set local`, which pgbouncer can carry. */
export function transaction<T>(db: Db, work: (tx: Tx) => Promise<T>, limits: Limits = USUAL): Promise<T> {
  return db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (tx) => {
      await sql`select set_config('statement_timeout', ${String(limits.statementMs)}, true),
        set_config('lock_timeout', ${String(limits.lockMs)}, true),
        set_config('idle_in_transaction_session_timeout', '5000', true)`.execute(tx);
      return work(tx);
    });
}

/** The database's clock at this very moment, not at the beginning of the transaction. */
export async function databaseNow(tx: Db | Tx): Promise<Date> {
  const { rows } = await sql<{ now: string }>`select clock_timestamp() as now`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error('the database did not say what time it is');
  return new Date(row.now);
}
