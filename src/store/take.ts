// Which tellings are taken next: what is due, cards first, then in the order of their making, never a reply before its card; and no status update waits for long.
import { type Selectable, sql } from 'kysely';
import type { OutboxItem } from '../core/ports.ts';
import type { Db } from './pool.ts';
import type { Tables } from './tables.ts';
import { transaction } from './transaction.ts';

/** Takers come one after the other, or two of them could send the notes of one subject in the wrong order. */
const LOCK = 46_533_279;

/**
 * A telling is ready when it is due, or was begun so long ago that whoever took it is gone. It has to wait while an
 * earlier one of its kind waits, and until the card of its subject stands in the channel; a card itself and the files of
 * a report, which has none, need not. Cards go before everything else: people decide on them, and notes of other subjects go out
 * one a second only. A status update that has waited for a while goes before all: it is due at a time, however many operations run.
 */
export function take(db: Db, limit: number): Promise<readonly OutboxItem[]> {
  return transaction(db, async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
    const { rows } = await sql<Taken>`
      with now as materialized (select clock_timestamp() as at),
      open as materialized (
        select o.id, o.subject, o.kind,
          case o.state when 'due' then o.due_at <= now.at else o.begun_at < now.at - interval '30 seconds' end as ready
        from holdfast.outbox o, now
        where o.state in ('due', 'begun')
      ),
      chosen as (
        select o.id, o.state, case
          when o.kind = 'update' and o.due_at < now.at - interval '10 seconds' then 0
          when o.kind = 'card' then 1 else 2 end as rank
        from now, holdfast.outbox o
        where o.id in (select id from open where ready)
          and (o.kind = 'card' or (
            (o.subject like 'rep-%' or exists (
              select from holdfast.outbox card where card.subject = o.subject and card.key = 'card' and card.ts is not null
            ))
            and not exists (
              select from open earlier
              where earlier.subject = o.subject and earlier.kind = o.kind and earlier.id < o.id and not earlier.ready
            )
          ))
        order by rank, o.id
        limit ${limit}
        for update of o skip locked
      )
      update holdfast.outbox o
      set state = 'begun', begun_at = now.at, attempts = o.attempts + 1, taken = o.wanted,
        uncertain = o.uncertain or chosen.state = 'begun'
      from chosen, now
      where o.id = chosen.id
      returning o.id, chosen.rank, o.subject, o.telling, o.attempts, o.uncertain,
        (select json_build_object('channel', card.channel, 'ts', card.ts) from holdfast.outbox card
          where card.subject = o.subject and card.key = 'card' and card.ts is not null) as card
    `.execute(tx);
    return rows.sort(inOrder).map(({ rank: _, ...row }) => ({ ...row, id: String(row.id) }));
  });
}

type Taken = Pick<Selectable<Tables['outbox']>, 'id' | 'subject' | 'telling' | 'attempts' | 'uncertain'> & {
  card: OutboxItem['card'];
  rank: number;
};

/** `returning` keeps no order. */
function inOrder(a: Taken, b: Taken): number {
  return a.rank - b.rank || a.id - b.id;
}
