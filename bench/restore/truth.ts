// What a restored database must hold, asked of the server in a way of its own: not by the code that is measured.
import pg from 'pg';
import { CLEAR_TEXTS, masking, ONE_TABLE } from './bank.ts';

/** Per table: rows, and the sum of a hash over all of a row. Besides: keys, indexes, checked constraints. */
export type Truth = Readonly<Record<string, string>>;

/** One statement, or several, on a connection of its own. */
export async function ask(url: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'bench' });
  client.on('error', () => {});
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const sql of statements) rows = (await client.query(sql)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** What masking must make of it: its emptied tables are empty. */
export async function maskedTruthOf(url: string): Promise<Truth> {
  const emptied = masking.empty.map((table) => [table, '0 rows'] as const);
  return { ...(await truthOf(url, { masked: true })), ...Object.fromEntries(emptied) };
}

/** `masked`: without the columns that masking changes; of tables that it empties only the rows are counted. */
export async function truthOf(url: string, { masked }: { readonly masked: boolean }): Promise<Truth> {
  const tables = await ask(url, COLUMNS);
  const sums = await Promise.all(
    tables.map(async ({ name, columns }) => {
      const wanted = String(columns)
        .split(',')
        .filter((column) => !masked || !masking.columns.some((rule) => rule.table === name && rule.column === column));
      const isEmptied = masked && masking.empty.includes(String(name));
      return [String(name), await sumOf(url, `public.${name}`, wanted, isEmptied)] as const;
    }),
  );
  const [shape] = await ask(url, SHAPE);
  return { ...Object.fromEntries(sums), shape: JSON.stringify(shape) };
}

/** What `truthOf` says of the table that is recovered alone, of a table with its rows. */
export async function truthOfOneTable(url: string, rows: string): Promise<string> {
  const columns = await ask(url, COLUMNS);
  const of = columns.find(({ name }) => name === ONE_TABLE);
  return await sumOf(url, rows, String(of?.['columns']).split(','), false);
}

/** Null when both are the same, otherwise where they differ. */
export function difference(truth: Truth, found: Truth): string | null {
  const wrong = Object.keys({ ...truth, ...found }).filter((name) => truth[name] !== found[name]);
  return wrong.length === 0
    ? null
    : wrong.map((name) => `${name}: ${found[name]} instead of ${truth[name]}`).join('; ');
}

/** Rows in which a clear text stands; null when there is none. */
export async function clearTextIn(url: string): Promise<string | null> {
  const left = await Promise.all(
    masking.columns.map(async ({ table, column }) => {
      const wheres = CLEAR_TEXTS.map((text) => `position('${text}' in ${column}) > 0`);
      const [row] = await ask(url, `select count(*) as rows from ${table} where ${wheres.join(' or ')}`);
      return row?.['rows'] === '0' ? [] : [`${table}.${column} in clear: ${row?.['rows']}`];
    }),
  );
  return left.flat().join('; ') || null;
}

async function sumOf(url: string, table: string, columns: readonly string[], isEmptied: boolean): Promise<string> {
  const hash = `hashtextextended(row(${columns.map((name) => `"${name}"`).join(', ')})::text, 0)`;
  const [row] = await ask(url, `select count(*) as rows, coalesce(sum(${hash}), 0) as sum from ${table}`);
  if (isEmptied) return `${row?.['rows']} rows`;
  return `${row?.['rows']} rows ${row?.['sum']}`;
}

const COLUMNS = `
  select relname as name, string_agg(attname, ',' order by attnum) as columns
    from pg_class c join pg_attribute on attrelid = c.oid
   where relkind = 'r' and relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped group by 1`;

const SHAPE = `
  select (select count(*) from pg_constraint where connamespace = 'public'::regnamespace and convalidated) as constraints,
         (select count(*) from pg_index i join pg_class c on c.oid = indexrelid
           where relnamespace = 'public'::regnamespace and indisvalid) as indexes`;
