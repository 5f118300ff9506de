// Foreign keys that lead out of the application's schemas, such as to auth.users: on a shelf they would hold on to rows in use.
import type { Query } from '../../../postgres/connect.ts';
import { ident, literal } from './sql.ts';

/** Statements, with the names that are in use. */
export type CrossingKey = { readonly drop: string; readonly add: string };

export async function crossingKeys(query: Query, schemas: readonly string[]): Promise<CrossingKey[]> {
  return await query<CrossingKey>(
    `select format('alter table %I.%I drop constraint %I', n.nspname, c.relname, k.conname) as drop,
            format('alter table %I.%I add constraint %I %s', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid)) as add
       from pg_constraint k
       join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
       join pg_class f on f.oid = k.confrelid join pg_namespace fn on fn.oid = f.relnamespace
      where k.contype = 'f' and k.conparentid = 0 and n.nspname = any($1::text[]) and not fn.nspname = any($1::text[])
      order by 1`,
    [schemas],
  );
}

const TABLE = 'holdfast_keys';

/** Makes the list of them beside the rows of auth. */
export function keysTable(stash: string, keys: readonly CrossingKey[]): string[] {
  const table = `${ident(stash)}.${TABLE}`;
  const rows = keys.map(({ add }) => `(${literal(add)})`).join(', ');
  return [
    `create table ${table} (sql text not null)`,
    ...(keys.length === 0 ? [] : [`insert into ${table} values ${rows}`]),
  ];
}

/** What has to be added again when the shelf is in use. */
export async function keysOn(query: Query, stash: string): Promise<string[]> {
  const rows = await query<{ sql: string }>(`select sql from ${ident(stash)}.${TABLE} order by 1`);
  return rows.map(({ sql }) => sql);
}
