// Which times of which schedule were taken, and what became of them: each by one process, also when several are up.
import { sql } from 'kysely';
import type { ScheduleStore } from '../core/incident-ports.ts';
import { during } from './during.ts';
import type { Db } from './pool.ts';

const NOW = sql<string>`clock_timestamp()`;

export function scheduleStore(db: Db): ScheduleStore {
  const run = (key: string, due: string) => {
    return db.updateTable('schedule_runs').where('key', '=', key).where('due', '=', due);
  };
  return {
    begin: (key, definition) => during(`beginning the schedule ${key}`, () => begin(db, key, definition)),

    claim: (key, due) =>
      during(`taking a time of the schedule ${key}`, async () => {
        const row = await db
          .insertInto('schedule_runs')
          .values({ key, due, taken_at: NOW, operation: null, note: null })
          .onConflict((conflict) => conflict.columns(['key', 'due']).doNothing())
          .returning('key')
          .executeTakeFirst();
        return row !== undefined;
      }),

    settle: (key, due, { operation, note }) =>
      during(`noting what became of the schedule ${key}`, async () => {
        await run(key, due)
          .set({ settled_at: NOW, operation, note: JSON.stringify(note) })
          .execute();
      }),

    unsettled: (seconds) =>
      during('looking for scheduled runs that were left', async () => {
        // Taken anew, so that one process alone takes it up.
        const rows = await db
          .updateTable('schedule_runs')
          .set({ taken_at: NOW })
          .where('settled_at', 'is', null)
          .where('taken_at', '<', sql<string>`clock_timestamp() - ${seconds} * interval '1 second'`)
          .returning(['key', 'due'])
          .execute();
        return rows.sort((a, b) => Date.parse(a.due) - Date.parse(b.due));
      }),

    latest: (system) =>
      during(`listing the scheduled runs of ${system}`, async () => {
        const rows = await db
          .selectFrom('schedule_runs')
          .select(['key', 'due', 'operation', 'note'])
          .distinctOn('key')
          .where(sql<boolean>`starts_with(key, ${`${system}/`})`)
          .orderBy('key')
          .orderBy('due', 'desc')
          .execute();
        return rows.map(({ note, ...row }) => ({ ...row, note: note ?? '' }));
      }),
  };
}

/** Times before `since` were those of another definition. */
async function begin(db: Db, key: string, definition: string): Promise<{ since: string; last: string | null }> {
  const known = db.selectFrom('schedules').select('since').where('key', '=', key).where('definition', '=', definition);
  const { since } = (await known.executeTakeFirst()) ?? (await define(db, key, definition));
  const { last } = await db
    .selectFrom('schedule_runs')
    .select(({ fn }) => fn.max<string | null>('due').as('last'))
    .where('key', '=', key)
    .where('due', '>=', since)
    .executeTakeFirstOrThrow();
  return { since, last };
}

/** Another process may define it at the same time: then its moment stands. */
function define(db: Db, key: string, definition: string): Promise<{ since: string }> {
  return db
    .insertInto('schedules')
    .values({ key, definition, since: NOW })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        since: sql`case when schedules.definition = excluded.definition then schedules.since else excluded.since end`,
        definition,
      }),
    )
    .returning('since')
    .executeTakeFirstOrThrow();
}
