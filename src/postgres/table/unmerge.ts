// Takes a merge back from its pre-image: exactly its rows, and none that somebody has changed or come to need since.
import type { Secret } from '../../core/secret.ts';
import { count } from '../../core/wording.ts';
import type { Query } from '../connect.ts';
import { mustBeLoaded, type Undone } from './beside.ts';
import { besideNames, ident, idents, inSql, inWords, type TableName } from './names.ts';
import { type Pair, pairOf } from './pair.ts';
import { inTransaction, lockAgainstWriters, type WriteOptions } from './session.ts';
import type { TableShape } from './shape.ts';
import { withoutTriggers } from './triggers.ts';

export type UnmergeResult = Undone & { readonly says: string };

/**
 * Deletes what was inserted and puts back what was changed, in one transaction; rows that are not as the merge left them stay,
 * and are counted. Done already, it answers what was done. Nothing is done where nothing was merged. Sequences stay as they are.
 */
export async function unmergeTable(database: Secret, options: WriteOptions): Promise<UnmergeResult> {
  const activity = `taking the merge into ${options.table} back`;
  return await inTransaction(database, options, activity, async (query, table) => {
    const { merged, undone } = await mustBeLoaded(query, options.beside, table, true);
    if (undone !== null) return { ...undone, says: saysOf(table, undone) };
    if (merged === null) return { ...nothing, says: `Nothing was merged into ${inWords(table)}.` };
    await lockAgainstWriters(query, table);
    const result = await withoutTriggers(query, table, () => takeBack(query, table, options.beside));
    await query(`update ${besideNames(options.beside, table).mark} set undone = $1`, [JSON.stringify(result)]);
    return { ...result, says: saysOf(table, result) };
  });
}

const nothing: Undone = { deleted: 0, restored: 0, left: { changed: 0, referenced: 0, gone: 0 } };

async function takeBack(query: Query, table: TableShape, beside: string): Promise<Undone> {
  const { before, after } = besideNames(beside, table);
  const written = await pairOf(query, table, after);
  const going = inSql({ schema: beside, name: 'holdfast_going' });
  const counted = async (sql: string) => Number((await query<{ rows: string }>(sql))[0]?.rows);
  const all = await counted(`select count(*) as rows from ${after}`);
  const gone = await counted(
    `select count(*) as rows from ${after} o where not exists (select from ${written.live} l where ${written.sameKey})`,
  );
  // Where all tables are published, rows without an identity could not be deleted; unlogged ones are never sent.
  await query(
    `create unlogged table ${going} as select ${idents(written.key, 'o')} from ${after} o join ${written.live} l on ${written.sameKey}
      where not ${written.differs} and not exists (select from ${before} b where ${sameKey(written, 'b', 'o')})`,
  );
  const inserted = await counted(`select count(*) as rows from ${going}`);
  const referenced = await keepReferenced(query, table, written, going);
  const deleted = await counted(
    `with gone as (delete from ${written.live} l using ${going} o where ${written.sameKey} returning 1)
     select count(*) as rows from gone`,
  );
  const restored = written.values.length === 0 ? 0 : await counted(restore(written, before, after));
  await query(`drop table ${going}`);
  const changed = all - gone - inserted - restored;
  return { deleted, restored, left: { changed, referenced, gone } };
}

function restore(pair: Pair, before: string, after: string): string {
  const set = `(${idents(pair.values)}) = row(${idents(pair.values, 'b')})`;
  return `with back as (
    update ${pair.live} l set ${set} from ${before} b join ${after} o on ${sameKey(pair, 'b', 'o')}
     where ${pair.sameKey} and not ${pair.differs} returning 1) select count(*) as rows from back`;
}

/**
 * Takes from `going` the rows that rows of other tables need by now: deleting them would be refused, or would delete those too.
 * In a tree a row that stays keeps its parent, so it goes on until nothing is taken any more.
 */
async function keepReferenced(query: Query, table: TableShape, pair: Pair, going: string): Promise<number> {
  let kept = 0;
  for (let taken = -1; taken !== 0; kept += taken) {
    taken = 0;
    for (const { table: child, partitioned, columns, references } of table.foreignKeys.in) {
      const isChild = columns.map((name, at) => `c.${ident(name)} = l.${ident(references[at] ?? '')}`).join(' and ');
      const isTree = child.schema === table.schema && child.name === table.name;
      const stays = isTree ? `and not exists (select from ${going} s where ${sameKey(pair, 's', 'c')})` : '';
      const [row] = await query<{ rows: string }>(
        `with kept as (delete from ${going} o using ${pair.live} l where ${pair.sameKey}
           and exists (select from ${partitioned ? '' : 'only '}${inSql(child)} c where ${isChild} ${stays}) returning 1)
         select count(*) as rows from kept`,
      );
      taken += Number(row?.rows);
    }
  }
  return kept;
}

function sameKey({ key }: Pair, a: string, b: string): string {
  return key.map((name) => `${a}.${ident(name)} = ${b}.${ident(name)}`).join(' and ');
}

function saysOf(table: TableName, { deleted, restored, left }: Undone): string {
  const stayed = [
    ...(left.changed > 0 ? [`${count(left.changed, 'row')} changed by others since`] : []),
    ...(left.referenced > 0 ? [`${count(left.referenced, 'row')} that other rows need by now`] : []),
    ...(left.gone > 0 ? [`${count(left.gone, 'row')} deleted since`] : []),
  ];
  const done = `${count(deleted, 'inserted row')} of ${inWords(table)} deleted, ${count(restored, 'changed row')} put back.`;
  return stayed.length === 0 ? done : `${done} Left as they are: ${stayed.join('; ')}.`;
}
