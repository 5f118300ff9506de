// Opens stores on fresh databases of one real PostgreSQL server, with a second connection for looking behind the scenes.
import pg from 'pg';
import { startPostgres } from '../../sandbox/servers/postgres.ts';
import type { NarrateAlert, NarrateIncident } from '../../src/core/incident-ports.ts';
import type { Narrate } from '../../src/core/ports.ts';
import type { Log } from '../../src/lib/log.ts';
import { createStore, type Store } from '../../src/store/store.ts';

const silent = () => {};
export const silentLog: Log = { debug: silent, info: silent, warn: silent, error: silent };

export type OpenStore = Store & {
  readonly url: string;
  /** One statement, past the store. */
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
};

/** What is told of operations, incidents and alerts: nothing, unless a test says so. */
export type Narrators = {
  readonly narrate?: Narrate;
  readonly narrateIncident?: NarrateIncident;
  readonly narrateAlert?: NarrateAlert;
};

export const SILENT: Required<Narrators> = {
  narrate: () => [],
  narrateIncident: () => ({ tellings: [], notices: [] }),
  narrateAlert: () => [],
};

export type StoreServer = {
  readonly port: number;
  /** A store on a database of its own, migrated. */
  open(narrators?: Narrators): Promise<OpenStore>;
  /** Closes every store and stops the server. */
  stop(): Promise<void>;
};

/** One server per test file. */
export async function startStores(): Promise<StoreServer> {
  const server = await startPostgres();
  const toClose = new Set<() => Promise<void>>();
  let databases = 0;

  async function open(narrators: Narrators = {}): Promise<OpenStore> {
    databases += 1;
    const name = `store_${databases}`;
    await run(server.url, `create database ${name}`);
    const url = server.urlOf(name);
    const store = createStore({ connectionString: url, ...SILENT, ...narrators, log: silentLog });
    const close = async () => {
      if (toClose.delete(close)) await store.close();
    };
    toClose.add(close);
    await store.ready();
    return { ...store, close, url, sql: (text, values) => run(url, text, values) };
  }

  return {
    port: server.port,
    open,
    async stop() {
      await Promise.all([...toClose].map((close) => close()));
      await server.stop();
    },
  };
}

async function run(url: string, text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}
