// The tables of one side of a comparison: their columns, their keys, and how each column is hashed.
import type { Query } from '../connect.ts';
import { quoted } from '../identifier.ts';
import { SEARCH_PATH } from './snapshot.ts';

export type Column = {
  readonly name: string;
  /** As PostgreSQL writes it: `character varying(40)`. */
  readonly type: string;
  /** Its hash depends on nothing but its value. Otherwise its text is hashed. */
  readonly hashable: boolean;
};

export type Shape = {
  readonly schema: string;
  readonly name: string;
  /** Then its rows are those of its partitions. */
  readonly partitioned: boolean;
  readonly bytes: number;
  readonly columns: readonly Column[];
  /** Names of the primary key's columns; null when there is none. */
  readonly key: readonly string[] | null;
};

/** Tables by the name under which they are told: as it was asked for, or `schema.name` of all that a dump would hold. */
export async function shapesOf(query: Query, tables: 'all' | readonly string[]): Promise<Map<string, Shape>> {
  const asked = tables === 'all' ? await query<Told>(ALL) : await resolved(query, tables);
  const rows = await query<ShapeRow>(SHAPES, [asked.map(({ oid }) => oid), PLAIN_TYPES]);
  const shapes = new Map(rows.map(({ oid, bytes, ...shape }) => [oid, { ...shape, bytes: Number(bytes) }]));
  return new Map(
    asked.flatMap(({ told, oid }) => {
      const shape = shapes.get(oid);
      return shape === undefined ? [] : [[told, shape] as const];
    }),
  );
}

type Told = { readonly told: string; readonly oid: string };
type ShapeRow = Omit<Shape, 'bytes'> & { readonly oid: string; readonly bytes: string };

/** A name without a schema is looked up as the application does it. */
async function resolved(query: Query, tables: readonly string[]): Promise<Told[]> {
  await query('set local search_path to default');
  const found = await query<Told>(ASKED, [[...tables], tables.map(quoted)]);
  await query(`set local search_path = ${SEARCH_PATH}`);
  return found;
}

const ASKED = `
  select told, to_regclass(written)::oid::text as oid from unnest($1::text[], $2::text[]) asked (told, written)
   where to_regclass(written) is not null`;

/** Tables of an extension are in a dump only where the extension says so (pg_extension_config_dump). */
const ALL = `
  select nspname || '.' || relname as told, c.oid::text as oid
    from pg_class c join pg_namespace n on n.oid = relnamespace
   where relkind = 'r' and relpersistence <> 't' and nspname <> 'information_schema' and nspname !~ '^pg_'
     and not exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid
                      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
                        and d.refclassid = 'pg_extension'::regclass and not c.oid = any (coalesce(e.extconfig, '{}')))
   order by 1`;

/**
 * Types whose values hash to the same number in every database of this version. Not among them are those that have no hash
 * (json, xml), those that are hashed by an oid of their own database (enumerations, regclass), and those that call
 * different things equal (citext; interval, where 24 hours equal a day).
 */
const PLAIN_TYPES = [
  ...['bool', 'char', 'int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'text', 'varchar', 'bpchar', 'name'],
  ...['bytea', 'uuid', 'date', 'time', 'timestamp', 'timestamptz', 'inet', 'cidr', 'macaddr', 'jsonb'],
];

const SHAPES = `
  with recursive base (oid, base) as (
    select oid, oid from pg_type where typtype <> 'd'
    union all
    select t.oid, b.base from pg_type t join base b on b.oid = t.typbasetype where t.typtype = 'd'
  ), plain as (
    select b.oid from base b join pg_type t on t.oid = b.base
     where t.typnamespace = 'pg_catalog'::regnamespace and t.typname = any ($2)
  ), hashable as (
    select oid from plain
    union
    select b.oid from base b join pg_type t on t.oid = b.base join plain on plain.oid = t.typelem where t.typcategory = 'A'
  )
  select c.oid::text as oid, nspname as schema, relname as name, relkind = 'p' as partitioned, pg_table_size(c.oid)::text as bytes,
         (select coalesce(json_agg(json_build_object(
                   'name', attname, 'type', format_type(atttypid, atttypmod),
                   'hashable', atttypid in (select oid from hashable) and coalesce(collisdeterministic, true)
                 ) order by attnum), '[]')
            from pg_attribute a left join pg_collation l on l.oid = attcollation
           where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
         (select json_agg(attname order by place)
            from pg_index i, unnest(i.indkey::int2[]) with ordinality part (number, place)
            join pg_attribute a on a.attnum = part.number
           where i.indrelid = c.oid and a.attrelid = c.oid and indisprimary and place <= indnkeyatts) as key
    from pg_class c join pg_namespace n on n.oid = relnamespace where c.oid = any ($1::oid[]) and relkind in ('r', 'p')`;
