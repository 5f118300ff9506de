// What one live table is made of, and whether it can be restored alone at all.
import { Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { list } from '../../core/wording.ts';
import { type Query, withDatabase } from '../connect.ts';
import { quoted } from '../identifier.ts';
import { inWords, type TableName } from './names.ts';
import { type Column, columnsOf, foreignKeysOf, primaryKeyOf, sequencesOf, uniquesOf } from './shape-parts.ts';

export type TableShape = TableName & {
  readonly oid: string;
  readonly partitioned: boolean;
  readonly columns: readonly Column[];
  /** Columns of the primary key, in its order. */
  readonly primaryKey: readonly string[];
  /** `out`: to the tables whose rows this one needs; `in`: from those that need rows of this one. */
  readonly foreignKeys: Awaited<ReturnType<typeof foreignKeysOf>>;
  /** Of unique constraints and indexes besides the primary key. */
  readonly uniques: Awaited<ReturnType<typeof uniquesOf>>;
  /** Those that number a column of it. */
  readonly sequences: Awaited<ReturnType<typeof sequencesOf>>;
};

type Options = { readonly purpose: string; readonly signal?: AbortSignal };

/**
 * Reads a table of the live database. `table` as typed: `entries`, `billing.entries`. Throws Refusal when there is no such
 * table (naming those that are called alike), when it is none that holds rows, when it has no primary key, or when the role
 * may not work on it.
 * @internal
 */
export async function tableShape(database: Secret, table: string, options: Options): Promise<TableShape> {
  const connection = { ...options, readOnly: true, timeoutSeconds: 60 };
  return await withDatabase(database, connection, (query) => shapeOf(query, table));
}

/** The same on a connection that is open. */
export async function shapeOf(query: Query, table: string): Promise<TableShape> {
  const found = await find(query, table);
  const shape: TableShape = {
    schema: found.schema,
    name: found.name,
    oid: found.oid,
    partitioned: found.kind === 'p',
    columns: await columnsOf(query, found.oid),
    primaryKey: await primaryKeyOf(query, found.oid),
    foreignKeys: await foreignKeysOf(query, found.oid),
    uniques: await uniquesOf(query, found.oid),
    sequences: await sequencesOf(query, found.oid),
  };
  if (shape.primaryKey.length === 0) throw noPrimaryKey(shape);
  return shape;
}

type Found = TableName & {
  readonly oid: string;
  readonly kind: string;
  readonly rules: boolean;
  readonly owned: boolean;
  readonly creates: boolean;
  readonly role: string;
};

async function find(query: Query, table: string): Promise<Found> {
  const [found] = await query<Found>(
    `select c.oid::text, n.nspname as schema, c.relname as name, c.relkind as kind, c.relhasrules as rules,
            pg_has_role(c.relowner, 'usage') as owned, current_user as role,
            has_database_privilege(current_database(), 'create') as creates
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)`,
    [quoted(table)],
  );
  if (found === undefined) throw await unknownTable(query, table);
  const other = NOT_TABLES[found.kind];
  if (other !== undefined) throw new Refusal('not-a-table', `${inWords(found)} is ${other.is}.`, other.next);
  if (found.rules) {
    const why = `${inWords(found)} has rewrite rules, which would turn what is written into something else.`;
    throw new Refusal('table-has-rules', why, beside);
  }
  if (!found.owned || !found.creates) {
    const lacks = found.owned ? 'may not create a schema in its database' : 'does not own it';
    const why = `${inWords(found)} cannot be restored by the role ${found.role}: it ${lacks}.`;
    throw new Refusal('role-may-not', why, 'Connect Holdfast as the owner of the table, with CREATE on the database.');
  }
  return found;
}

const beside = 'Restore the whole database beside the live one instead, without --table, and take the rows from there.';

const NOT_TABLES: Readonly<Record<string, { readonly is: string; readonly next: string }>> = {
  v: { is: 'a view: it holds no rows', next: 'Restore the tables that it reads.' },
  m: {
    is: 'a materialized view: its rows are made from other tables',
    next: 'Restore those, then REFRESH MATERIALIZED VIEW.',
  },
  f: { is: 'a foreign table: its rows are kept in another database', next: 'Restore them there.' },
  S: { is: 'a sequence', next: 'Name the table that it numbers: its sequence is set with it.' },
  i: { is: 'an index', next: 'Name its table.' },
  I: { is: 'an index', next: 'Name its table.' },
  c: { is: 'a composite type', next: 'Name a table.' },
};

function noPrimaryKey(table: TableName): Refusal {
  const why = `${inWords(table)} has no primary key: which of its rows are gone or changed cannot be told.`;
  return new Refusal('no-primary-key', why, `${beside} Or give it a primary key first.`);
}

async function unknownTable(query: Query, table: string): Promise<Refusal> {
  const all = await query<TableName>(
    `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'
      order by 1, 2`,
  );
  const bare = table.split('.').at(-1) ?? table;
  const near = all
    .map((one) => ({ words: inWords(one), alike: likeness(one.name, bare) }))
    .filter(({ alike }) => alike >= 0.5)
    .sort((a, b) => b.alike - a.alike)
    .slice(0, 3);
  const next =
    near.length === 0
      ? 'Look up its name, with its schema where that is not public.'
      : `Did you mean ${list(near.map(({ words }) => words)).replace(' and ', ' or ')}?`;
  return new Refusal('unknown-table', `There is no table ${table}.`, next);
}

/** How much of two words' pairs of letters is the same (Dice): 1 for the same word. */
function likeness(a: string, b: string): number {
  if (a === b) return 1;
  const pairs = (word: string) => new Set([...word].slice(1).map((letter, at) => `${[...word][at]}${letter}`));
  const [one, other] = [pairs(a.toLowerCase()), pairs(b.toLowerCase())];
  const both = [...one].filter((pair) => other.has(pair)).length;
  return one.size + other.size === 0 ? 0 : (2 * both) / (one.size + other.size);
}
