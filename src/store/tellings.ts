// Puts tellings into the outbox: each once, a card as one row that becomes due again.
import { sql } from 'kysely';
import type { Telling } from '../core/ports.ts';
import type { Db } from './pool.ts';
import type { Tx } from './transaction.ts';

/** Adds what is not there. A card that is there becomes due, at the earliest 3 seconds after it was last sent. */
export async function addTellings(db: Db | Tx, subject: string, tellings: readonly Telling[]): Promise<void> {
  const rows = new Map(tellings.map((telling) => [keyOf(telling), telling]));
  if (rows.size === 0) return;
  const values = [...rows].map(([key, telling]) => {
    return { subject, key, kind: telling.kind, telling: JSON.stringify(telling) };
  });
  await db
    .insertInto('outbox')
    .values(values)
    .onConflict((conflict) =>
      conflict
        .columns(['subject', 'key'])
        .doUpdateSet({
          wanted: sql`outbox.wanted + 1`,
          state: sql`case outbox.state when 'begun' then 'begun' else 'due' end`,
          due_at: sql`case when outbox.state in ('sent', 'dropped')
            then greatest(clock_timestamp(), outbox.sent_at + interval '3 seconds') else outbox.due_at end`,
        })
        .where('outbox.kind', '=', 'card'),
    )
    .execute();
}

function keyOf(telling: Telling): string {
  switch (telling.kind) {
    case 'card':
      return 'card';
    case 'note':
      return `note:${telling.seq}`;
    case 'update':
      return `update:${telling.period}`;
    case 'files':
      return 'files';
  }
}
