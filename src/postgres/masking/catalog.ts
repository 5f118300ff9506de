// Reads what a database knows of the tables that rules name: their parts, columns, types and limits.
import { z } from 'zod';
import type { Query } from '../connect.ts';

/** What a column's type is to masking; a domain counts as the type under it, an array as the type of its elements. */
export const Kind = z.enum(['text', 'json', 'uuid', 'bytes', 'whole', 'numeric', 'enum', 'other']);
export type Kind = z.infer<typeof Kind>;

const Column = z.object({
  /** The table as a rule names it. */
  named: z.string(),
  schema: z.string(),
  /** The table that holds the rows: the named one, or a partition or child of it. */
  table: z.string(),
  column: z.string(),
  /** As it can be written in a cast: `character varying(20)`. */
  type: z.string(),
  kind: Kind,
  array: z.boolean(),
  /** The most characters that it takes; null when there is no limit. */
  room: z.int().nullable(),
  notNull: z.boolean(),
  generated: z.boolean(),
  partitionKey: z.boolean(),
  /** Its type refuses some values by a rule of its own (a domain). */
  domain: z.boolean(),
});
export type Column = z.infer<typeof Column>;

/** A check constraint of one column. `expression` names the column. */
export type ColumnCheck = {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly name: string;
  readonly expression: string;
};

export type NamedTables = {
  /** What each name means: `r` and `p` are tables; a name that means nothing is left out. */
  readonly kinds: ReadonlyMap<string, string>;
  /** Columns of every table that holds rows of a named one. */
  readonly columns: readonly Column[];
  readonly checks: readonly ColumnCheck[];
};

/** A name without a schema is one of `public`: what the search path is set to decides nothing. */
export async function namedTables(query: Query, names: readonly string[]): Promise<NamedTables> {
  const parts = names.map((name) => (name.includes('.') ? name.split('.') : ['public', name]));
  const wanted = [[...names], parts.map(([schema]) => schema), parts.map(([, table]) => table)];
  const kinds = await query<{ named: string; kind: string }>(`${TARGETS} select named, kind from root`, wanted);
  const columns = await query(`${TARGETS} ${COLUMNS}`, wanted);
  const checks = await query<ColumnCheck>(`${TARGETS} ${CHECKS}`, wanted);
  return {
    kinds: new Map(kinds.map(({ named, kind }) => [named, kind])),
    columns: z.array(Column).parse(columns),
    checks,
  };
}

const TARGETS = `
  with recursive root as (
    select w.named, c.oid, c.relkind::text as kind
      from unnest($1::text[], $2::text[], $3::text[]) as w (named, schema, relation)
      join pg_catalog.pg_namespace n on n.nspname = w.schema
      join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.relation
     where c.relkind in ('r', 'p', 'v', 'm', 'f')
  ), target as (
    select named, oid from root
    union
    select t.named, i.inhrelid from target t join pg_catalog.pg_inherits i on i.inhparent = t.oid
  )`;

/** Of a type: what is under a domain and under a domain of that, with the limits that were met on the way. */
const BASE = `
  lateral (
    with recursive under as (
      select ty.*, a.atttypmod as typmod, ty.typnotnull as refuses_null, 0 as depth
        from pg_catalog.pg_type ty where ty.oid = a.atttypid
      union all
      select ty.*, case when u.typmod >= 0 then u.typmod else u.typtypmod end, u.refuses_null or ty.typnotnull, u.depth + 1
        from under u join pg_catalog.pg_type ty on ty.oid = u.typbasetype where u.typtype = 'd'
    )
    select * from under order by depth desc limit 1
  ) as base`;

/** `element` is the type itself, or that of an array's elements. */
export const KIND = `
  case when element.typnamespace = 'pg_catalog'::regnamespace and element.typname in ('json', 'jsonb') then 'json'
       when element.typnamespace = 'pg_catalog'::regnamespace and element.typname = 'uuid' then 'uuid'
       when element.typnamespace = 'pg_catalog'::regnamespace and element.typname = 'bytea' then 'bytes'
       when element.typnamespace = 'pg_catalog'::regnamespace and element.typname in ('int2', 'int4', 'int8') then 'whole'
       when element.typnamespace = 'pg_catalog'::regnamespace and element.typname = 'numeric' then 'numeric'
       when element.typcategory = 'S' then 'text'
       when element.typtype = 'e' then 'enum'
       else 'other' end`;

export const ELEMENT = `
  join pg_catalog.pg_type element
    on element.oid = case when base.typcategory = 'A' and base.typelem <> 0 then base.typelem else base.oid end`;

const COLUMNS = `
  select t.named, n.nspname::text as schema, c.relname::text as table, a.attname::text as column,
         pg_catalog.format_type(a.atttypid, a.atttypmod) as type, ${KIND} as kind,
         base.typcategory = 'A' and base.typelem <> 0 as array,
         case when element.typname in ('varchar', 'bpchar') and base.typmod > 4 then base.typmod - 4
              when element.typname = 'name' then 63 end as room,
         a.attnotnull or base.refuses_null as "notNull", a.attgenerated <> '' as generated,
         exists (select from pg_catalog.pg_inherits i
                   join pg_catalog.pg_partitioned_table p on p.partrelid = i.inhparent
                   join pg_catalog.pg_attribute pa on pa.attrelid = p.partrelid and pa.attnum = any (p.partattrs::int2[])
                  where i.inhrelid = c.oid and pa.attname = a.attname) as "partitionKey",
         base.depth > 0 as domain
    from target t
    join pg_catalog.pg_class c on c.oid = t.oid and c.relkind = 'r'
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    cross join ${BASE} ${ELEMENT}
   order by n.nspname, c.relname, a.attnum`;

const CHECKS = `
  select n.nspname::text as schema, c.relname::text as table, a.attname::text as column, k.conname::text as name,
         pg_catalog.pg_get_expr(k.conbin, k.conrelid) as expression
    from target t
    join pg_catalog.pg_class c on c.oid = t.oid and c.relkind = 'r'
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype = 'c' and cardinality(k.conkey) = 1
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]`;
