// Several connections to one database that all see the same moment of it.
import type { Secret } from '../../core/secret.ts';
import { type Query, withDatabase } from '../connect.ts';

export type SnapshotOptions = {
  readonly purpose: string;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
};

/** So that types and names are written with their schema. */
export const SEARCH_PATH = 'pg_catalog';

/** As text values look the same everywhere, whatever database and role are set to. */
const SETTINGS = [
  "timezone = 'UTC'",
  "datestyle = 'ISO, YMD'",
  "intervalstyle = 'postgres'",
  'extra_float_digits = 1',
  "bytea_output = 'hex'",
  "lc_monetary = 'C'",
  `search_path = ${SEARCH_PATH}`,
  // Otherwise a policy could hide rows, and the comparison would call what is left the same.
  'row_security = off',
  // A connection that has nothing more to do waits for the others.
  'idle_in_transaction_session_timeout = 0',
  'jit = off',
  "work_mem = '64MB'",
];

/** Hands `use` that many connections, each in a read-only transaction on the same snapshot. */
export async function withSnapshot<T>(
  database: Secret,
  connections: number,
  options: SnapshotOptions,
  use: (queries: readonly Query[]) => Promise<T>,
): Promise<T> {
  const another = (snapshot: string | null, queries: readonly Query[]): Promise<T> =>
    withDatabase(database, { ...options, readOnly: true }, async (query) => {
      const same = snapshot === null ? [] : [`set transaction snapshot '${snapshot}'`];
      const settings = SETTINGS.map((setting) => `set local ${setting}`);
      await query(['begin isolation level repeatable read read only', ...same, ...settings].join(';\n'));
      const all = [...queries, query];
      if (all.length >= connections) return await use(all);
      return await another(snapshot ?? (await exported(query)), all);
    });
  return await another(null, []);
}

async function exported(query: Query): Promise<string> {
  const [row] = await query<{ id: string }>('select pg_export_snapshot() as id');
  return row?.id ?? '';
}
