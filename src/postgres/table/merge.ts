// Puts rows of the backup back into the live table: in one transaction, with a pre-image, and only what was shown before.
import { Fault, Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { count, list } from '../../core/wording.ts';
import type { Query } from '../connect.ts';
import { type Mark, type Merged, mustBeLoaded } from './beside.ts';
import { type Counts, countsOf, pairBeside } from './compare.ts';
import { besideNames, idents, inWords, type TableName } from './names.ts';
import { cascading, orphans, takenValues } from './obstacles.ts';
import type { Pair } from './pair.ts';
import { raiseSequences } from './sequences.ts';
import { inTransaction, lockAgainstWriters, type WriteOptions } from './session.ts';
import type { TableShape } from './shape.ts';
import { withoutTriggers } from './triggers.ts';

/** `missing` inserts rows that are gone; `replace` besides puts changed ones back. Rows that are only live are never touched. */
export type MergeMode = Merged['mode'];

/** What people have consented to: the rows that would be written, not those that the application goes on writing. */
export type Shown = Pick<Counts, 'backup' | 'missing' | 'changed'>;

export type MergeOptions = WriteOptions & { readonly mode: MergeMode; readonly shown: Shown };

export type MergeResult = Merged & {
  /** Where the rows are as they were before; null when none was changed. */
  readonly preimage: string | null;
  readonly says: string;
};

/**
 * Compares again under a lock that keeps writers out, and throws Refusal when what would be written is not what was shown,
 * or a parent is gone, or the table is in use. Done already, it answers what was done. The table's triggers do not fire;
 * what they keep elsewhere (counters, search columns of other tables) is not brought up to date.
 */
export async function mergeTable(database: Secret, options: MergeOptions): Promise<MergeResult> {
  return await inTransaction(
    database,
    options,
    `merging rows of the backup into ${options.table}`,
    async (query, table) => {
      const mark = await mustBeLoaded(query, options.beside, table, true);
      if (mark.merged !== null) return resultOf(table, options.beside, doneAlready(mark, options));
      await lockAgainstWriters(query, table);
      const whole = await pairBeside(query, table, options.beside);
      const pair = options.mode === 'replace' ? whole : { ...whole, differs: 'false' };
      const before = await countsOf(query, pair);
      mustBeAsShown(table, before, options);
      await mustHaveRoom(query, table, pair, before);
      const written = await withoutTriggers(query, table, () => write(query, table, pair, options));
      const merged = { mode: options.mode, ...written, sequences: await raiseSequences(query, table) };
      await mustBeMerged(query, table, pair, before, merged);
      await query(`update ${besideNames(options.beside, table).mark} set merged = $1`, [JSON.stringify(merged)]);
      return resultOf(table, options.beside, merged);
    },
  );
}

function doneAlready({ merged, undone }: Mark, { mode, table }: MergeOptions): Merged {
  if (merged !== null && merged.mode === mode && undone === null) return merged;
  const why = `${table} was merged from here already${undone === null ? ` (--${merged?.mode})` : ', and that was undone'}.`;
  throw new Refusal('already-merged', why, 'Start a new operation.');
}

function mustBeAsShown(table: TableName, now: Counts, { mode, shown }: MergeOptions): void {
  const drift = [
    ...(now.backup === shown.backup ? [] : [`${count(now.backup, 'row')} in the backup, not ${shown.backup}`]),
    ...(now.missing === shown.missing ? [] : [`${count(now.missing, 'row')} missing, not ${shown.missing}`]),
    ...(mode === 'missing' || now.changed === shown.changed
      ? []
      : [`${count(now.changed, 'row')} changed, not ${shown.changed}`]),
  ];
  if (drift.length === 0) return;
  const why = `${inWords(table)} is no longer what was shown: ${list(drift)}.`;
  throw new Refusal('table-drifted', why, 'Nothing was changed. Ask again for a new comparison.');
}

async function mustHaveRoom(query: Query, table: TableShape, pair: Pair, counts: Counts): Promise<void> {
  const orphaned = await orphans(query, table, pair, counts);
  if (orphaned.length > 0) {
    const parents = [...new Set(orphaned.map(({ parent }) => parent))];
    const rows = orphaned.map(({ missing, changed, parent }) => `${count(missing + changed, 'row')} of ${parent}`);
    const why = `Rows that ${inWords(table)} needs are gone: the parents of ${list(rows)}.`;
    throw new Refusal('parents-gone', why, `Restore ${list(parents)} first, then ask again.`);
  }
  const taken = await takenValues(query, table, pair, counts);
  const followed = await cascading(query, table, pair, counts);
  const [against] = [...taken, ...followed];
  if (against === undefined) return;
  const why = `${count(against.rows, 'row')} cannot be put back because of ${against.name}.`;
  throw new Refusal(
    'unique-conflict',
    why,
    'Look at these rows in the schema beside the live table, and settle them by hand.',
  );
}

/** Changed rows first: they may hold unique values that missing ones need. */
async function write(query: Query, table: TableShape, pair: Pair, { beside, mode }: MergeOptions) {
  const { before, after } = besideNames(beside, table);
  const { live, other, sameKey, differs, columns, values } = pair;
  const isChanged = mode === 'replace' && values.length > 0;
  const changed = `${live} l join ${other} o on ${sameKey} where ${differs}`;
  await query(`create table ${before} as select l.* from ${changed}`);
  await query(`create table ${after} as select l.* from ${live} l with no data`);
  const set = `(${idents(values)}) = row(${idents(values, 'o')})`;
  const kept = async (change: string): Promise<number> => {
    const [row] = await query<{ rows: string }>(
      `with put as (${change} returning l.*), kept as (insert into ${after} select * from put returning 1)
       select count(*) as rows from kept`,
    );
    return Number(row?.rows);
  };
  const updated = isChanged
    ? await kept(`update ${live} l set ${set} from ${other} o where ${sameKey} and ${differs}`)
    : 0;
  const inserted = await kept(
    `insert into ${live.replace(/^only /, '')} as l (${idents(columns)}) overriding system value
     select ${idents(columns, 'o')} from ${other} o where not exists (select from ${live} l where ${sameKey})`,
  );
  return { inserted, updated };
}

/** Read back before the commit: what does not add up is taken back as a whole. */
async function mustBeMerged(
  query: Query,
  table: TableShape,
  pair: Pair,
  before: Counts,
  merged: Merged,
): Promise<void> {
  const now = await countsOf(query, pair);
  const isWhole = now.missing === 0 && now.changed === 0 && now.live === before.live + before.missing;
  if (isWhole && merged.inserted === before.missing && merged.updated === before.changed) return;
  const told = `${now.missing} rows still missing, ${now.changed} still changed, ${now.live} live`;
  throw new Fault(`reading ${inWords(table)} back after the merge, which was taken back: ${told}`);
}

function resultOf(table: TableName, beside: string, merged: Merged): MergeResult {
  const { inserted, updated, sequences } = merged;
  const preimage = updated === 0 ? null : besideNames(beside, table).before.replaceAll('"', '');
  const says = [
    `${count(inserted, 'row')} of ${inWords(table)} inserted, ${count(updated, 'row')} changed back.`,
    ...(preimage === null ? [] : [`As they were before, those are kept in ${preimage}.`]),
    ...sequences.map(({ name, from, to }) => `${name} goes on at ${to}, not ${from}.`),
  ];
  return { ...merged, preimage, says: says.join(' ') };
}
