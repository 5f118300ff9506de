// What has still to be told outside of Slack. A row is resolved as sent, to be retried, or dropped.
import { type Selectable, sql } from 'kysely';
import type { NoticeItem, Notices } from '../core/incident-ports.ts';
import { during } from './during.ts';
import { addNotices } from './incident-log.ts';
import type { Db } from './pool.ts';
import type { Tables } from './tables.ts';

type Taken = Pick<
  Selectable<Tables['notices']>,
  'id' | 'incident' | 'notifier' | 'what' | 'seq' | 'attempts' | 'uncertain' | 'receipt'
>;

export function noticeStore(db: Db): Notices {
  const begun = (id: string) => db.updateTable('notices').where('id', '=', Number(id)).where('state', '=', 'begun');
  const now = sql<string>`clock_timestamp()`;
  return {
    add: (incident, notice) => during('adding a notice', () => addNotices(db, incident, [notice])),

    take: (limit) => during('taking notices', () => take(db, limit)),

    sent: (id, receipt) =>
      during('noting what was told outside', async () => {
        // Also when somebody else has taken it up meanwhile: it is there.
        await db
          .updateTable('notices')
          .set({ state: 'sent', receipt, uncertain: false, settled_at: now, why: null })
          .where('id', '=', Number(id))
          .execute();
      }),

    retry: (id, seconds, why) =>
      during('noting what has to be told again', async () => {
        await begun(id)
          .set({ state: 'due', due_at: sql`clock_timestamp() + ${seconds} * interval '1 second'`, why })
          .execute();
      }),

    drop: (id, why) =>
      during('noting what will not be told', async () => {
        await begun(id).set({ state: 'dropped', settled_at: now, why }).execute();
      }),

    of: (incident) =>
      during(`reading the notices of ${incident}`, async () => {
        const rows = await db
          .selectFrom('notices')
          .select(['notifier', 'what', 'seq', 'state', 'settled_at', 'why'])
          .where('incident', '=', incident)
          .orderBy('id')
          .execute();
        return rows.map(({ notifier, what, seq, state, settled_at: at, why }) => {
          return { notifier, notice: { is: what, seq }, state: state === 'begun' ? 'due' : state, at, why };
        });
      }),
  };
}

/** An earlier notice of the same incident and notifier comes first, so that nobody hears of an end before the beginning. */
async function take(db: Db, limit: number): Promise<readonly NoticeItem[]> {
  const { rows } = await sql<Taken>`
    with now as materialized (select clock_timestamp() as at),
    chosen as (
      select n.id, n.state
      from holdfast.notices n, now
      where case n.state
          when 'due' then n.due_at <= now.at
          when 'begun' then n.begun_at < now.at - interval '60 seconds'
          else false
        end
        and not exists (
          select from holdfast.notices earlier
          where earlier.incident = n.incident and earlier.notifier = n.notifier and earlier.id < n.id
            and earlier.state in ('due', 'begun')
        )
      order by n.id
      limit ${limit}
      for update of n skip locked
    )
    update holdfast.notices n
    set state = 'begun', begun_at = now.at, attempts = n.attempts + 1,
      uncertain = n.uncertain or chosen.state = 'begun'
    from chosen, now
    where n.id = chosen.id
    returning n.id, n.incident, n.notifier, n.what, n.seq, n.attempts, n.uncertain,
      (select former.receipt from holdfast.notices former
        where former.incident = n.incident and former.notifier = n.notifier and former.receipt is not null
        order by former.id desc limit 1) as receipt
  `.execute(db);
  // `returning` keeps no order.
  return rows
    .sort((a, b) => a.id - b.id)
    .map(({ id, what, seq, ...row }) => ({ ...row, id: String(id), notice: { is: what, seq } }));
}
