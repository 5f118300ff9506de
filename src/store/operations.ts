// The operation store: each method of the contract, with the activity that its faults name.
import { reasonOf } from '../core/errors.ts';
import type { Narrate, OperationStore } from '../core/ports.ts';
import type { Log } from '../lib/log.ts';
import { change } from './change.ts';
import { create } from './create.ts';
import { during } from './during.ts';
import { lastProof, proofs, usualSeconds } from './history.ts';
import { claim, release, renew } from './leases.ts';
import { due, expired, open, recent } from './lists.ts';
import { nextNumber } from './numbers.ts';
import type { Db } from './pool.ts';
import { entriesOf, operationsOf } from './reading.ts';

export function operationStore(db: Db, narrate: Narrate, log: Pick<Log, 'error'>): OperationStore {
  const told = new Set<string>();
  const unreadable = (id: string, thrown: unknown) => {
    if (told.has(id)) return;
    told.add(id);
    log.error({ operationId: id, reason: reasonOf(thrown) }, 'operation cannot be read, so nothing goes on with it');
  };
  return {
    nextId: () =>
      during('choosing the next operation id', async () => `op-${await nextNumber(db, 'operation_number')}`),
    create: (plan, asked) => during(`storing ${plan.operation}`, () => create(db, narrate, plan, asked)),
    load: (id) =>
      during(`reading ${id}`, async () => {
        const rows = await db.selectFrom('operations').select(['id', 'plan', 'digest']).where('id', '=', id).execute();
        const [operation] = await operationsOf(db, rows);
        return operation ?? null;
      }),
    journal: (id) => during(`reading the journal of ${id}`, async () => (await entriesOf(db, [id])).get(id) ?? []),
    change: (id, decide, lease) => change(db, narrate, id, decide, lease),
    claim: (id, worker, seconds) => during(`claiming ${id}`, () => claim(db, id, worker, seconds)),
    renew: (lease, seconds) => during(`renewing the lease on ${lease.operation}`, () => renew(db, lease, seconds)),
    release: (lease) => during(`releasing the lease on ${lease.operation}`, () => release(db, lease)),
    due: () => during('looking for operations to go on with', () => due(db, unreadable)),
    expired: () => during('looking for operations that waited too long', () => expired(db)),
    open: (system) => during('listing open operations', () => open(db, system, unreadable)),
    recent: (system, limit) => during('listing ended operations', () => recent(db, system, limit, unreadable)),
    proofs: (system, from, to) => during('listing proofs', () => proofs(db, system, from, to)),
    lastProof: (system, backup) => during('looking for the last proof', () => lastProof(db, system, backup)),
    usualSeconds: (system, action) => during('looking up durations', () => usualSeconds(db, system, action)),
  };
}
