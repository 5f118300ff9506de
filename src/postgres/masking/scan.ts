// Looks for personal data that is left in a masked candidate: by what it looks like, and by every value that was masked.
import type { Check } from '../../core/check.ts';
import type { Secret } from '../../core/secret.ts';
import type { Masking } from '../../core/system.ts';
import { count, list } from '../../core/wording.ts';
import { type Query, withDatabase } from '../connect.ts';
import { trusting } from './apply.ts';
import { type MaskedRows, readMaskedRows } from './masked-rows.ts';
import { isCompared } from './needles.ts';
import { PATTERN_FUNCTIONS, PATTERNS, type Pattern } from './patterns.ts';
import { fittingRules } from './rules.ts';
import { patternsSql, type Search, valuesSql } from './scan-sql.ts';
import { type ScanColumn, type ScanTable, tablesToScan } from './scan-tables.ts';
import { collectHashes, SCAN_SCHEMA, type SourceHashes } from './source-hashes.ts';
import type { Sources } from './sources.ts';
import { formOf, type MaskedColumn } from './written.ts';

export type ScanOptions = {
  readonly masking: Masking;
  /** The values as they were before: read from the archive. */
  readonly sources: Sources;
  readonly purpose: string;
  readonly signal: AbortSignal;
  readonly patterns?: readonly Pattern[];
  /** Only what is in these is searched; default: everything. */
  readonly schemas?: readonly string[];
  /** The longest that one table may take. */
  readonly timeoutSeconds?: number;
};

/** `leaks` counts what was found, at the least: 0 is the only number with which a candidate may be opened. */
export type Leaks = { readonly checks: Check[]; readonly leaks: number };

/** Sessions that search at the same time; each of them may have helpers of the server. */
const LANES = 2;

/**
 * Reads every text of the candidate. Counts and column names are all that leaves it: never a value. The candidate gets a
 * schema of ours for as long as this takes; the values are compared by hashes, so no clear text is sent there either.
 * Throws Fault when the candidate cannot be read completely, and Refusal when the rules do not fit it.
 */
export async function scanForLeaks(candidate: Secret, options: ScanOptions): Promise<Leaks> {
  const { masking, sources, purpose, signal, patterns = PATTERNS, timeoutSeconds = 3600 } = options;
  const connection = { readOnly: false, purpose, timeoutSeconds, signal };
  return await withDatabase(candidate, connection, async (query) => {
    await prepare(query);
    try {
      const rules = await trusting(query, () => fittingRules(query, masking));
      await query(`drop schema if exists ${SCAN_SCHEMA} cascade`);
      await query(`create schema ${SCAN_SCHEMA}`);
      for (const sql of PATTERN_FUNCTIONS) await query(sql);
      const masked = await readMaskedRows(query, rules);
      const hashes = await collectHashes(query, rules.columns, sources);
      const search = {
        patterns,
        seed: hashes.seed,
        phones: rules.columns.some(({ as }) => as === 'phone'),
        names: rules.columns.some(({ as }) => as === 'name'),
        own: [...new Set(rules.columns.map(formOf))],
      };
      const uuids = rules.columns.some(({ kind }) => kind === 'uuid');
      const found = within(options.schemas, await tablesToScan(query, { uuids }));
      const tables = toSearch(found, masked, masking);
      const places = await inLanes(tables, (take) =>
        withDatabase(candidate, connection, async (lane) => {
          await prepare(lane);
          await take((table) => scanTable(lane, table, search));
        }),
      );
      return verdict({ masked, hashes, tables, found: places, patterns, masking, columns: rules.columns });
    } finally {
      // With a broken connection it stays; the candidate is thrown away then.
      await query(`drop schema if exists ${SCAN_SCHEMA} cascade`).catch(() => {});
    }
  });
}

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

async function prepare(query: Query): Promise<void> {
  for (const setting of SETTINGS) await query(`set ${setting}`);
}

/** Large objects belong to no schema: whoever names schemas does not mean them. */
function within(schemas: readonly string[] | undefined, tables: readonly ScanTable[]): ScanTable[] {
  if (schemas === undefined) return [...tables];
  return tables.filter(({ columns }) => columns.some(({ schema }) => schemas.includes(schema)));
}

/** Without the columns that were proven to be masked, and those that the system file keeps. */
function toSearch(tables: readonly ScanTable[], { proven }: MaskedRows, { keep }: Masking): ScanTable[] {
  const isMasked = (of: ScanColumn) =>
    proven.some(({ schema, table, column }) => schema === of.schema && table === of.table && column === of.column);
  const isKept = ({ name }: ScanColumn) => keep.some((each) => each === name || each === `public.${name}`);
  return tables.map((table) => ({
    ...table,
    columns: table.columns
      .map((column) => ({ ...column, isMasked: isMasked(column) }))
      .filter((column) => !isKept(column) && !(column.isMasked && !column.isJson)),
  }));
}

type Found = { readonly column: string; readonly patterns: readonly number[]; readonly source: number };

