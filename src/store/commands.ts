// Commands: committed before they are acknowledged, and answered once.
import { randomUUID } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { Fault } from '../core/errors.ts';
import type { Accepted, CommandStore, Intake } from '../core/ports.ts';
import { within } from '../lib/within.ts';
import { during, isRefusedStatement } from './during.ts';
import type { Db } from './pool.ts';
import type { Tables } from './tables.ts';
import { transaction } from './transaction.ts';

/** Slack shows an error after 3 seconds; before that the person has to be told that nothing was stored. */
const ACCEPT_MS = 2_500;

export function commandStore(db: Db): CommandStore {
  return {
    accept: (intake) => during('storing a command', () => accept(db, intake)),

    claim: (id, seconds) =>
      during('taking a command to answer it', async () => {
        const row = await db
          .updateTable('commands')
          .set({ claimed_until: sql`clock_timestamp() + ${seconds} * interval '1 second'` })
          .where('id', '=', id)
          .where('answer', 'is', null)
          .where(isFree)
          .returningAll()
          .executeTakeFirst();
        return row === undefined ? null : acceptedOf(row);
      }),

    answer: (id, answer) =>
      during('storing the answer to a command', async () => {
        await db
          .updateTable('commands')
          .set({ answer: JSON.stringify(answer), answered_at: sql`clock_timestamp()` })
          .where('id', '=', id)
          .where('answer', 'is', null)
          .execute();
      }),

    unanswered: () =>
      during('looking for unanswered commands', async () => {
        const rows = await db
          .selectFrom('commands')
          .selectAll()
          .where('answer', 'is', null)
          .where('received_at', '<', sql<string>`clock_timestamp() - interval '10 seconds'`)
          .where(isFree)
          .orderBy('received_at')
          .execute();
        return rows.map(acceptedOf);
      }),
  };
}

const isFree = sql<boolean>`(claimed_until is null or claimed_until < clock_timestamp())`;

/** Once more when the connection broke: our own id in the row tells whether the first try had arrived. */
async function accept(db: Db, intake: Intake): Promise<{ first: boolean; accepted: Accepted }> {
  const id = randomUUID();
  const patience = new AbortController();
  const insertion = insert(db, id, intake, patience.signal).catch((thrown: unknown) => {
    if (isRefusedStatement(thrown) || patience.signal.aborted) throw thrown;
    return insert(db, id, intake, patience.signal);
  });
  const row = await within(ACCEPT_MS, insertion, () => {
    const fault = new Fault(`storing a command: the database did not answer within ${ACCEPT_MS} ms`);
    // What is still on its way then is left to fail by itself.
    patience.abort(fault);
    return fault;
  });
  const accepted = acceptedOf(row);
  return { first: accepted.id === id, accepted };
}

function insert(db: Db, id: string, { ...intake }: Intake, signal: AbortSignal) {
  return transaction(
    db,
    async (tx) => {
      const row = await tx
        .insertInto('commands')
        .values({ id, key: intake.key, intake: JSON.stringify(intake) })
        .onConflict((conflict) => conflict.column('key').doNothing())
        .returningAll()
        .executeTakeFirst();
      const stored =
        row ?? (await tx.selectFrom('commands').selectAll().where('key', '=', intake.key).executeTakeFirstOrThrow());
      // The person has been told that it was not stored: then it must not be.
      signal.throwIfAborted();
      return stored;
    },
    { statementMs: 2_000, lockMs: 2_000 },
  );
}

function acceptedOf(row: Selectable<Tables['commands']>): Accepted {
  return { id: row.id, intake: row.intake, receivedAt: row.received_at, answer: row.answer };
}
