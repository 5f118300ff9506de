// Which operations there are: to be worked on, run out of time, open, ended lately.
import { sql } from 'kysely';
import { nextMove } from '../core/next-move.ts';
import type { Operation, State } from '../core/operation.ts';
import type { Db } from './pool.ts';
import { readableOf, type Unreadable } from './reading.ts';

/** States in which a worker may have something to do; whether it does is decided from the journal. */
const MOVING: readonly State[] = ['awaiting_approval', 'queued', 'running', 'unwinding'];

export async function due(db: Db, unreadable: Unreadable): Promise<readonly string[]> {
  const rows = await openRows(db)
    .where('state', 'in', MOVING)
    .where(sql<boolean>`(lease_until is null or lease_until <= clock_timestamp())`)
    .execute();
  const operations = await readableOf(db, rows, unreadable);
  return operations.filter((operation) => nextMove(operation).do !== 'nothing').map(({ id }) => id);
}

export async function expired(db: Db): Promise<readonly string[]> {
  const rows = await openRows(db).where(sql<boolean>`expires_at < clock_timestamp()`).execute();
  return rows.map(({ id }) => id);
}

export async function open(db: Db, system: string | null, unreadable: Unreadable): Promise<readonly Operation[]> {
  const query = openRows(db);
  const rows = await (system === null ? query : query.where('system', '=', system)).execute();
  return readableOf(db, rows, unreadable);
}

export async function recent(
  db: Db,
  system: string | null,
  limit: number,
  unreadable: Unreadable,
): Promise<readonly Operation[]> {
  const query = db
    .selectFrom('operations')
    .select(['id', 'plan', 'digest'])
    .where('ended_at', 'is not', null)
    .orderBy('ended_at', 'desc')
    .orderBy('number', 'desc')
    .limit(limit);
  const rows = await (system === null ? query : query.where('system', '=', system)).execute();
  return readableOf(db, rows, unreadable);
}

/** Oldest first, by the partial index: however many have ended, they are not looked at. */
function openRows(db: Db) {
  return db.selectFrom('operations').select(['id', 'plan', 'digest']).where('ended_at', 'is', null).orderBy('number');
}
