// The rows of auth that belong to an application's schemas: people, how they sign in, and what hangs on them.
import { z } from 'zod';
import type { Query } from '../../../postgres/connect.ts';
import { ident } from './sql.ts';

const Column = z.object({
  table: z.string(),
  name: z.string(),
  /** As it can be written in a cast: `character varying(255)`, `auth.aal_level`. */
  type: z.string(),
  /** Its type is one of PostgreSQL's own, so that it is the same in every project. */
  builtIn: z.boolean(),
});
export type Column = z.infer<typeof Column>;

/** Of each table of auth that is there, the columns that are written and not computed. */
export async function authColumns(query: Query, tables: readonly string[]): Promise<Map<string, Column[]>> {
  const rows = await query(
    `select c.relname::text as table, a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type,
            t.typnamespace = 'pg_catalog'::regnamespace as "builtIn"
       from pg_class c join pg_attribute a on a.attrelid = c.oid join pg_type t on t.oid = a.atttypid
      where c.relnamespace = to_regnamespace('auth') and c.relkind in ('r', 'p') and c.relname = any($1::text[])
        and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      order by 1, a.attnum`,
    [tables],
  );
  return Map.groupBy(z.array(Column).parse(rows), ({ table }) => table);
}

/** A value as it is kept on a shelf: types of the platform itself may change meanwhile, and are kept as text. */
export function portable({ name, builtIn }: Column): string {
  return builtIn ? ident(name) : `${ident(name)}::text`;
}

/** `users` and all that refers to it, directly or not, within auth: sessions, tokens, factors. */
export async function tablesOfPeople(query: Query): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `with recursive people as (
       select to_regclass('auth.users')::oid as oid
       union
       select k.conrelid from people p join pg_constraint k on k.confrelid = p.oid and k.contype = 'f'
         join pg_class c on c.oid = k.conrelid where c.relnamespace = 'auth'::regnamespace)
     select relname::text as name from people join pg_class using (oid) order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** Those among the tables of auth that we may not lock, empty and fill. */
export async function notWritable(query: Query, tables: readonly string[]): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `select name from unnest($1::text[]) as name
      where not (has_table_privilege('auth.' || quote_ident(name), 'select') and
                 has_table_privilege('auth.' || quote_ident(name), 'insert') and
                 has_table_privilege('auth.' || quote_ident(name), 'delete')) order by 1`,
    [tables],
  );
  return rows.map(({ name }) => name);
}
