// The only way an operation goes on: decide under a lock, at the database's time, and append to the journal.
import { Fault, LeaseLost } from '../core/errors.ts';
import { chain, type Entry, type Event } from '../core/journal.ts';
import { apply, type Operation } from '../core/operation.ts';
import type { Lease, Narrate } from '../core/ports.ts';
import { decided } from './decided.ts';
import type { Db } from './pool.ts';
import { operationsOf } from './reading.ts';
import { record } from './record.ts';
import type { Tx } from './transaction.ts';

export type Decide = (operation: Operation, now: Date) => readonly Event[];

/** See `OperationStore.change`. */
export async function change(db: Db, narrate: Narrate, id: string, decide: Decide, lease?: Lease): Promise<Operation> {
  const { operation } = await decided(db, `changing ${id}`, {
    lock: (tx) => locked(tx, id),
    decide: (before, now) => {
      if (lease !== undefined) requireLease(before.lease, lease, now);
      return appended(before.operation, decide(before.operation, now), now);
    },
    write: async (tx, { operation: after, entries }) => {
      if (entries.length > 0) await record(tx, after, entries, narrate);
    },
    holds: (tx, { operation: after }) => holds(tx, id, after.last.hash),
  });
  return operation;
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

async function holds(tx: Tx, id: string, hash: string): Promise<boolean> {
  await tx.selectFrom('operations').select('id').where('id', '=', id).forNoKeyUpdate().execute();
  const entry = await tx.selectFrom('journal').select('seq').where('hash', '=', hash).executeTakeFirst();
  return entry !== undefined;
}
