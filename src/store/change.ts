// The only way an operation goes on: decide under a lock, at the database's time, and append to the journal.
import { Fault, LeaseLost } from '../core/errors.ts';
import { chain, type Entry, type Event } from '../core/journal.ts';
import { apply, type Operation } from '../core/operation.ts';
import type { Lease, Narrate } from '../core/ports.ts';
import { sleep } from '../lib/clock.ts';
import { asOurs } from './during.ts';
import type { Db } from './pool.ts';
import { operationsOf } from './reading.ts';
import { record } from './record.ts';
import { databaseNow, type Tx, transaction } from './transaction.ts';

export type Decide = (operation: Operation, now: Date) => readonly Event[];

/** See `OperationStore.change`. */
export async function change(db: Db, narrate: Narrate, id: string, decide: Decide, lease?: Lease): Promise<Operation> {
  const seen: { refusal?: { thrown: unknown }; after?: Operation } = {};
  try {
    return await transaction(db, async (tx) => {
      const before = await locked(tx, id);
      const now = await databaseNow(tx);
      if (lease !== undefined) requireLease(before.lease, lease, now);
      let events: readonly Event[];
      try {
        events = decide(before.operation, now);
      } catch (thrown) {
        seen.refusal = { thrown };
        throw thrown;
      }
      const { operation, entries } = appended(before.operation, events, now);
      if (entries.length > 0) await record(tx, operation, entries, narrate);
      seen.after = operation;
      return operation;
    });
  } catch (thrown) {
    // Even when the rollback failed too, the caller gets to see what `decide` had to say.
    if (seen.refusal !== undefined) throw seen.refusal.thrown;
    if (seen.after !== undefined && (await wasWritten(db, seen.after))) return seen.after;
    throw asOurs(`changing ${id}`, thrown);
  }
}

type Locked = {
  readonly operation: Operation;
  readonly lease: { readonly token: number; readonly lease_until: string | null };
};

/** NO KEY: two changes exclude each other, but rows that refer to the operation can be written meanwhile. */
async function locked(tx: Tx, id: string): Promise<Locked> {
  const row = await tx
    .selectFrom('operations')
    .select(['id', 'plan', 'digest', 'token', 'lease_until'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  const [operation] = row === undefined ? [] : await operationsOf(tx, [row]);
  if (row === undefined || operation === undefined) throw new Fault(`changing ${id}: there is no such operation`);
  return { operation, lease: row };
}

function requireLease({ token, lease_until: until }: Locked['lease'], lease: Lease, now: Date): void {
  const alive = until !== null && Date.parse(until) > now.getTime();
  if (!alive || token !== lease.token) throw new LeaseLost(lease.operation);
}

function appended(before: Operation, events: readonly Event[], now: Date): { operation: Operation; entries: Entry[] } {
  const entries: Entry[] = [];
  let operation = before;
  for (const event of events) {
    const entry = chain(operation.last, operation.id, now.toISOString(), event);
    operation = apply(operation, entry);
    entries.push(entry);
  }
  return { operation, entries };
}

/** The connection broke after everything was written: did the commit arrive? Throws when that cannot be found out. */
async function wasWritten(db: Db, { id, last }: Operation): Promise<boolean> {
  let cause: unknown;
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    try {
      return await transaction(db, (tx) => holds(tx, id, last.hash), PATIENT);
    } catch (thrown) {
      cause = thrown;
      await sleep(attempt * 300);
    }
  }
  throw new Fault(`changing ${id}: the connection was lost, and whether it was written is not known`, { cause });
}

/** Longer than the server lets a transaction of ours idle, after which it is surely over. */
const PATIENT = { statementMs: 10_000, lockMs: 8_000 };

/** The lock makes the answer final: it is only given when the other transaction is over. */
async function holds(tx: Tx, id: string, hash: string): Promise<boolean> {
  await tx.selectFrom('operations').select('id').where('id', '=', id).forNoKeyUpdate().execute();
  const entry = await tx.selectFrom('journal').select('seq').where('hash', '=', hash).executeTakeFirst();
  return entry !== undefined;
}
