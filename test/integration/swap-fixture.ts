// Pairs of databases to be swapped in a real PostgreSQL, a client that polls one of them, and a proxy that cuts statements.
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../../sandbox/servers/free-port.ts';
import type { PostgresServer } from '../../sandbox/servers/postgres.ts';
import { Secret } from '../../src/core/secret.ts';
import { databaseFacts } from '../../src/postgres/database-facts.ts';
import type { Swap } from '../../src/postgres/swap/databases.ts';
import type { PromoteOptions } from '../../src/postgres/swap/promote.ts';

export const options: PromoteOptions = {
  purpose: 'holdfast op-41 s7',
  signal: new AbortController().signal,
  fence: async () => {},
  keep: { operation: 'op-41', until: '2025-11-28T02:00:00.000Z' },
};

/** One statement, or several, on a connection of its own. */
export async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows ?? [];
  } finally {
    await client.end();
  }
}

export const OLD = 200;
const NEW = 300;

/** `<name>` with 200 rows that say "old", and `<name>_candidate` with 300 that say "new". */
export async function pairOf(server: PostgresServer, name: string, owner = 'postgres'): Promise<Swap> {
  const names = [name, `${name}_candidate`, `${name}_before_op_41`];
  for (const left of names) await ask(server.url, `drop database if exists ${left} with (force)`);
  const make = async (database: string, source: string, rows: number) => {
    await ask(server.url, `create database ${database} owner ${owner}`);
    const table = `create table entries (id int primary key, source text)`;
    await ask(
      server.urlOf(database),
      `${table}; insert into entries select n, '${source}' from generate_series(1, ${rows}) n`,
    );
  };
  await make(name, 'old', OLD);
  await make(`${name}_candidate`, 'new', NEW);
  return await swapOf(server, name);
}

export async function swapOf(server: PostgresServer, live: string): Promise<Swap> {
  const candidate = `${live}_candidate`;
  const identities = {
    live: await identityOf(server, live),
    candidate: (await identityOf(server, candidate)) ?? 'there is none',
  };
  return { live, candidate, previous: `${live}_before_op_41`, identities };
}

async function identityOf(server: PostgresServer, name: string): Promise<string | null> {
  return (await databaseFacts(new Secret(server.url), name))?.identity ?? null;
}

/** What a client reads from it: "old 200", "new 300"; or why it cannot. */
export async function answerOf(url: string): Promise<string> {
  try {
    const [row] = await ask(url, "select min(source) || ' ' || count(*) as answer from entries");
    return String(row?.['answer']);
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

export type Poller = {
  /** Every answer, in order, with the same ones in a row told once. */
  answers(): string[];
  /** Longest time between two correct answers, in ms. */
  longestGap(): number;
  untilItSays(answer: string): Promise<void>;
  stop(): Promise<void>;
};

/** Asks every millisecond on one connection, and connects again whenever it breaks. */
export function poll(url: string): Poller {
  const told: { answer: string; at: number }[] = [];
  let polling = true;
  const ended = (async () => {
    while (polling) {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
      client.on('error', () => {});
      try {
        await client.connect();
        while (polling) {
          const { rows } = await client.query("select min(source) || ' ' || count(*) as answer from entries");
          told.push({ answer: String(rows[0]?.answer), at: performance.now() });
          await sleep(1);
        }
      } catch {
        await sleep(1);
      } finally {
        await client.end().catch(() => {});
      }
    }
  })();
  return {
    answers: () => told.map(({ answer }) => answer).filter((answer, n, all) => answer !== all[n - 1]),
    longestGap: () => Math.max(...told.slice(1).map(({ at }, n) => at - (told[n]?.at ?? at))),
    async untilItSays(answer) {
      const patience = Date.now() + 40_000;
      while (told.at(-1)?.answer !== answer) {
        if (Date.now() > patience) throw new Error(`the poller does not say "${answer}" but "${told.at(-1)?.answer}"`);
        await sleep(5);
      }
    },
    async stop() {
      polling = false;
      await ended;
    },
  };
}

export type Cut = {
  readonly url: string;
  /** True once the cut was made. */
  made(): boolean;
  stop(): Promise<void>;
};

/**
 * A proxy that lets `statements` statements pass of the first message that renames databases, and has the server end the
 * session then. `thenDead`: nothing connects any more, as if the worker had died with it. With `statements` null the server
 * gets the whole message, and only the client is cut off: at once when it is dead, otherwise when the server has answered,
 * because a worker that lives ends its former session, and would win or lose a race against it.
 */
export async function cutAfter(
  server: PostgresServer,
  statements: number | null,
  { thenDead, role }: { thenDead: boolean; role: string },
): Promise<Cut> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let made = false;
  let answerIsLost = false;
  const cut = (message: string): string => {
    const told = message.split(';\n');
    if (made || told.length < 3 || (statements ?? 0) >= told.length) return message;
    made = true;
    return statements === null ? message : [...told.slice(0, statements), ENDS_ITSELF].join(';\n');
  };
  const listener = createServer((client) => {
    if (made && thenDead) {
      client.destroy();
      return;
    }
    const upstream = connect({ host: '127.0.0.1', port: server.port });
    // What was sent is still delivered.
    const close = () => {
      client.destroy();
      upstream.end();
    };
    for (const socket of [client, upstream]) sockets.add(socket.on('error', close).on('close', close));
    client.on('data', (data) => {
      // The messages are short and wait for their answer: each comes in one piece.
      const isQuery = String.fromCharCode(data[0] ?? 0) === 'Q' && data.readInt32BE(1) + 1 === data.length;
      const before = made;
      upstream.write(isQuery ? queryMessage(cut(data.toString('utf8', 5, data.length - 1))) : data);
      if (!made || before || statements !== null) return;
      if (thenDead) close();
      else answerIsLost = true;
    });
    upstream.on('data', (data) => {
      if (!answerIsLost) return void client.write(data);
      answerIsLost = false;
      close();
    });
  });
  await new Promise<void>((resolve) => listener.listen(port, '127.0.0.1', resolve));
  return {
    url: `postgres://${role}@127.0.0.1:${port}/postgres`,
    made: () => made,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}

const ENDS_ITSELF = 'select pg_terminate_backend(pg_backend_pid())';

function queryMessage(text: string): Buffer {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.from('Q\0\0\0\0');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
