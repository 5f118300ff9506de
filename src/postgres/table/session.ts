// The transaction in which rows of a live table are written: bounded waits, one lock, and errors that a person can act on.
import { DatabaseError } from 'pg';
import { Fault, Refusal, reasonOf } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { type Query, withDatabase } from '../connect.ts';
import { isLockTimeout } from './beside.ts';
import { liveRows } from './pair.ts';
import { shapeOf, type TableShape } from './shape.ts';

export type WriteOptions = {
  /** As typed: `entries`, `billing.entries`. */
  readonly table: string;
  readonly beside: string;
  readonly purpose: string;
  /** For each statement. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
};

/** The answer to a COMMIT was lost. Neither a Refusal nor a Fault: nobody may take it to mean that nothing was changed. */
class CommitUnanswered extends Error {
  override readonly name = 'CommitUnanswered';

  constructor(activity: string, cause: unknown) {
    super(`while ${activity}: the answer to the COMMIT was lost (${reasonOf(cause)})`, { cause });
  }
}

/**
 * Commits what `work` did, or nothing. `activity` reads after "while". Throws CommitUnanswered where only `mergeState` can
 * say which.
 */
export async function inTransaction<T>(
  database: Secret,
  { table, beside: _, ...options }: WriteOptions,
  activity: string,
  work: (query: Query, shape: TableShape) => Promise<T>,
): Promise<T> {
  const connection = { timeoutSeconds: 1800, ...options, readOnly: false };
  let committing = false;
  try {
    return await withDatabase(database, connection, async (query) => {
      // Short: whoever wants to write queues behind us while we wait.
      await query("begin; set local lock_timeout = '5s'; set local work_mem = '64MB'; set local row_security = off");
      // Checks that wait for the COMMIT would stand in the way of ALTER TABLE, and be told too late.
      await query('set constraints all immediate');
      const result = await work(query, await shapeOf(query, table));
      committing = true;
      await query('commit');
      return result;
    });
  } catch (thrown) {
    options.signal?.throwIfAborted();
    if (committing && !(thrown instanceof DatabaseError && thrown.severity === 'ERROR')) {
      throw new CommitUnanswered(activity, thrown);
    }
    throw told(thrown, table, activity);
  }
}

/** Readers go on; writers, and whoever alters the table, wait until we have ended. */
export async function lockAgainstWriters(query: Query, table: TableShape): Promise<void> {
  await query(`lock table ${liveRows(table)} in share row exclusive mode`);
}

function told(thrown: unknown, table: string, activity: string): unknown {
  if (thrown instanceof Refusal || thrown instanceof Fault) return thrown;
  if (isLockTimeout(thrown)) {
    const why = `${table} is locked: another session has been writing to it, or altering it, for more than 5 seconds.`;
    return new Refusal('table-busy', why, 'End that session or wait for it, then ask again. Nothing was changed.');
  }
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const constraint = thrown instanceof Error && 'constraint' in thrown ? String(thrown.constraint) : '';
  const next = 'Nothing was changed. Restore the whole database beside the live one, and look at the rows in question.';
  if (code === '23505')
    return new Refusal('unique-conflict', `Another row of ${table} has a value that ${constraint} keeps unique.`, next);
  if (code === '23503')
    return new Refusal(
      'parents-gone',
      `A row that ${constraint} needs is gone.`,
      `Restore the parent table first. ${next}`,
    );
  if (code.startsWith('23'))
    return new Refusal(
      'rows-do-not-fit',
      `${constraint === '' ? 'A rule' : constraint} of ${table} refuses rows of the backup.`,
      next,
    );
  return new Fault(activity, { cause: thrown });
}
