// A comparison as a table that a person can read.
import { count, list } from '../../core/wording.ts';
import type { TableComparison } from './compare.ts';

/**
 * One sentence on the whole, then, where anything differs, a table in columns of equal width, the worst first, and the notes.
 * Tables that are the same are counted only.
 */
export function saysOf(tables: readonly TableComparison[]): string[] {
  const different = tables.filter(({ same }) => !same);
  const same = tables.length - different.length;
  if (different.length === 0) return [`${count(tables.length, 'table')} compared row by row: all are the same.`];
  const worstFirst = [...different].sort((a, b) => weight(b) - weight(a));
  const notes = worstFirst.flatMap(({ table, notes, differences }) => [
    ...notes.map((note) => `${told(table)}: ${note}`),
    ...(differences?.changed === null
      ? [`${told(table)}: without a primary key a changed row counts as lost and as brought back`]
      : []),
  ]);
  return [
    `${count(different.length, 'table')} of ${tables.length} differ${different.length === 1 ? 's' : ''}: ${consequence(different)}.`,
    ...inColumns([HEADING, ...worstFirst.map(lineOf)]),
    ...(same === 0 ? [] : [`${count(same, 'other table is', 'other tables are')} the same, row by row.`]),
    ...notes,
  ];
}

const HEADING = ['table', 'live', 'candidate', 'lost', 'brought back', 'changed'];

function consequence(different: readonly TableComparison[]): string {
  const sum = (of: 'lost' | 'broughtBack' | 'changed') =>
    different.reduce((all, { differences }) => all + (differences?.[of] ?? 0), 0);
  const exact = different.every(({ differences }) => differences !== null);
  return `promoting loses ${list([
    `${exact ? '' : 'at least '}${count(sum('lost'), 'row')}`,
    `brings back ${sum('broughtBack').toLocaleString('en-US')}`,
    `changes ${sum('changed').toLocaleString('en-US')}`,
  ])}`;
}

function lineOf({ table, live, candidate, differences }: TableComparison): string[] {
  const rows = (side: TableComparison['live']) => side?.rows.toLocaleString('en-US') ?? 'none';
  const figure = (number: number | null | undefined) => number?.toLocaleString('en-US') ?? '?';
  return [
    told(table),
    rows(live),
    rows(candidate),
    figure(differences?.lost),
    figure(differences?.broughtBack),
    differences?.changed === null ? '-' : figure(differences?.changed),
  ];
}

function weight({ differences }: TableComparison): number {
  if (differences === null) return Number.MAX_SAFE_INTEGER;
  return differences.lost * 3 + (differences.changed ?? 0) * 2 + differences.broughtBack;
}

/** The first column to the left, figures to the right. */
function inColumns(lines: readonly (readonly string[])[]): string[] {
  const widths = HEADING.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}

function told(table: string): string {
  return table.replace(/^public\./, '');
}
