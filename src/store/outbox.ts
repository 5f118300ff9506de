// The outbox: what has still to be told in Slack. A row is resolved as sent, to be retried, or dropped.
import { sql } from 'kysely';
import type { Outbox } from '../core/ports.ts';
import { during } from './during.ts';
import type { Db } from './pool.ts';
import { take } from './take.ts';
import { addTellings } from './tellings.ts';

export function outboxStore(db: Db): Outbox {
  const rows = () => db.updateTable('outbox');
  return {
    add: (subject, telling) => during('adding to the outbox', () => addTellings(db, subject, [telling])),

    take: (limit) => during('taking from the outbox', () => take(db, limit)),

    sent: (id, { channel, ts, seq }) =>
      during('noting what was sent', async () => {
        // What was added to a card while it was being sent may not be on it: then it is due again.
        await rows()
          .set({
            ...{ channel, ts, seq, why: null, uncertain: false, attempts: 0 },
            state: sql`case when wanted > taken then 'due' else 'sent' end`,
            due_at: sql`clock_timestamp() + interval '3 seconds'`,
            sent_at: sql`clock_timestamp()`,
          })
          .where('id', '=', Number(id))
          .execute();
      }),

    retry: (id, seconds, why) =>
      during('noting what has to be sent again', async () => {
        await rows()
          .set({ state: 'due', due_at: sql`clock_timestamp() + ${seconds} * interval '1 second'`, why })
          .where('id', '=', Number(id))
          .where('state', '=', 'begun')
          .execute();
      }),

    drop: (id, why) =>
      during('noting what will not be sent', async () => {
        await rows().set({ state: 'dropped', why }).where('id', '=', Number(id)).where('state', '=', 'begun').execute();
      }),

    forgetCard: (subject) =>
      during('forgetting a card that is gone', async () => {
        await rows()
          .set({
            ...{ channel: null, ts: null, seq: null },
            // Whoever is at it right now resolves it; otherwise it is posted anew at once.
            state: sql`case state when 'begun' then 'begun' else 'due' end`,
            due_at: sql`clock_timestamp()`,
            wanted: sql`wanted + 1`,
          })
          .where('subject', '=', subject)
          .where('key', '=', 'card')
          .execute();
      }),

    cardOf: (subject) =>
      during('looking for a card', async () => {
        const row = await db
          .selectFrom('outbox')
          .select(['channel', 'ts'])
          .where('subject', '=', subject)
          .where('key', '=', 'card')
          .executeTakeFirst();
        return row?.channel == null || row.ts === null ? null : { channel: row.channel, ts: row.ts };
      }),
  };
}
