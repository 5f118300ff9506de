// How the live table differs from the one of the backup: counted by primary key, in one moment, without naming a key.
import { Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { count, list } from '../../core/wording.ts';
import { type Query, withDatabase } from '../connect.ts';
import { mustBeLoaded } from './beside.ts';
import { besideNames, ident, inSql, inWords } from './names.ts';
import { cascading, type Orphans, orphans, type Taken, takenValues } from './obstacles.ts';
import { type Pair, pairOf } from './pair.ts';
import { shapeOf, type TableShape } from './shape.ts';
import { userTriggers } from './triggers.ts';

/** Rows by primary key. */
export type Counts = {
  readonly live: number;
  readonly backup: number;
  /** In the backup, not live: `--missing` inserts them. */
  readonly missing: number;
  /** In both, with different values: `--replace` puts the backup's back. */
  readonly changed: number;
  /** Live, not in the backup: never touched. */
  readonly extra: number;
  readonly same: number;
};

export type Comparison = Counts & {
  /** Rows whose parents are gone, by foreign key. They refuse the merge. */
  readonly orphaned: readonly Orphans[];
  /** Missing rows of which another live row has a unique value, by constraint. They refuse the merge. */
  readonly taken: readonly Taken[];
  /** Changed rows that other tables follow by ON UPDATE, by foreign key. They refuse `--replace`. */
  readonly cascading: readonly Taken[];
  /** Triggers that will not fire for what is merged. */
  readonly triggers: readonly string[];
  readonly says: string;
};

type Options = {
  /** As typed: `entries`, `billing.entries`. */
  readonly table: string;
  readonly beside: string;
  readonly purpose: string;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
};

/** All of it in one snapshot. Throws Refusal when nothing was loaded, or what was loaded is gone. */
export async function compareTable(database: Secret, { table, beside, ...options }: Options): Promise<Comparison> {
  const connection = { timeoutSeconds: 1800, ...options, readOnly: true };
  return await withDatabase(database, connection, async (query) => {
    await query("begin isolation level repeatable read read only; set local work_mem = '64MB'");
    const shape = await shapeOf(query, table);
    const pair = await pairBeside(query, shape, beside);
    const counts = await countsOf(query, pair);
    const orphaned = await orphans(query, shape, pair, counts);
    const taken = await takenValues(query, shape, pair, counts);
    const followed = await cascading(query, shape, pair, counts);
    const triggers = (await userTriggers(query, shape)).filter(({ fires }) => fires).map(({ name }) => name);
    const comparison = { ...counts, orphaned, taken, cascading: followed, triggers: [...new Set(triggers)] };
    return { ...comparison, says: saysOf(shape, comparison) };
  });
}

/** The live table and the one beside it. Throws Refusal when a crash of the server has emptied it: it is not logged. */
export async function pairBeside(query: Query, shape: TableShape, beside: string): Promise<Pair> {
  const { loaded } = await mustBeLoaded(query, beside, shape);
  const { rows } = besideNames(beside, shape);
  const [there] = await query<{ rows: string | null }>('select to_regclass($1)::text as rows', [rows]);
  const [counted] = there?.rows == null ? [] : await query<{ rows: string }>(`select count(*) as rows from ${rows}`);
  if (Number(counted?.rows ?? -1) === loaded) return await pairOf(query, shape, rows);
  const why = `${inSql({ schema: beside, name: shape.name })} does not hold the ${count(loaded, 'row')} any more that were loaded.`;
  throw new Refusal('beside-lost', why.replaceAll('"', ''), 'Start a new operation.');
}

/** In one statement. Both keys are unique, so what is live and not in the backup needs no second look. */
export async function countsOf(query: Query, { live, other, sameKey, differs, key }: Pair): Promise<Counts> {
  const gone = `l.${ident(key[0] ?? '')} is null`;
  const [row] = await query<Record<'live' | 'backup' | 'missing' | 'changed', string>>(
    `select (select count(*) from ${live}) as live, count(*) as backup, count(*) filter (where ${gone}) as missing,
            count(*) filter (where not ${gone} and ${differs}) as changed
       from ${other} o left join ${live} l on ${sameKey}`,
  );
  const [liveRows, backup, missing, changed] = [row?.live, row?.backup, row?.missing, row?.changed].map(Number);
  return countsFrom(liveRows ?? 0, backup ?? 0, missing ?? 0, changed ?? 0);
}

function countsFrom(live: number, backup: number, missing: number, changed: number): Counts {
  return { live, backup, missing, changed, extra: live - (backup - missing), same: backup - missing - changed };
}

function saysOf(table: TableShape, comparison: Omit<Comparison, 'says'>): string {
  const { live, backup, missing, changed, extra, orphaned, taken, cascading, triggers } = comparison;
  return [
    `${inWords(table)}: ${count(backup, 'row')} in the backup, ${count(live, 'row')} live.`,
    `${count(missing, 'row')} missing, ${count(changed, 'row')} changed since, ${count(extra, 'row')} only live.`,
    ...orphaned.map(saysOrphans),
    ...taken.map(
      (one) =>
        `${count(one.rows, 'missing row')} cannot come back: another row has the value that ${one.name} keeps unique.`,
    ),
    ...cascading.map((one) => `${count(one.rows, 'changed row')} would change rows elsewhere too: ${one.name}.`),
    ...(triggers.length === 0 ? [] : [`Will not fire: ${count(triggers.length, 'trigger')} (${list(triggers)}).`]),
  ].join(' ');
}

function saysOrphans({ parent, missing, changed }: Orphans): string {
  const words = [
    ...(missing > 0 ? [count(missing, 'missing row')] : []),
    ...(changed > 0 ? [count(changed, 'changed row')] : []),
  ];
  return `The parents of ${list(words)} are gone from ${parent}.`;
}
