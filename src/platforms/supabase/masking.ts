// The masking rules of a system, as they are applied to a whole project, and to what of it has reached a shelf.
import { Refusal } from '../../core/errors.ts';
import type { Masking, System } from '../../core/system.ts';
import type { CopyRow } from '../../postgres/masking/copy-text.ts';
import type { Sources } from '../../postgres/masking/sources.ts';
import { CARRIED_MASKED, isMoved, shelved } from './names.ts';

/** Throws a Refusal when there are none. */
export function rulesOf({ masking }: System): Masking {
  if (masking !== undefined) return masking;
  const next = 'Write them under masking in the system file.';
  throw new Refusal('cannot-mask', 'There are no masking rules.', next);
}

/**
 * Tables of the platform that go nowhere are left empty from the beginning: what is not loaded need not be masked, and
 * cannot be overlooked. `tables` are those of the archive.
 */
export function forProject(masking: Masking, tables: readonly string[]): Masking {
  const named = new Set([...masking.empty, ...masking.columns.map(({ table }) => table)]);
  const leftOut = tables.filter((table) => !goesAlong(table) && !named.has(table));
  return { ...masking, empty: [...masking.empty, ...leftOut] };
}

/** For what stands on a shelf: tables under their names there, and only those that can be there. */
export function onShelfOnly(masking: Masking, shelf: string): Masking {
  return {
    columns: masking.columns
      .filter(({ table }) => goesAlong(qualified(table)))
      .map((rule) => ({ ...rule, table: shelved(shelf, rule.table) })),
    empty: masking.empty.filter((table) => isMoved(schemaOf(qualified(table)))).map((table) => shelved(shelf, table)),
    keep: masking.keep.map((column) => shelvedColumn(shelf, column)),
  };
}

/** Asks for the rows of a shelf's tables under the names that they have in the backup. */
export function sourcesFor(shelf: string, masking: Masking, sources: Sources): Sources {
  const names = new Map(masking.columns.map(({ table }) => [shelved(shelf, table), qualified(table)]));
  return async (wanted, take) => {
    const asked = wanted.map((table) => {
      const [schema = '', name = ''] = (names.get(`${table.schema}.${table.table}`) ?? '').split('.');
      return { ...table, schema, table: name };
    });
    const back = ({ table, values }: CopyRow): CopyRow[] => {
      const found = wanted[asked.indexOf(table)];
      return found === undefined ? [] : [{ table: found, values }];
    };
    await sources(asked, (rows) => take(rows.flatMap(back)));
  };
}

function goesAlong(table: string): boolean {
  const [schema = '', name = ''] = table.split('.');
  return isMoved(schema) || (schema === 'auth' && CARRIED_MASKED.includes(name));
}

function schemaOf(table: string): string {
  return table.split('.')[0] ?? '';
}

function qualified(table: string): string {
  return table.includes('.') ? table : `public.${table}`;
}

function shelvedColumn(shelf: string, column: string): string {
  const parts = column.split('.');
  const name = parts.pop() ?? '';
  return `${shelved(shelf, parts.join('.'))}.${name}`;
}
