// What former operations have shown: the newest proof of a restore, and how long a step usually takes.
import { sql } from 'kysely';
import type { Proof } from '../core/facts.ts';
import type { Db } from './pool.ts';

export async function lastProof(db: Db, system: string, backup: string | null): Promise<Proof | null> {
  const query = db.selectFrom('proofs').select('proof').where('system', '=', system);
  const row = await (backup === null ? query : query.where('backup', '=', backup))
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.proof ?? null;
}

export async function proofs(db: Db, system: string, from: string, to: string): Promise<readonly Proof[]> {
  const rows = await db
    .selectFrom('proofs')
    .select('proof')
    .where('system', '=', system)
    .where('at', '>=', from)
    .where('at', '<', to)
    .orderBy('at')
    .execute();
  return rows.map(({ proof }) => proof);
}

/** So many of the newest: what a step took years ago, on less data, says little. */
const USUAL_OF = 50;

/** The median; null where it was never measured. */
export async function usualSeconds(db: Db, system: string, action: string): Promise<number | null> {
  const newest = db
    .selectFrom('durations')
    .select('seconds')
    .where('system', '=', system)
    .where('action', '=', action)
    .orderBy('number', 'desc')
    .limit(USUAL_OF);
  const row = await db
    .selectFrom(newest.as('newest'))
    .select(sql<number | null>`percentile_cont(0.5) within group (order by seconds)`.as('median'))
    .executeTakeFirst();
  return row?.median ?? null;
}
