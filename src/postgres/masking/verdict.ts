// What the scan has found, in counts and names of columns: never a value.
import type { Check } from '../../core/check.ts';
import type { Masking } from '../../core/system.ts';
import { count, list } from '../../core/wording.ts';
import type { MaskedRows } from './masked-rows.ts';
import { isCompared } from './needles.ts';
import type { Pattern } from './patterns.ts';
import type { ScanTable } from './scan-tables.ts';
import type { Place } from './search.ts';
import type { SourceHashes } from './source-hashes.ts';
import type { MaskedColumn } from './written.ts';

/**
 * `leaks` counts what was found, at the least, and whatever keeps the scan from being believed: with any number but 0 the
 * candidate must not be opened.
 */
export type Leaks = { readonly checks: Check[]; readonly leaks: number };

export type Evidence = {
  readonly masked: MaskedRows;
  readonly hashes: SourceHashes;
  readonly tables: readonly ScanTable[];
  readonly places: readonly Place[];
  readonly patterns: readonly Pattern[];
  readonly masking: Masking;
  readonly columns: readonly MaskedColumn[];
};

export function verdictOn(evidence: Evidence): Leaks {
  const { masked, places, patterns } = evidence;
  const where = whereOf(evidence);
  const doubts = doubtsOf(evidence);
  const looks = patterns.map(({ name }, at) => {
    const counts = places.map((place) => ({ column: place.column, values: place.patterns[at] ?? 0 }));
    return placesCheck(name, counts, `none in ${where}`);
  });
  const sources = places.map(({ column, source }) => ({ column, values: source }));
  const compared = placesCheck('values of masked columns', sources, `${comparedWith(evidence)} stands in ${where}`);
  const found = places.flatMap((place) => [place.source, ...place.patterns]).reduce((sum, each) => sum + each, 0);
  return {
    checks: [...masked.checks, doubtsCheck(doubts), ...looks, compared],
    leaks: masked.leaks + found + doubts.length,
  };
}

function whereOf({ places, tables, masking }: Evidence): string {
  const real = tables.filter(({ columns }) => columns.some(({ schema }) => schema !== 'pg_catalog'));
  const kept = masking.keep.length === 0 ? '' : `; left out by the system file: ${list(masking.keep)}`;
  return `${count(places.length, 'text column')} of ${count(real.length, 'table')}${kept}`;
}

function placesCheck(
  name: string,
  places: readonly { readonly column: string; readonly values: number }[],
  none: string,
): Check {
  const hit = places.filter(({ values }) => values > 0);
  const found = hit.map(({ column, values }) => `${column}: ${count(values, 'value')}`).join(', ');
  return { name, status: hit.length === 0 ? 'pass' : 'fail', figure: hit.length === 0 ? none : found, source: 'B16' };
}

function comparedWith({ hashes, columns }: Evidence): string {
  const others = columns.filter((column) => !isCompared(column)).map(({ named, column }) => `${named}.${column}`);
  const different = [...new Set(others)];
  const leftOut = ['shorter than 4 characters'];
  if (hashes.leftOut > 0) leftOut.push(`${count(hashes.leftOut, 'text')} that many rows have`);
  if (different.length > 0) leftOut.push(`${list(different)}, which ${different.length === 1 ? 'is' : 'are'} no text`);
  return `none of ${count(hashes.values, 'value')} from the backup (left out: ${leftOut.join('; ')})`;
}

/** Why the comparison cannot be believed: rows of a masked table that were not seen, tables that cannot be read. */
function doubtsOf({ masked, hashes, tables }: Evidence): string[] {
  const unread = tables.filter(({ readable }) => !readable).map(({ name }) => `${name} cannot be read`);
  const differ = [...masked.rows].flatMap(([key, { name, rows }]) => {
    const was = hashes.rows.get(key) ?? 0;
    return was === rows ? [] : [`${name}: ${count(was, 'row')} in the backup, ${count(rows, 'row')} in the candidate`];
  });
  return [...differ, ...unread];
}

function doubtsCheck(doubts: readonly string[]): Check {
  const figure = doubts.length === 0 ? 'all rows of the masked tables were compared' : list(doubts);
  return { name: 'completeness of the scan', status: doubts.length === 0 ? 'pass' : 'fail', figure, source: 'B16' };
}
