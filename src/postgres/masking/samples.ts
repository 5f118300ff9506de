// Asks the database whether its domains and check constraints would take what the rules write, before any row is loaded.
import { escapeIdentifier } from 'pg';
import { reasonOf } from '../../core/errors.ts';
import type { Query } from '../connect.ts';
import type { ColumnCheck } from './catalog.ts';
import { digitsOf, type MaskedColumn, sampleOf } from './written.ts';

/** One sentence for every column that refuses a sample. Must be asked in a transaction. */
export async function refusedSamples(
  query: Query,
  columns: readonly MaskedColumn[],
  checks: readonly ColumnCheck[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const column of columns) {
    const own = checks.filter((check) => isOf(check, column));
    const sample = column.domain || column.value !== undefined || own.length > 0 ? sampleOf(column, '1') : null;
    if (sample === null) continue;
    const longest = sampleOf(column, '9'.repeat(digitsOf(column) ?? 1)) ?? sample;
    for (const each of new Set([sample, longest]))
      problems.push(...(await refused(query, column, own, each)).slice(0, 1));
  }
  return problems;
}

function isOf(check: ColumnCheck, { schema, table, column }: MaskedColumn): boolean {
  return check.schema === schema && check.table === table && check.column === column;
}

async function refused(
  query: Query,
  column: MaskedColumn,
  checks: readonly ColumnCheck[],
  sample: string,
): Promise<string[]> {
  const what = `${column.named}.${column.column}`;
  const cast = `(${sample})::${column.type}`;
  const why = await ask(query, `select (${cast}) is not null as holds`);
  if (why !== null) return [`${what} does not take what "${column.as}" writes (${why}): use another rule or a value.`];
  const problems: string[] = [];
  for (const { name, expression } of checks) {
    const row = `(select ${cast} as ${escapeIdentifier(column.column)}) as sample`;
    const held = await ask(query, `select (${expression}) is not false as holds from ${row}`);
    if (held !== null) {
      problems.push(
        `${what} does not take what "${column.as}" writes: its check "${name}" says no; use another rule or a value.`,
      );
    }
  }
  return problems;
}

/** Null when it holds, otherwise why not. */
async function ask(query: Query, sql: string): Promise<string | null> {
  await query('savepoint sample');
  try {
    const [row] = await query<{ holds: boolean }>(sql);
    return row?.holds === true ? null : 'it does not hold';
  } catch (thrown) {
    return reasonOf(thrown);
  } finally {
    await query('rollback to savepoint sample');
  }
}
