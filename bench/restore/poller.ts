// A client of the live database that asks for one row again and again, and notes every answer that is late, wrong or missing.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { emailOf } from './bank.ts';

export type Seen = {
  /** Longest time between two correct answers, in ms. */
  readonly longestGapMs: number;
  /** Between the last correct answer of one database and the first one of the next; null while one alone answered. */
  readonly exchangeMs: number | null;
  /** Answers that were not the row asked for. */
  readonly wrong: number;
  readonly answers: number;
  /** The databases that answered, by their oids, in order. */
  readonly databases: readonly string[];
};

/** Asks every `everyMs` on one connection, and connects again at once whenever it breaks. `stop` tells what was seen. */
export async function startPoller(url: string, customers: number, everyMs = 1) {
  const correct: number[] = [];
  const databases: string[] = [];
  let [wrong, answers, polling] = [0, 0, true];
  let exchangeMs: number | null = null;
  const first = Promise.withResolvers<void>();

  async function askOnce(client: pg.Client): Promise<void> {
    const n = 1 + Math.floor(Math.random() * customers);
    const { rows } = await client.query<{ email: string; oid: string }>(ROW, [n]);
    const [row] = rows;
    answers += 1;
    if (row?.email !== emailOf(n)) {
      wrong += 1;
      return;
    }
    const [before, now] = [correct.at(-1), performance.now()];
    correct.push(now);
    if (databases.at(-1) !== row.oid) {
      if (before !== undefined) exchangeMs = now - before;
      databases.push(row.oid);
    }
    first.resolve();
  }

  async function pollUntilItBreaks(): Promise<void> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'a client',
      connectionTimeoutMillis: 5_000,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      while (polling) {
        await askOnce(client);
        await sleep(everyMs);
      }
    } catch {
      await sleep(1);
    } finally {
      await client.end().catch(() => {});
    }
  }

  const ended = (async () => {
    while (polling) await pollUntilItBreaks();
  })();
  await first.promise;
  return {
    /** After the next correct answer from the database as it is now. */
    async stop(): Promise<Seen> {
      const count = correct.length;
      while (correct.length === count) await sleep(5);
      polling = false;
      await ended;
      const gaps = correct.slice(1).map((at, n) => at - (correct[n] ?? at));
      // Not spread: a long restore has more answers than a call may have arguments.
      const longestGapMs = gaps.reduce((longest, gap) => Math.max(longest, gap), 0);
      return { longestGapMs, exchangeMs, wrong, answers, databases };
    },
  };
}

const ROW = `
  select email, (select oid::text from pg_database where datname = current_database()) as oid from customers where id = $1`;
