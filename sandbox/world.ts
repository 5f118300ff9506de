// The worlds of grayledger and suoops: a simulated Heroku, with Holdfast and all that it stands on.
import { join } from 'node:path';
import pg from 'pg';
import { type Estate, type Ground, type GroundOptions, startGround } from './ground.ts';
import { type SimulatedHeroku, startHeroku } from './heroku/start.ts';
import { startPostgres } from './servers/postgres.ts';

/** The systems on Heroku, with the app of each environment. */
const APPS = {
  grayledger: { production: 'grayledger-production', staging: 'grayledger-staging' },
  suoops: { production: 'suoops-backend', staging: 'suoops-staging' },
} as const;

export type WorldOptions = GroundOptions & {
  /** Default: grayledger. */
  system?: keyof typeof APPS;
  /** `real` for people, `fast` for tests. */
  pace?: 'real' | 'fast';
};

export type World = Ground & {
  heroku: SimulatedHeroku;
  /** Counts rows in one of Heroku's databases, as a superuser, past everything else. */
  countRows(database: string, table: string): Promise<number>;
};

/** Starts everything but Holdfast. What was started is stopped again when something does not start. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { estate, ...ground } = await startGround(options, (dir) => onHeroku(dir, options));
  const { heroku, urlOf } = estate;
  return { ...ground, heroku, countRows: (database, table) => rowsIn(urlOf(database), table) };
}

type HerokuEstate = Estate & { readonly heroku: SimulatedHeroku; urlOf(database: string): string };

/** Heroku's databases are on a server of their own. */
async function onHeroku(dir: string, { pace = 'fast', system = 'grayledger' }: WorldOptions): Promise<HerokuEstate> {
  const platform = await startPostgres();
  const heroku = await startHeroku({ postgres: platform.url, dir: join(dir, 'dumps'), pace, systems: [system] }).catch(
    async (thrown) => {
      await platform.stop();
      throw thrown;
    },
  );
  const healthOf = (app: string) => `${heroku.apps[app]?.web ?? ''}/health`;
  return {
    system,
    addresses: {
      health: { production: healthOf(APPS[system].production), staging: healthOf(APPS[system].staging) },
      settings: {},
    },
    env: {
      HEROKU_API_KEY: heroku.apiKey,
      HEROKU_HOST: heroku.url,
      HEROKU_DATA_HOST: 'localhost',
      ...(heroku.caFile === null ? {} : { NODE_EXTRA_CA_CERTS: heroku.caFile }),
    },
    heroku,
    urlOf: (database) => platform.urlOf(database),
    async stop() {
      await heroku.stop();
      await platform.stop();
    },
  };
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
