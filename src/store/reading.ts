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
  return rows.map((row) => replayed(row, journals.get(row.id) ?? []));
}

/** The same, without those that cannot be read: one damaged journal must not keep all other operations from going on. */
export async function readableOf(db: Db | Tx, rows: readonly Row[], unreadable: Unreadable): Promise<Operation[]> {
  const journals = await entriesOf(
    db,
    rows.map(({ id }) => id),
  );
  return rows.flatMap((row) => {
    try {
      return [replayed(row, journals.get(row.id) ?? [])];
    } catch (thrown) {
      unreadable(row.id, thrown);
      return [];
    }
  });
}

/** Called for each operation that was left out, every time. */
export type Unreadable = (id: string, thrown: unknown) => void;

/** Throws a Fault where journal and plan do not fit each other. */
export function replayed({ id, plan, digest }: Row, entries: readonly Entry[]): Operation {
  const operation = replay(plan, entries);
  if (operation.digest !== digest) throw new Fault(`reading ${id}: its digest is not the one of its plan`);
  return operation;
}
