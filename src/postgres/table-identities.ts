// Tells whether a restore really happened: it makes every table anew, so that no table is the one from before.
import type { Secret } from '../core/secret.ts';
import { withDatabase } from './connect.ts';
import { quoted } from './identifier.ts';

/** The number (oid) that the server gave each table when it was created; a table that is not there is left out. */
export type TableIdentities = Readonly<Record<string, number>>;

type Options = { readonly signal?: AbortSignal };

/** Reads the identities of these tables. Throws Fault when the database cannot be reached. */
export async function tableIdentities(
  secret: Secret,
  tables: readonly string[],
  options: Options = {},
): Promise<TableIdentities> {
  const connection = { readOnly: true, purpose: 'holdfast identities', timeoutSeconds: 30, ...options };
  return await withDatabase(secret, connection, async (query) => {
    const rows = await query<{ name: string; oid: string | null }>(
      `select name, to_regclass(written)::oid::text as oid
         from unnest($1::text[], $2::text[]) as wanted (name, written)`,
      [[...tables], tables.map(quoted)],
    );
    return Object.fromEntries(rows.flatMap(({ name, oid }) => (oid === null ? [] : [[name, Number(oid)]])));
  });
}

/**
 * True when there are tables now and not one of them is from before. Numbers are compared within one server:
 * two readings of different servers prove nothing.
 */
export function recreated(before: TableIdentities, after: TableIdentities): boolean {
  const now = Object.entries(after);
  return now.length > 0 && now.every(([name, oid]) => before[name] !== oid);
}
