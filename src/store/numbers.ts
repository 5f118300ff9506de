// The next number of a kind, from its sequence: never given twice, also when what it was for was not stored.
import { sql } from 'kysely';
import { Fault } from '../core/errors.ts';
import type { Db } from './pool.ts';
import type { Tx } from './transaction.ts';

type Sequence = 'operation_number' | 'incident_number' | 'alert_number' | 'report_number';

export async function nextNumber(db: Db | Tx, sequence: Sequence): Promise<number> {
  const { rows } = await sql<{ number: number }>`select nextval(${`holdfast.${sequence}`}) as number`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Fault(`choosing the next ${sequence}: the sequence gave none`);
  return row.number;
}