/** The tables one after the other, in several sessions. When one session fails, the whole does. */
async function inLanes(
  tables: readonly ScanTable[],
  lane: (take: (scan: (table: ScanTable) => Promise<Found[]>) => Promise<void>) => Promise<void>,
): Promise<Found[]> {
  const waiting = tables.filter(({ readable, columns }) => readable && columns.length > 0);
  const found: Found[] = [];
  const work = () =>
    lane(async (scan) => {
      for (let table = waiting.shift(); table !== undefined; table = waiting.shift())
        found.push(...(await scan(table)));
    });
  const ended = await Promise.allSettled(Array.from({ length: LANES }, work));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return found.sort((a, b) => (a.column < b.column ? -1 : 1));
}

async function scanTable(query: Query, table: ScanTable, search: Search): Promise<Found[]> {
  await query('begin');
  // Only within this transaction, which is not kept.
  if (table.forced) await query(`alter table ${table.sql.replace(/^only /, '')} no force row level security`);
  const looks = await query<Record<string, string | number>>(patternsSql(table, table.columns, search));
  const hits: { at: number; hits: string }[] = [];
  for (const sql of valuesSql(table, table.columns, search.seed))
    hits.push(...(await query<{ at: number; hits: string }>(sql)));
  await query('rollback');
  return table.columns.map(({ name }, at) => {
    const look = looks.find((each) => each['at'] === at);
    const whole = Number(hits.find((each) => each.at === at)?.hits ?? 0);
    return {
      column: name,
      patterns: search.patterns.map((_, n) => Number(look?.[`p${n}`] ?? 0)),
      // The same value may be counted as a whole and by a word in it.
      source: Math.max(whole, Number(look?.['words'] ?? 0)),
    };
  });
}

type Evidence = {
  readonly masked: MaskedRows;
  readonly hashes: SourceHashes;
  readonly tables: readonly ScanTable[];
  readonly found: readonly Found[];
  readonly patterns: readonly Pattern[];
  readonly masking: Masking;
  readonly columns: readonly MaskedColumn[];
};

function verdict(evidence: Evidence): Leaks {
  const { masked, found, patterns, tables, masking } = evidence;
  const where = `${count(found.length, 'text column')} of ${count(tables.filter(({ columns }) => columns.some(({ schema }) => schema !== 'pg_catalog')).length, 'table')}`;
  const kept = masking.keep.length === 0 ? '' : `; left out by the system file: ${list(masking.keep)}`;
  const looked = patterns.map(({ name }, at) =>
    placesCheck(
      name,
      found.map(({ column, patterns: counts }) => ({ column, values: counts[at] ?? 0 })),
      `none in ${where}${kept}`,
    ),
  );
  const places = found.map(({ column, source }) => ({ column, values: source }));
  const compared = placesCheck(
    'values of masked columns',
    places,
    `${comparedWith(evidence)} stands in ${where}${kept}`,
  );
  const leaks =
    masked.leaks + found.reduce((sum, each) => sum + each.source + each.patterns.reduce((all, n) => all + n, 0), 0);
  return { checks: [...masked.checks, ...readingChecks(evidence), ...looked, compared], leaks };
}

function placesCheck(name: string, places: readonly { column: string; values: number }[], none: string): Check {
  const hit = places.filter(({ values }) => values > 0);
  const figure =
    hit.length === 0 ? none : hit.map(({ column, values }) => `${column}: ${count(values, 'value')}`).join(', ');
  return { name, status: hit.length === 0 ? 'pass' : 'fail', figure, source: 'B16' };
}

function comparedWith({ hashes, columns }: Evidence): string {
  const others = columns.filter((column) => !isCompared(column)).map(({ named, column }) => `${named}.${column}`);
  const leftOut = [
    'shorter than 4 characters',
    ...(hashes.leftOut === 0 ? [] : [`${count(hashes.leftOut, 'text')} that many rows have`]),
    ...(others.length === 0
      ? []
      : [`${list([...new Set(others)])}, which ${others.length === 1 ? 'is' : 'are'} no text`]),
  ];
  return `none of ${count(hashes.values, 'value')} from the backup (left out: ${leftOut.join('; ')})`;
}

/** Whether the comparison can be believed: all rows of the masked tables were seen, and every table could be read. */
function readingChecks({ masked, hashes, tables, columns }: Evidence): Check[] {
  const unread = tables.filter(({ readable }) => !readable).map(({ name }) => name);
  const differ = [...masked.rows].flatMap(([key, rows]) => {
    const was = hashes.rows.get(key) ?? 0;
    const named = columns.find(({ schema, table }) => JSON.stringify([schema, table]) === key);
    return was === rows
      ? []
      : [`${named?.table}: ${count(was, 'row')} in the backup, ${count(rows, 'row')} in the candidate`];
  });
  const problems = [...differ, ...(unread.length === 0 ? [] : [`${list(unread)} cannot be read`])];
  const figure = problems.length === 0 ? 'all rows of the masked tables were compared' : list(problems);
  return [{ name: 'completeness of the scan', status: problems.length === 0 ? 'pass' : 'fail', figure, source: 'B16' }];
}
