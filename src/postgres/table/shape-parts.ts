// The catalogue's answers about one table: columns, keys, foreign keys, sequences.
import type { Query } from '../connect.ts';
import type { TableName } from './names.ts';

export type Column = {
  readonly name: string;
  /** With its modifiers: `numeric(12,2)`. */
  readonly type: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  /** GENERATED … STORED: computed by the server, never written. */
  readonly generated: boolean;
  readonly identity: 'always' | 'by default' | null;
  /** Whether its binary form is the same in every database: array and composite types hold numbers of their own. */
  readonly portable: boolean;
};

export async function columnsOf(query: Query, oid: string): Promise<Column[]> {
  return await query<Column>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as "notNull",
            a.atthasdef and a.attgenerated = '' as "hasDefault", a.attgenerated <> '' as generated,
            case a.attidentity when 'a' then 'always' when 'd' then 'by default' end as identity,
            (t.oid < 16384 and t.typtype in ('b', 'r', 'm')) or t.typtype = 'e' as portable
       from pg_attribute a join pg_type t on t.oid = a.atttypid
      where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [oid],
  );
}

export async function primaryKeyOf(query: Query, oid: string): Promise<string[]> {
  const [key] = await query<{ columns: string[] }>(
    `select ${namesOf('conrelid', 'conkey')} as columns from pg_constraint c where conrelid = $1::oid and contype = 'p'`,
    [oid],
  );
  return key?.columns ?? [];
}

export type ForeignKey = {
  readonly constraint: string;
  /** The table at the other end. */
  readonly table: TableName;
  readonly partitioned: boolean;
  /** Columns of the referencing table. */
  readonly columns: readonly string[];
  /** Columns of the referenced table, in the same order. */
  readonly references: readonly string[];
  /** A change of the referenced columns would change the referencing rows. */
  readonly cascades: boolean;
};

export async function foreignKeysOf(
  query: Query,
  oid: string,
): Promise<{ readonly out: readonly ForeignKey[]; readonly in: readonly ForeignKey[] }> {
  const keys = async (mine: string, other: string) =>
    await query<ForeignKey>(
      `select c.conname as constraint, json_build_object('schema', n.nspname, 'name', r.relname) as table,
              r.relkind = 'p' as partitioned, ${namesOf('conrelid', 'conkey')} as columns,
              ${namesOf('confrelid', 'confkey')} as references, c.confupdtype in ('c', 'n', 'd') as cascades
         from pg_constraint c join pg_class r on r.oid = c.${other} join pg_namespace n on n.oid = r.relnamespace
        where c.${mine} = $1::oid and c.contype = 'f'
          -- Of a partitioned table the foreign key to it or from it is listed once, not again for every partition.
          and (c.conparentid = 0 or not exists (select from pg_constraint p where p.oid = c.conparentid and p.${mine} = c.${mine}))
        order by c.conname`,
      [oid],
    );
  return { out: await keys('conrelid', 'confrelid'), in: await keys('confrelid', 'conrelid') };
}

/** Those that can be looked up by columns: neither partial nor over an expression. */
export async function uniquesOf(
  query: Query,
  oid: string,
): Promise<{ readonly name: string; readonly columns: readonly string[] }[]> {
  return await query(
    `select r.relname as name, array(select a.attname::text from unnest(i.indkey) with ordinality k (number, at)
              join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
             where k.at <= i.indnkeyatts order by k.at) as columns
       from pg_index i join pg_class r on r.oid = i.indexrelid
      where i.indrelid = $1::oid and i.indisunique and not i.indisprimary and i.indpred is null and i.indexprs is null
      order by 1`,
    [oid],
  );
}

/** Owned by a column (serial, identity), or asked by its default; not those that count down. */
export async function sequencesOf(
  query: Query,
  oid: string,
): Promise<(TableName & { readonly column: string; readonly increment: string })[]> {
  return await query(
    `select n.nspname as schema, s.relname as name, used.column, q.seqincrement::text as increment
       from (select d.objid as sequence, a.attname as column, a.atttypid as type
               from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
              where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = $1::oid
                and d.deptype in ('a', 'i')
              union
             select d.refobjid, a.attname, a.atttypid
               from pg_attrdef f join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
               join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
                and d.refclassid = 'pg_class'::regclass
              where f.adrelid = $1::oid) as used
       join pg_class s on s.oid = used.sequence and s.relkind = 'S'
       join pg_sequence q on q.seqrelid = s.oid join pg_namespace n on n.oid = s.relnamespace
      where q.seqincrement > 0 and used.type in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
      order by 1, 2`,
    [oid],
  );
}

function namesOf(table: string, numbers: string): string {
  return `array(select a.attname::text from unnest(c.${numbers}) with ordinality k (number, at)
            join pg_attribute a on a.attrelid = c.${table} and a.attnum = k.number order by k.at)`;
}
