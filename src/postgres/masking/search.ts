// Carries the search out: the patterns table by table, and beside that the whole values of all tables.
import type { Secret } from '../../core/secret.ts';
import { type DatabaseOptions, type Query, withDatabase } from '../connect.ts';
import { patternsSql, type Search, valuesSql } from './scan-sql.ts';
import type { ScanTable } from './scan-tables.ts';

/** Of one column: values with each of the patterns, and values that are or hold a source value. */
export type Place = { readonly column: string; readonly patterns: readonly number[]; readonly source: number };

const SETTINGS = [
  // Names mean PostgreSQL's own, whatever the archive has made.
  'search_path = pg_catalog, pg_temp',
  'standard_conforming_strings = on',
  // Refuses instead of hiding rows.
  'row_security = off',
  'jit = off',
  "work_mem = '64MB'",
  'max_parallel_workers_per_gather = 2',
  'parallel_setup_cost = 0',
  'parallel_tuple_cost = 0',
];

/** For every session that searches. */
export async function prepareSearch(query: Query): Promise<void> {
  for (const setting of SETTINGS) await query(`set ${setting}`);
}

/** One statement is not to grow without end. */
const TABLES_AT_ONCE = 100;

/** Reads every given column of the tables that can be read. When one of the sessions fails, the whole does. */
export async function searchTables(
  candidate: Secret,
  connection: DatabaseOptions,
  tables: readonly ScanTable[],
  search: Search,
): Promise<Place[]> {
  const searched = tables.filter(({ readable, columns }) => readable && columns.length > 0);
  const session = <T>(work: (query: Query) => Promise<T>) =>
    withDatabase(candidate, connection, async (query) => {
      await prepareSearch(query);
      return await work(query);
    });
  const [looks, values] = await Promise.allSettled([
    session((query) => lookForPatterns(query, searched, search)),
    session((query) => compareValues(query, searched, search.seed)),
  ]);
  if (looks.status === 'rejected') throw looks.reason;
  if (values.status === 'rejected') throw values.reason;
  const places = looks.value.map(({ column, patterns, words }, at) => ({
    column,
    patterns,
    // The same value may be counted as a whole and by a word in it.
    source: Math.max(words, values.value[at] ?? 0),
  }));
  return places.sort((a, b) => (a.column < b.column ? -1 : 1));
}

async function lookForPatterns(query: Query, tables: readonly ScanTable[], search: Search) {
  const found: { column: string; patterns: number[]; words: number }[] = [];
  for (const table of tables) {
    const rows = await seeingAll(query, [table], () =>
      query<Record<string, string | number>>(patternsSql(table, search)),
    );
    for (const [at, { name }] of table.columns.entries()) {
      const row = rows.find((each) => each['place'] === at);
      const patterns = search.patterns.map((_, n) => Number(row?.[`p${n}`] ?? 0));
      found.push({ column: name, patterns, words: Number(row?.['words'] ?? 0) });
    }
  }
  return found;
}

/** Hits by the place of the column among those of all tables. */
async function compareValues(query: Query, tables: readonly ScanTable[], seed: string): Promise<number[]> {
  const hits: number[] = [];
  for (let at = 0; at < tables.length; at += TABLES_AT_ONCE) {
    const some = tables.slice(at, at + TABLES_AT_ONCE);
    const from = hits.length;
    hits.push(...some.flatMap(({ columns }) => columns.map(() => 0)));
    const sql = valuesSql(some, seed);
    if (sql === null) continue;
    const rows = await seeingAll(query, some, () => query<{ place: number; hits: string }>(sql));
    for (const row of rows) hits[from + row.place] = Number(row.hits);
  }
  return hits;
}

/** Row-level security that is forced on the owner is off within this transaction, which is not kept. */
async function seeingAll<T>(query: Query, tables: readonly ScanTable[], read: () => Promise<T>): Promise<T> {
  await query('begin');
  for (const { forced, sql } of tables) {
    if (forced) await query(`alter table ${sql.replace(/^only /, '')} no force row level security`);
  }
  const rows = await read();
  await query('rollback');
  return rows;
}
