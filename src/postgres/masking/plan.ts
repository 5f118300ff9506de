// The SQL that masks every row before it is written: triggers that are made before the data is loaded, and dropped after it.
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { Secret } from '../../core/secret.ts';
import type { Masking } from '../../core/system.ts';
import type { Query } from '../connect.ts';
import { fittingRules, type TableName } from './rules.ts';
import { digitsOf, FUNCTIONS, type MaskedColumn, numberOf, SCHEMA, writtenInto } from './written.ts';

/** The name of our trigger on every table that is masked or left empty. */
export const TRIGGER = 'holdfast_mask';

export type MaskingPlan = {
  /** To be run between the archive's pre-data and its data, in one transaction. */
  readonly before: readonly string[];
  /** To be run after the data. */
  readonly after: readonly string[];
  readonly columns: readonly MaskedColumn[];
  /** Tables with a trigger of ours. */
  readonly tables: readonly TableName[];
};

export type MaskingOptions = {
  /**
   * What the numbers of UUIDs and texts are derived with. The same key gives the same numbers in every run; without it nobody
   * can find out by trying to whom a number belongs. It stands in the triggers while the data is loaded.
   */
  readonly key: Secret;
};

/**
 * Reads the catalogs of a candidate that has its tables but no rows yet. Must be asked in a transaction whose search path is
 * `pg_catalog`. Throws a Refusal that names everything that is wrong with the rules.
 */
export async function maskingPlan(query: Query, masking: Masking, { key }: MaskingOptions): Promise<MaskingPlan> {
  const { columns, emptied } = await fittingRules(query, masking);
  const tables = [...Map.groupBy(columns, ({ schema, table }) => JSON.stringify([schema, table])).values()];
  const masked = tables.flatMap((of, at) => maskTable(of, `mask_${at + 1}`, key));
  const names = [...tables.flatMap((of) => of.slice(0, 1)), ...emptied].map(({ schema, table }) => ({ schema, table }));
  return {
    before: [
      `create schema ${SCHEMA}`,
      ...FUNCTIONS,
      ...masked,
      triggerFunction('leave_out', 'begin return null; end'),
      ...emptied.flatMap((table) => trigger(table, 'leave_out')),
    ],
    // The triggers go with their functions.
    after: [`drop schema ${SCHEMA} cascade`],
    columns,
    tables: names,
  };
}

export function tableSql({ schema, table }: TableName): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`;
}

function maskTable(columns: readonly MaskedColumn[], name: string, key: Secret): string[] {
  const numbers: string[] = [];
  const assignments = columns.map((column) => {
    const was = `new.${escapeIdentifier(column.column)}`;
    const written = writtenInto(column, variableFor(numbers, column, key), was, key, 'new');
    return `if ${was} is not null then ${was} := ${written}; end if;`;
  });
  const declared = numbers.map((number, at) => `number_${at + 1} pg_catalog.text := ${number};`);
  const body = ['declare', ...declared, 'begin', ...assignments, 'return new;', 'end'].join('\n');
  return [triggerFunction(name, body), ...columns.slice(0, 1).flatMap((column) => trigger(column, name))];
}

/** Columns of one row that need the same number share it: hashing is the dear part. */
function variableFor(numbers: string[], column: MaskedColumn, key: Secret): string {
  const digits = digitsOf(column);
  if (digits === null || column.kind === 'uuid') return '';
  const number = numberOf(column.id, digits, key, 'new');
  if (!numbers.includes(number)) numbers.push(number);
  return `number_${numbers.indexOf(number) + 1}`;
}

// Without "set search_path", which would cost a quarter more per row: everything in a body is qualified.
function triggerFunction(name: string, body: string): string {
  return `create function ${SCHEMA}.${name}() returns trigger language plpgsql as ${escapeLiteral(body)}`;
}

function trigger(table: TableName, name: string): string[] {
  return [
    `create trigger ${TRIGGER} before insert on ${tableSql(table)} for each row execute function ${SCHEMA}.${name}()`,
    // Otherwise a dump that sets session_replication_role, as Supabase's do, would switch it off.
    `alter table ${tableSql(table)} enable always trigger ${TRIGGER}`,
  ];
}
