// What every world on loopback stands on: store, queue, Slack, one protected system, its system file, and Holdfast.
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { type HoldfastOptions, type HoldfastProcess, startHoldfast } from './holdfast.ts';
import { freePort } from './servers/free-port.ts';
import { type PostgresServer, startPostgres } from './servers/postgres.ts';
import { type RedisServer, startRedis } from './servers/redis.ts';
import { workingDirectory } from './servers/working-directory.ts';
import { type SlackServer, startSlack } from './slack/start-slack.ts';
import { type Addresses, type SandboxRules, writeSystemFile } from './system-files.ts';

export type GroundOptions = {
  mode?: 'socket' | 'http';
  rules?: Partial<SandboxRules>;
  slackPort?: number;
  /** Settings of the store's PostgreSQL, stronger than those of a throw-away server. */
  storeSettings?: Record<string, string>;
  /** Environment variables beside those that every Holdfast here gets. */
  env?: Record<string, string>;
};

/** A protected system with everything that it consists of, as it was started in the sandbox. */
export type Estate = {
  /** The name of its file in systems/, without the ending. */
  readonly system: string;
  /** What stands in the file for this machine. */
  readonly addresses: Addresses;
  /** Variables that the file names, and those of its platform. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
};

export type Ground = {
  /** The server of Holdfast's own store. */
  store: PostgresServer;
  queue: RedisServer;
  slack: SlackServer;
  dir: string;
  /** Starts one more Holdfast process. */
  holdfast(role?: 'bot' | 'worker'): Promise<HoldfastProcess>;
  /** What every Holdfast process here gets as its environment. */
  env: Record<string, string>;
  stop(): Promise<void>;
};

const RULES: SandboxRules = {
  updateMinutes: 15,
  watchSeconds: 5,
  expiresMinutes: 15,
  watchMinutes: 15,
  schedules: [],
  incidents: {},
};

/** Starts everything but Holdfast. What was started is stopped again when something does not start. */
export async function startGround<E extends Estate>(
  options: GroundOptions,
  startEstate: (dir: string) => Promise<E>,
): Promise<Ground & { estate: E }> {
  const { mode = 'socket' } = options;
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
      keep(startRedis()),
      keep(startSlack({ mode, ...(options.slackPort === undefined ? {} : { port: options.slackPort }) })),
      freePort(),
      keep(startEstate(dir)),
    ] as const;
    // Whatever is still starting when one of them fails has to be stopped too.
    await Promise.allSettled(starting);
    const [store, queue, slack, port, estate] = await Promise.all(starting);
    const systemsDir = join(dir, 'systems');
    await writeSystemFile(systemsDir, estate.system, estate.addresses, { ...RULES, ...options.rules });
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
      ...estate.env,
      ...options.env,
    };
    let started = 0;
    const holdfast = async (role?: HoldfastOptions['role']) => {
      started += 1;
      const logFile = join(dir, `holdfast-${started}.log`);
      return keep(startHoldfast({ env, logFile, cwd: dir, ...(role === undefined ? {} : { role }) }));
    };
    return { store, queue, slack, dir, env, holdfast, estate, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
