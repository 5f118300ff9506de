// Which columns of a database can hold text, and how their values are reached in SQL.
import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import type { Query } from '../connect.ts';
import { ELEMENT, KIND, Kind } from './catalog.ts';
import type { TableName } from './rules.ts';
import { SCAN_SCHEMA } from './source-hashes.ts';

const Found = z.object({
  schema: z.string(),
  table: z.string(),
  column: z.string(),
  kind: Kind,
  array: z.boolean(),
  /** Row-level security is forced on the owner too: it would hide rows from the scan. */
  forced: z.boolean(),
  readable: z.boolean(),
  /** As the statistics say: only a matter of speed. */
  few: z.boolean(),
});

export type ScanColumn = TableName & {
  readonly column: string;
  /** `customers.notes`; the schema `public` is not said. */
  readonly name: string;
  /** All of a row's content as one text. */
  readonly text: string;
  /** Where the value consists of several: a set-returning expression of the texts in it. */
  readonly parts: string | null;
  /** Its content was proven to be masked: only the keys of json are left to be looked at. */
  readonly isMasked: boolean;
  readonly isJson: boolean;
  /** Many rows share few values: each is looked at once. */
  readonly few: boolean;
};

export type ScanTable = {
  readonly name: string;
  readonly sql: string;
  readonly forced: boolean;
  readonly readable: boolean;
  readonly columns: readonly ScanColumn[];
};

/** So much of a binary value is looked at: beginnings of files are text, if anything is. */
const MOST_BYTES = 1_000_000;

/** Every table and materialised view that an archive can have filled, largest first, and the large objects. */
export async function tablesToScan(query: Query, { uuids }: { readonly uuids: boolean }): Promise<ScanTable[]> {
  const found = z.array(Found).parse(await query(COLUMNS, [SCAN_SCHEMA, uuids]));
  const tables = Map.groupBy(found, ({ schema, table }) => JSON.stringify([schema, table]));
  return [...[...tables.values()].flatMap(tableOf), LARGE_OBJECTS];
}

/** As it is told to people: without `public`. */
export function nameOf({ schema, table }: TableName): string {
  return schema === 'public' ? table : `${schema}.${table}`;
}

function tableOf(found: readonly z.infer<typeof Found>[]): ScanTable[] {
  return found.slice(0, 1).map(({ schema, table, forced, readable }) => {
    const name = nameOf({ schema, table });
    const sql = `only ${escapeIdentifier(schema)}.${escapeIdentifier(table)}`;
    return {
      name,
      sql,
      forced,
      readable,
      columns: found.map((each) => ({
        ...each,
        ...columnOf(each),
        name: `${name}.${each.column}`,
        isMasked: false,
        isJson: each.kind === 'json',
      })),
    };
  });
}

function columnOf({ column, kind, array }: z.infer<typeof Found>): Pick<ScanColumn, 'text' | 'parts'> {
  const value = `t.${escapeIdentifier(column)}`;
  if (array) {
    const text = kind === 'text' ? `array_to_string(${value}, chr(10))` : `${value}::text`;
    return { text, parts: `unnest(${value})::text` };
  }
  if (kind === 'bytes') return { text: `encode(substr(${value}, 1, ${MOST_BYTES}), 'escape')`, parts: null };
  if (kind !== 'json') return { text: `${value}::text`, parts: null };
  const leaves = `jsonb_path_query(${value}::jsonb, 'strict $.** ? (@.type() == "string")') #>> '{}'`;
  return { text: `${value}::text`, parts: leaves };
}

const LARGE_OBJECTS: ScanTable = {
  name: 'large objects',
  sql: 'pg_largeobject_metadata',
  forced: false,
  readable: true,
  columns: [
    {
      schema: 'pg_catalog',
      table: 'pg_largeobject',
      column: 'data',
      name: 'large objects',
      text: `encode(lo_get(t.oid, 0, ${MOST_BYTES}), 'escape')`,
      parts: null,
      isMasked: false,
      isJson: false,
      few: false,
    },
  ],
};

// What an extension brought with it is not of the archive, unless it is one of its tables for settings.
const COLUMNS = `
  select n.nspname::text as schema, c.relname::text as table, a.attname::text as column, ${KIND} as kind,
         base.typcategory = 'A' and base.typelem <> 0 as array, c.relforcerowsecurity as forced,
         has_table_privilege(c.oid, 'select') and has_schema_privilege(n.oid, 'usage') as readable,
         coalesce((select s.n_distinct between 0.5 and 1000 from pg_stats s
                    where s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname
                      and not s.inherited), false) as few
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type declared on declared.oid = a.atttypid
    cross join lateral (
      with recursive under as (
        select ty.*, 0 as depth from pg_type ty where ty.oid = declared.oid
        union all
        select ty.*, u.depth + 1 from under u join pg_type ty on ty.oid = u.typbasetype where u.typtype = 'd'
      ) select * from under order by depth desc limit 1
    ) as base ${ELEMENT}
   where c.relkind in ('r', 'm') and c.relispopulated and c.relpersistence <> 't'
     and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', $1)
     and (element.typtype = 'c' or (element.typtype <> 'e' and element.typcategory in ('S', 'U', 'I', 'Z')))
     and ($2 or ${KIND} <> 'uuid')
     and not exists (
       select from pg_depend d join pg_extension e on d.refclassid = 'pg_extension'::regclass and e.oid = d.refobjid
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
          and not c.oid = any (coalesce(e.extconfig, '{}')))
   order by c.relpages desc, n.nspname, c.relname, a.attnum`;
