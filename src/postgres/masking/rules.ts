// Holds the masking rules against the tables that are there: which columns they mean, and everything that is wrong with them.
import { Refusal } from '../../core/errors.ts';
import type { Masking, MaskRule } from '../../core/system.ts';
import { list } from '../../core/wording.ts';
import type { Query } from '../connect.ts';
import { type Column, type NamedTables, namedTables } from './catalog.ts';
import { refusedSamples } from './samples.ts';
import { AROUND, digitsOf, FEWEST_DIGITS, type MaskedColumn } from './written.ts';

/** A table that holds rows: the one that a rule names, or a partition or child of it. */
export type TableName = { readonly schema: string; readonly table: string };

export type FittingRules = {
  readonly columns: readonly MaskedColumn[];
  /** Tables that stay empty. */
  readonly emptied: readonly TableName[];
};

/**
 * Reads only. Must be asked in a transaction whose search path is `pg_catalog`. Throws a Refusal that names everything that
 * is wrong: tables and columns that are not there, types and constraints that cannot take what a rule writes.
 */
export async function fittingRules(query: Query, masking: Masking): Promise<FittingRules> {
  const names = [...new Set([...masking.columns.map(({ table }) => table), ...masking.empty])];
  const found = await namedTables(query, names);
  const problems = names.flatMap((name) => problemOfTable(name, found));
  const columns: MaskedColumn[] = [];
  for (const rule of masking.columns) {
    for (const of of tablesOf(found, rule.table)) {
      const column = of.find(({ column }) => column === rule.column);
      if (column === undefined) problems.push(missing(rule, of));
      else {
        const masked = { ...column, ...rule, table: column.table, id: idOf(rule, of) };
        problems.push(...problemsOf(masked, rule, of));
        columns.push(masked);
      }
    }
  }
  if (problems.length === 0) problems.push(...(await refusedSamples(query, columns, found.checks)));
  if (problems.length > 0) throw refusal([...new Set(problems)]);
  return { columns, emptied: masking.empty.flatMap((name) => tablesOf(found, name).flatMap(firstOf)) };
}

function refusal(problems: readonly string[]): Refusal {
  const next = 'Correct masking in the system file, then ask again.';
  return new Refusal('masking-rules', `The masking rules do not fit this database: ${problems.join(' ')}`, next);
}

function problemOfTable(name: string, { kinds }: NamedTables): string[] {
  const kind = kinds.get(name);
  if (kind === 'r' || kind === 'p') return [];
  if (kind === undefined) return [`There is no table ${name}.`];
  return [`${name} is ${kind === 'f' ? 'a foreign table' : 'a view'}: name the table that its rows come from.`];
}

/** The columns of each table that holds rows of the named one. */
function tablesOf({ columns }: NamedTables, named: string): Column[][] {
  const of = columns.filter((column) => column.named === named);
  return [...Map.groupBy(of, ({ schema, table }) => JSON.stringify([schema, table])).values()];
}

function firstOf(columns: readonly Column[]): TableName[] {
  return columns.slice(0, 1).map(({ schema, table }) => ({ schema, table }));
}

function idOf({ id }: MaskRule, of: readonly Column[]): Column[] {
  return (id ?? ['id']).flatMap((name) => of.filter(({ column }) => column === name));
}

function missing({ table, column }: MaskRule, of: readonly Column[]): string {
  return `${table} has no column ${column}; it has ${list(of.map((each) => each.column))}.`;
}

function problemsOf(column: MaskedColumn, rule: MaskRule, of: readonly Column[]): string[] {
  const name = `${rule.table}.${rule.column}`;
  const problems: string[] = [];
  if (column.generated) problems.push(`${name} is computed from other columns: mask those instead.`);
  if (column.partitionKey) problems.push(`${name} decides in which partition a row lies: it cannot be masked.`);
  if (column.as === 'null' && column.notNull) problems.push(`${name} may not be null: use another rule.`);
  const unfit = unfitType(column);
  if (unfit !== null) problems.push(`${name} is ${column.type}: ${unfit}`);
  else problems.push(...problemsOfRoom(column, name), ...problemsOfId(column, rule, of));
  return problems;
}

/** What to do about a type that cannot hold what the rule writes; null when it can. */
function unfitType({ as, value, kind, array }: MaskedColumn): string | null {
  if (as === 'null' || value !== undefined) return null;
  if (kind === 'text') return null;
  if (kind === 'json' && !array) return as === 'text' ? null : 'use "text", which masks all of its content.';
  if (kind === 'uuid' && !array && as === 'token') return null;
  if (kind === 'bytes' && !array && (as === 'text' || as === 'token')) return null;
  return `"${as}" cannot be written there; use "null", or "token" with a value.`;
}

function problemsOfRoom(column: MaskedColumn, name: string): string[] {
  const { as, value, room } = column;
  if (room === null) return [];
  const has = `${name} has room for ${room} characters`;
  if (value !== undefined) return [...value].length > room && !column.array ? [`${has}, the value is longer.`] : [];
  const digits = digitsOf(column);
  if (digits === null || digits >= FEWEST_DIGITS || as === 'text' || as === 'null') return [];
  return [
    `${has}, ${AROUND[as].join('{id}')} needs ${room - digits + FEWEST_DIGITS}: use "text", or "token" with a value.`,
  ];
}

function problemsOfId(column: MaskedColumn, { table, id }: MaskRule, of: readonly Column[]): string[] {
  if (digitsOf(column) === null) return [];
  const names = id ?? ['id'];
  const unknown = names.filter((name) => !of.some((each) => each.column === name));
  if (unknown.length > 0 && id === undefined) {
    return [`${table} has no column id: name the one that tells its rows apart (id: …), such as its primary key.`];
  }
  const computed = column.id.filter(({ generated }) => generated);
  return [
    ...unknown.map((name) => `${table} has no column ${name}, which is named as its id.`),
    ...computed.map((each) => `${table}.${each.column} is computed from other columns: it cannot be named as the id.`),
  ];
}
