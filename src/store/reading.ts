// From rows to operations: every operation that leaves the store was replayed from its journal.
import type { Selectable } from 'kysely';
import { Fault } from '../core/errors.ts';
import type { Entry } from '../core/journal.ts';
import { type Operation, replay } from '../core/operation.ts';
import type { Db } from './pool.ts';
import type { Tables } from './tables.ts';
import type { Tx } from './transaction.ts';

type Row = Pick<Selectable<Tables['operations']>, 'id' | 'plan' | 'digest'>;

/**
 * The journal as it was written. It is not parsed by the schema: that would add members which later versions have
 * defaults for, and so break the hashes of older entries.
 */
export async function entriesOf(db: Db | Tx, ids: readonly string[]): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const rows = await db
    .selectFrom('journal')
    .select(['operation', 'seq', 'at', 'event', 'previous', 'hash'])
    .where('operation', 'in', ids.length === 0 ? [''] : ids)
    .orderBy('operation')
    .orderBy('seq')
    .execute();
  return Map.groupBy(rows, ({ operation }) => operation);
}

/** The operations of these rows, in their order, replayed. */
export async function operationsOf(db: Db | Tx, rows: readonly Row[]): Promise<Operation[]> {
  const journals = await entriesOf(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map(({ id, plan, digest }) => {
    const operation = replay(plan, journals.get(id) ?? []);
    if (operation.digest !== digest) throw new Fault(`reading ${id}: its digest is not the one of its plan`);
    return operation;
  });
}
