// Leases: which worker may write to an operation. The token grows with each one, so that a late worker is noticed.
import { sql } from 'kysely';
import { LeaseLost } from '../core/errors.ts';
import type { Lease } from '../core/ports.ts';
import type { Db } from './pool.ts';

const isFree = sql<boolean>`(lease_until is null or lease_until <= clock_timestamp())`;
const isAlive = sql<boolean>`lease_until > clock_timestamp()`;
const inSeconds = (seconds: number) => sql<string>`clock_timestamp() + ${seconds} * interval '1 second'`;

/** Null while anybody holds it, the same worker included: two jobs of one worker are two workers. */
export async function claim(db: Db, id: string, worker: string, seconds: number): Promise<Lease | null> {
  const row = await db
    .updateTable('operations')
    .set({ token: sql`token + 1`, holder: worker, lease_until: inSeconds(seconds) })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where(isFree)
    .returning('token')
    .executeTakeFirst();
  return row === undefined ? null : { operation: id, token: row.token };
}

/** A lease that has run out cannot be prolonged, even if nobody took the operation since. */
export async function renew(db: Db, { operation, token }: Lease, seconds: number): Promise<void> {
  const row = await db
    .updateTable('operations')
    .set({ lease_until: inSeconds(seconds) })
    .where('id', '=', operation)
    .where('token', '=', token)
    .where(isAlive)
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) throw new LeaseLost(operation);
}

/** Gives it back. Harmless when it was lost already. */
export async function release(db: Db, { operation, token }: Lease): Promise<void> {
  await db
    .updateTable('operations')
    .set({ holder: null, lease_until: null })
    .where('id', '=', operation)
    .where('token', '=', token)
    .execute();
}
