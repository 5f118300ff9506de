// The SQL with which rows of one table are held against rows of another that has the same primary key.
import { Refusal } from '../../core/errors.ts';
import type { Query } from '../connect.ts';
import { ident, idents, inSql, inWords } from './names.ts';
import type { TableShape } from './shape.ts';
import { type Column, columnsOf } from './shape-parts.ts';

/** The live table's rows are `l`, the other one's `o`. */
export type Pair = {
  /** `"public"."entries"`; of a table that others inherit from, only its own rows. */
  readonly live: string;
  readonly other: string;
  /** Columns that both have and that can be written: of an inserted row. */
  readonly columns: readonly string[];
  /** Of these, what an update sets: not the key, and no GENERATED ALWAYS AS IDENTITY, which PostgreSQL refuses to set. */
  readonly values: readonly string[];
  /** `l` and `o` are the same row, by the primary key. */
  readonly sameKey: string;
  /** They have the same key and different values. */
  readonly differs: string;
  readonly key: readonly string[];
};

/** `other`: a table, as SQL. Throws Refusal when a column has changed its type since it was made. */
export async function pairOf(query: Query, table: TableShape, other: string): Promise<Pair> {
  const theirs = new Map((await columnsOf(query, await oidOf(query, other))).map((column) => [column.name, column]));
  const common = table.columns.filter(({ name, generated }) => !generated && theirs.has(name));
  const changed = common.filter(({ name, type }) => theirs.get(name)?.type !== type);
  if (changed.length > 0 || table.primaryKey.some((name) => !theirs.has(name))) {
    const why = `${inWords(table)} has been altered since its rows were put beside it.`;
    throw new Refusal('table-altered', why, 'Start a new operation.');
  }
  const key = new Set(table.primaryKey);
  const values = common.filter(({ name, identity }) => !key.has(name) && identity !== 'always').map(({ name }) => name);
  return {
    live: liveRows(table),
    other,
    columns: common.map(({ name }: Column) => name),
    values,
    sameKey: table.primaryKey.map((name) => `l.${ident(name)} = o.${ident(name)}`).join(' and '),
    differs: differs(values),
    key: table.primaryKey,
  };
}

export function liveRows(table: TableShape): string {
  return table.partitioned ? inSql(table) : `only ${inSql(table)}`;
}

async function oidOf(query: Query, table: string): Promise<string> {
  const [found] = await query<{ oid: string }>('select $1::regclass::oid::text as oid', [table]);
  return found?.oid ?? '0';
}

/**
 * Compared byte by byte, and if that differs as text: 1.0 is not 1.00, NaN is NaN, NULL is NULL, json needs no operator.
 * A backup can hold no more than the text; the bytes are only faster.
 */
function differs(values: readonly string[]): string {
  if (values.length === 0) return 'false';
  const [live, other] = [`row(${idents(values, 'l')})`, `row(${idents(values, 'o')})`];
  // By the function: the operator between two ROW() is taken apart into one for each column.
  return `(case when pg_catalog.record_image_eq(${live}, ${other}) then false else ${live}::text is distinct from ${other}::text end)`;
}
