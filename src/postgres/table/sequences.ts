// Raises the sequences that number a table's rows above the rows that have come back, so that no number is given twice.
import type { Query } from '../connect.ts';
import type { Merged } from './beside.ts';
import { ident, inSql, inWords } from './names.ts';
import { liveRows } from './pair.ts';
import type { TableShape } from './shape.ts';

type Sequence = TableShape['sequences'][number];

/** Raised only, never lowered. In the caller's transaction: unlike setval, this is taken back with it. */
export async function raiseSequences(query: Query, table: TableShape): Promise<Merged['sequences']> {
  const raised: Merged['sequences'][number][] = [];
  for (const sequence of table.sequences) {
    if ((await standing(query, table, sequence)) === null) continue;
    // Changes nothing, but takes the lock under which nobody draws a number between our reading and our writing.
    await query(`alter sequence ${inSql(sequence)} increment by ${sequence.increment}`);
    const behind = await standing(query, table, sequence);
    if (behind === null) continue;
    await query(`alter sequence ${inSql(sequence)} restart with ${behind.to}`);
    raised.push({ name: inWords(sequence), ...behind });
  }
  return raised;
}

/** Null when the sequence is ahead of the rows; otherwise its next number, and what it should be. */
async function standing(query: Query, table: TableShape, { increment, column, ...name }: Sequence) {
  const [row] = await query<{ from: string; to: string | null }>(
    `select next::text as from, (top + ${increment})::text as to
       from (select s.last_value::numeric + case when s.is_called then ${increment} else 0 end as next,
                    (select max(${ident(column)})::numeric from ${liveRows(table)}) as top
               from ${inSql(name)} s) as now where next <= top`,
  );
  return row?.to == null ? null : { from: row.from, to: row.to };
}
