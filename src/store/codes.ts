// One-time codes: each counts once, and they cannot be guessed, however many processes are asked at the same time.
import { sql } from 'kysely';
import type { CodeStore } from '../core/ports.ts';
import { during } from './during.ts';
import type { Db } from './pool.ts';

export function codeStore(db: Db): CodeStore {
  return {
    tried: (person) =>
      during('counting the tries of a code', async () => {
        const { rows } = await sql<{ tries: number }>`
          insert into holdfast.codes as codes (person, tries, tried_since) values (${person}, 1, clock_timestamp())
          on conflict (person) do update set
            tries = case when codes.tried_since < clock_timestamp() - interval '15 minutes' then 1 else codes.tries + 1 end,
            tried_since = case when codes.tried_since < clock_timestamp() - interval '15 minutes'
              then clock_timestamp() else codes.tried_since end
          returning codes.tries`.execute(db);
        return rows[0]?.tries ?? Number.POSITIVE_INFINITY;
      }),

    spend: (person, step) =>
      during('taking a code', async () => {
        const { rows } = await sql`
          update holdfast.codes set step = ${step}, tries = 0 where person = ${person} and step < ${step}
          returning person`.execute(db);
        return rows.length > 0;
      }),
  };
}
