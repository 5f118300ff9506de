// Looks for personal data that is left in a masked candidate: by what it looks like, and by every value that was masked.
import type { Secret } from '../../core/secret.ts';
import type { Masking } from '../../core/system.ts';
import { withDatabase } from '../connect.ts';
import { trusting } from './apply.ts';
import { type MaskedRows, readMaskedRows } from './masked-rows.ts';
import { PATTERN_FUNCTIONS, PATTERNS, type Pattern } from './patterns.ts';
import { fittingRules } from './rules.ts';
import { type ScanColumn, type ScanTable, tablesToScan } from './scan-tables.ts';
import { prepareSearch, searchTables } from './search.ts';
import { collectHashes, SCAN_SCHEMA } from './source-hashes.ts';
import type { Sources } from './sources.ts';
import { type Leaks, verdictOn } from './verdict.ts';
import { formOf } from './written.ts';

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

/**
 * Reads every text of the candidate. Counts and column names are all that leaves it: never a value. The candidate gets a
 * schema of ours for as long as this takes; the values are compared by hashes, so no clear text is sent there either.
 * Throws Fault when the candidate cannot be read completely, and Refusal when the rules do not fit it.
 */
export async function scanForLeaks(candidate: Secret, options: ScanOptions): Promise<Leaks> {
  const { masking, sources, purpose, signal, patterns = PATTERNS, timeoutSeconds = 3600 } = options;
  const connection = { readOnly: false, purpose, timeoutSeconds, signal };
  return await withDatabase(candidate, connection, async (query) => {
    await prepareSearch(query);
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
      const places = await searchTables(candidate, connection, tables, search);
      return verdictOn({ masked, hashes, tables, places, patterns, masking, columns: rules.columns });
    } finally {
      // With a broken connection it stays; the candidate is thrown away then.
      await query(`drop schema if exists ${SCAN_SCHEMA} cascade`).catch(() => {});
    }
  });
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
