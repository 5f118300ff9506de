// Reads back that every masked column holds only what its rule writes, and that the emptied tables are empty.
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { Check } from '../../core/check.ts';
import { count, list } from '../../core/wording.ts';
import type { Query } from '../connect.ts';
import { tableSql } from './plan.ts';
import type { FittingRules } from './rules.ts';
import { nameOf } from './scan-tables.ts';
import { keyOf } from './source-hashes.ts';
import { formOf, type MaskedColumn } from './written.ts';

export type MaskedRows = {
  readonly checks: readonly Check[];
  /** Values that should have been masked, and rows that should not be there. */
  readonly leaks: number;
  /** Columns in which every single value is what the rule writes: nothing else can stand there, but for keys of json. */
  readonly proven: readonly MaskedColumn[];
  /** Of every masked table, by its key. */
  readonly rows: ReadonlyMap<string, { readonly name: string; readonly rows: number }>;
};

export async function readMaskedRows(query: Query, { columns, emptied }: FittingRules): Promise<MaskedRows> {
  const rows = new Map<string, { name: string; rows: number }>();
  const wrong: Wrong[] = [];
  const proven: MaskedColumn[] = [];
  for (const of of Map.groupBy(columns, keyOf).values()) {
    const [first] = of;
    if (first === undefined) continue;
    const counts = of.map((column, at) => `count(*) filter (where not (${holds(column)})) as c${at}`);
    const [row] = await query<Record<string, string>>(
      `select count(*) as rows, ${counts.join(', ')} from only ${tableSql(first)} t`,
    );
    rows.set(keyOf(first), { name: nameOf(first), rows: Number(row?.['rows']) });
    of.forEach((column, at) => {
      const values = Number(row?.[`c${at}`]);
      wrong.push({ name: `${column.named}.${column.column}`, values });
      // Any UUID may be one of ours.
      if (values === 0 && column.kind !== 'uuid') proven.push(column);
    });
  }
  const left = await rowsLeft(query, emptied);
  const all = [...rows.values()].reduce((total, table) => total + table.rows, 0);
  const checks: Check[] = [maskedCheck(wrong, { columns: columns.length, tables: rows.size, rows: all })];
  if (emptied.length > 0) checks.push(emptiedCheck(emptied.length, left));
  return { checks, leaks: sum([...wrong, ...left]), proven, rows };
}

type Wrong = { readonly name: string; readonly values: number };

function sum(counts: readonly Wrong[]): number {
  return counts.reduce((total, { values }) => total + values, 0);
}

async function rowsLeft(query: Query, emptied: FittingRules['emptied']) {
  const left: Wrong[] = [];
  for (const table of emptied) {
    const [row] = await query<{ rows: string }>(`select count(*) as rows from only ${tableSql(table)}`);
    left.push({ name: nameOf(table), values: Number(row?.rows) });
  }
  return left;
}

/** A condition that only what the rule writes fulfils. */
function holds(column: MaskedColumn): string {
  const value = `t.${escapeIdentifier(column.column)}`;
  if (column.as === 'null') return `${value} is null`;
  if (column.value !== undefined)
    return `${value} is null or ${value}::text = (${escapeLiteral(column.value)}::${column.type})::text`;
  if (column.kind === 'uuid') return 'true';
  const form = escapeLiteral(formOf(column));
  if (column.kind === 'json') {
    const content = '(@.type() == "string" && @ != "masked") || (@.type() == "number" && @ != 0)';
    return `${value} is null or not jsonb_path_exists(${value}::jsonb, 'strict $.** ? (${content})')`;
  }
  if (column.array) return `not exists (select from unnest(${value}) as e where e::text !~ ${form})`;
  const text = column.kind === 'bytes' ? `encode(${value}, 'escape')` : `${value}::text`;
  return `${value} is null or ${text} ~ ${form}`;
}

function maskedCheck(
  wrong: readonly Wrong[],
  of: { readonly columns: number; readonly tables: number; readonly rows: number },
): Check {
  const failed = wrong.filter(({ values }) => values > 0);
  const figure =
    failed.length === 0
      ? `${count(of.columns, 'column')} of ${count(of.tables, 'table')} hold only what their rules write (${count(of.rows, 'row')})`
      : list(failed.map(({ name, values }) => `${name}: ${count(values, 'value')} not as the rule writes them`));
  return { name: 'masked columns', status: failed.length === 0 ? 'pass' : 'fail', figure, source: 'B7' };
}

function emptiedCheck(tables: number, left: readonly Wrong[]): Check {
  const failed = left.filter(({ values }) => values > 0);
  const figure =
    failed.length === 0
      ? `${count(tables, 'table')} without a row`
      : list(failed.map(({ name, values }) => `${name} still has ${count(values, 'row')}`));
  return { name: 'emptied tables', status: failed.length === 0 ? 'pass' : 'fail', figure, source: 'B7' };
}
