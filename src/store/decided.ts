// A change that is decided under a lock: read, decide, write, commit, and find out whether a commit without an answer arrived.
import { Fault } from '../core/errors.ts';
import { sleep } from '../lib/clock.ts';
import { asOurs } from './during.ts';
import type { Db } from './pool.ts';
import { databaseNow, type Tx, transaction } from './transaction.ts';

export type Change<Before, After> = {
  /** Locks what is changed and reads it. */
  lock(tx: Tx): Promise<Before>;
  /** At the database's time. What it throws is thrown, and nothing is written. */
  decide(before: Before, now: Date): After;
  write(tx: Tx, after: After): Promise<void>;
  /** Waits for the lock, then tells whether this was written. */
  holds(tx: Tx, after: After): Promise<boolean>;
};

/** Throws what `decide` throws, else a Fault "while `activity`". */
export async function decided<Before, After>(db: Db, activity: string, change: Change<Before, After>): Promise<After> {
  const seen: { refusal?: { thrown: unknown }; written?: { after: After } } = {};
  try {
    return await transaction(db, async (tx) => {
      const before = await change.lock(tx);
      const now = await databaseNow(tx);
      let after: After;
      try {
        after = change.decide(before, now);
      } catch (thrown) {
        seen.refusal = { thrown };
        throw thrown;
      }
      await change.write(tx, after);
      seen.written = { after };
      return after;
    });
  } catch (thrown) {
    // Even when the rollback failed too, the caller gets to see what `decide` had to say.
    if (seen.refusal !== undefined) throw seen.refusal.thrown;
    const { written } = seen;
    if (written !== undefined && (await arrived(db, activity, (tx) => change.holds(tx, written.after)))) {
      return written.after;
    }
    throw asOurs(activity, thrown);
  }
}

/** The connection broke after everything was written: did the commit arrive? Throws when that cannot be found out. */
async function arrived(db: Db, activity: string, holds: (tx: Tx) => Promise<boolean>): Promise<boolean> {
  let cause: unknown;
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    try {
      // The lock makes the answer final: it is only given when the other transaction is over.
      return await transaction(db, holds, PATIENT);
    } catch (thrown) {
      cause = thrown;
      await sleep(attempt * 300);
    }
  }
  throw new Fault(`${activity}: the connection was lost, and whether it was written is not known`, { cause });
}

/** Longer than the server lets a transaction of ours idle, after which it is surely over. */
const PATIENT = { statementMs: 10_000, lockMs: 8_000 };
