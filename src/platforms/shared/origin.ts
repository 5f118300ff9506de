// Is a backup one of this system? Told by the database that it names, and by the rows that it has in common with the live one.
import type { Check } from '../../core/check.ts';
import { count, list } from '../../core/wording.ts';
import type { TableComparison } from '../../postgres/compare/compare.ts';

export type Common = {
  /** That are the same in the backup and in the live database. */
  readonly rows: number;
  /** Tables that have rows on both sides. */
  readonly tables: readonly string[];
};

type Origin = {
  /** As the archive says; null when it does not. */
  readonly database: string | null;
  readonly expected: string;
  /** Null where there is nothing to compare: the live database is gone, empty or masked. */
  readonly common: Common | null;
};

/**
 * One thing alone is only told: databases are renamed, and after a disaster not a row may be as it was. Where neither the name
 * nor a single row speaks for it, it is refused. Null when there is nothing to go by.
 */
export function judgeOrigin({ database, expected, common }: Origin): Check | null {
  const isOther = database !== null && database !== expected;
  const rows = common === null ? null : saysOf(common);
  const name =
    database === null
      ? 'the backup does not say of which database it is'
      : `the backup is of the database ${database}${isOther ? `, not of ${expected}` : ''}`;
  if (database === null && rows === null) return null;
  const figure = rows === null ? name : `${name}, and ${rows}`;
  const none = common?.rows === 0;
  if (isOther && none) return { name: NAME, status: 'fail', figure: `${figure}: it is of another system` };
  if (isOther || none) return { name: NAME, status: 'warn', figure: `${figure}: is it of another system?` };
  return { name: NAME, status: 'pass', figure };
}

const NAME = 'same system';

function saysOf({ rows, tables }: Common): string {
  if (rows > 0) return `${count(rows, 'row')} of ${list(tables)} ${rows === 1 ? 'is' : 'are'} as in the live database`;
  return `not one row of ${list(tables)} is as in the live database`;
}

/** Tables with other columns, and those of which so much differs that it was not counted, tell nothing. */
export function commonOf(compared: readonly TableComparison[]): Common | null {
  const told = compared.flatMap(({ table, live, candidate, differences, notes }) => {
    if (live === null || candidate === null || live.rows * candidate.rows === 0) return [];
    if (differences === null || notes.length > 0) return [];
    return [{ table, rows: live.rows - differences.lost - (differences.changed ?? 0) }];
  });
  if (told.length === 0) return null;
  return { rows: told.reduce((sum, { rows }) => sum + rows, 0), tables: told.map(({ table }) => table) };
}
