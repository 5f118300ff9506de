// What is in a database, short enough to be remembered when it is gone: rows and checksum of every table.
import { Fault } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { Sums } from './compare.ts';
import { askedOf, sumsSql } from './row-hash.ts';
import { shapesOf } from './shape.ts';
import { type SnapshotOptions, withSnapshot } from './snapshot.ts';

/** By `schema.name`. Equal fingerprints mean equal rows where both servers are of one PostgreSQL version, 14 or newer. */
export type Fingerprint = ReadonlyMap<string, Sums>;

/** Every table that a dump would hold, in one snapshot. Throws Fault, naming the table, when one cannot be read. */
export async function fingerprintOf(
  database: Secret,
  options: Omit<SnapshotOptions, 'timeoutSeconds'>,
): Promise<Fingerprint> {
  return await withSnapshot(database, 1, { ...options, timeoutSeconds: 3_600 }, async ([query]) => {
    if (query === undefined) throw new Fault('reading the checksums of a database without a connection');
    const sums = new Map<string, Sums>();
    for (const [table, shape] of await shapesOf(query, 'all')) {
      const [row] = await query<{ rows: string; sum: string }>(sumsSql(shape, askedOf(shape, shape)));
      sums.set(table, { rows: Number(row?.rows), sum: row?.sum ?? '' });
    }
    return sums;
  });
}

/** The tables that are not in both with the same rows, in order. */
export function differing(one: Fingerprint, other: Fingerprint): string[] {
  const tables = [...new Set([...one.keys(), ...other.keys()])].toSorted();
  return tables.filter((table) => {
    const [before, after] = [one.get(table), other.get(table)];
    return before?.rows !== after?.rows || before?.sum !== after?.sum;
  });
}
