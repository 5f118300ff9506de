// The whole world on loopback: store, queue, Slack, simulated Heroku, system files, and Holdfast in it.
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type SimulatedHeroku, startHeroku } from './heroku/start.ts';
import { type HoldfastOptions, type HoldfastProcess, startHoldfast } from './holdfast.ts';
import { freePort } from './servers/free-port.ts';
import { type PostgresServer, startPostgres } from './servers/postgres.ts';
import { type RedisServer, startRedis } from './servers/redis.ts';
import { workingDirectory } from './servers/working-directory.ts';
import { type SlackServer, startSlack } from './slack/start-slack.ts';
import { type SandboxRules, writeSystemFiles } from './system-files.ts';

export type WorldOptions = {
  mode?: 'socket' | 'http';
  /** `real` for people, `fast` for tests. */
  pace?: 'real' | 'fast';
  rules?: Partial<SandboxRules>;
  slackPort?: number;
  /** Settings of the store's PostgreSQL, stronger than those of a throw-away server. */
  storeSettings?: Record<string, string>;
  /** Environment variables beside those that every Holdfast here gets. */
  env?: Record<string, string>;
};

export type World = {
  /** The server of Holdfast's own store; the one of Heroku's databases is another one. */
  store: PostgresServer;
  queue: RedisServer;
  slack: SlackServer;
  heroku: SimulatedHeroku;
  dir: string;
  /** Starts one more Holdfast process. */
  holdfast(role?: 'bot' | 'worker'): Promise<HoldfastProcess>;
  /** Counts rows in one of Heroku's databases, as a superuser, past everything else. */
  countRows(database: string, table: string): Promise<number>;
  /** What every Holdfast process here gets as its environment. */
  env: Record<string, string>;
  stop(): Promise<void>;
};

const RULES: SandboxRules = { updateMinutes: 15, watchSeconds: 5, expiresMinutes: 15 };

/** Starts everything but Holdfast. What was started is stopped again when something does not start. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { mode = 'socket', pace = 'fast' } = options;
  const stops: (() => Promise<unknown>)[] = [];
  const keep = async <T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting;
    stops.push(() => started.stop());
    return started;
  };
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const { path: dir, removeIfOurs } = await workingDirectory('world');
    stops.push(removeIfOurs);
    const starting = [
      keep(startPostgres({ settings: options.storeSettings ?? {} })),
      keep(startPostgres()),
      keep(startRedis()),
      keep(startSlack({ mode, ...(options.slackPort === undefined ? {} : { port: options.slackPort }) })),
      freePort(),
    ] as const;
    // Whatever is still starting when one of them fails has to be stopped too.
    await Promise.allSettled(starting);
    const [store, platform, queue, slack, port] = await Promise.all(starting);
    const heroku = await keep(startHeroku({ postgres: platform.url, dir: join(dir, 'dumps'), pace }));
    const webs = Object.fromEntries(Object.entries(heroku.apps).map(([app, { web }]) => [app, web]));
    const systemsDir = join(dir, 'systems');
    await writeSystemFiles(systemsDir, webs, { ...RULES, ...options.rules });
    // Scratch servers run as the user postgres when we are root: they must be able to pass through.
    await chmod(dir, 0o711);
    slack.deliverTo(`http://127.0.0.1:${port}/slack/events`);
    const env = {
      DATABASE_URL: store.url,
      REDIS_URL: queue.url,
      SLACK_BOT_TOKEN: slack.bot.token,
      SLACK_API_URL: slack.apiUrl,
      ...(mode === 'socket'
        ? { SLACK_APP_TOKEN: slack.bot.appToken }
        : { SLACK_SIGNING_SECRET: slack.bot.signingSecret, PORT: String(port) }),
      SYSTEMS_DIR: systemsDir,
      WORK_DIR: join(dir, 'work'),
      HEROKU_API_KEY: heroku.apiKey,
      HEROKU_HOST: heroku.url,
      HEROKU_DATA_HOST: 'localhost',
      ...(heroku.caFile === null ? {} : { NODE_EXTRA_CA_CERTS: heroku.caFile }),
      ...options.env,
    };
    let started = 0;
    const holdfast = async (role?: HoldfastOptions['role']) => {
      started += 1;
      const logFile = join(dir, `holdfast-${started}.log`);
      return keep(startHoldfast({ env, logFile, cwd: dir, ...(role === undefined ? {} : { role }) }));
    };
    const countRows = (database: string, table: string) => rowsIn(platform.urlOf(database), table);
    return { store, queue, slack, heroku, dir, env, holdfast, countRows, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function rowsIn(url: string, table: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(`select count(*) from ${client.escapeIdentifier(table)}`);
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}
