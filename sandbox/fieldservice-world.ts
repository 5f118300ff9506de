// The world of the fieldservice story: two simulated Supabase projects, each on a PostgreSQL server of its own, and Holdfast.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type Estate, type Ground, type GroundOptions, startGround } from './ground.ts';
import { type PostgresServer, startPostgres } from './servers/postgres.ts';
import type { EnvironmentName } from './supabase/seed/project.ts';
import { type SimulatedSupabase, startSupabase } from './supabase/start.ts';

export type FieldserviceWorld = Ground & {
  supabase: SimulatedSupabase;
  servers: Record<EnvironmentName, PostgresServer>;
  /** Where copies of production's objects go. */
  copiesDir: string;
  /** Asks a project's database, past everything else, as the role `postgres`. */
  query(environment: EnvironmentName, sql: string): Promise<Record<string, unknown>[]>;
};

/** Starts everything but Holdfast. What was started is stopped again when something does not start. */
export async function startFieldserviceWorld(options: GroundOptions = {}): Promise<FieldserviceWorld> {
  const { estate, ...ground } = await startGround(options, startEstate);
  const { supabase, servers, copiesDir } = estate;
  return {
    ...ground,
    ...{ supabase, servers, copiesDir },
    query: (environment, sql) => ask(supabase[environment].database, sql),
  };
}

type FieldserviceEstate = Estate & Pick<FieldserviceWorld, 'supabase' | 'servers' | 'copiesDir'>;

async function startEstate(dir: string): Promise<FieldserviceEstate> {
  const starting = [startPostgres(), startPostgres()] as const;
  const started = await Promise.allSettled(starting);
  const stopServers = async () => {
    for (const one of started) if (one.status === 'fulfilled') await one.value.stop();
  };
  try {
    const [production, staging] = await Promise.all(starting);
    const postgres = { production: production.url, staging: staging.url };
    const supabase = await startSupabase({ postgres, dir: join(dir, 'supabase') });
    return await estateOf(dir, supabase, { production, staging }, stopServers);
  } catch (thrown) {
    await stopServers();
    throw thrown;
  }
}

async function estateOf(
  dir: string,
  supabase: SimulatedSupabase,
  servers: FieldserviceEstate['servers'],
  stopServers: () => Promise<void>,
): Promise<FieldserviceEstate> {
  const { production, staging } = supabase;
  const copiesDir = join(dir, 'copies');
  const ownDir = join(dir, 'supabase', 'backups-of-staging');
  await mkdir(ownDir);
  // The sandbox's database is small: what is no backup of the real one would be one of this.
  const place = { kind: 'directory', path: supabase.backupsDir };
  const archives = { place, scheduled: 'fieldservice_*', atLeastBytes: 10_000, withinMinutes: 15 };
  const storage = (url: string, name: string) => ({
    ...{ url, keyFrom: `FIELDSERVICE_${name}_SERVICE_KEY`, buckets: ['uploads', 'invoices', 'maintenance'] },
  });
  return {
    system: 'fieldservice',
    addresses: {
      health: { production: `${production.url}/api/health`, staging: `${staging.url}/api/health` },
      settings: {
        production: { archives, storage: { ...storage(production.url, 'PRODUCTION'), copyTo: copiesDir } },
        staging: {
          archives: { ...archives, place: { kind: 'directory', path: ownDir } },
          storage: storage(staging.url, 'STAGING'),
        },
      },
      smoke: { production: production.url, staging: staging.url },
    },
    env: {
      FIELDSERVICE_PRODUCTION_DATABASE_URL: production.database,
      FIELDSERVICE_STAGING_DATABASE_URL: staging.database,
      FIELDSERVICE_PRODUCTION_SERVICE_KEY: production.serviceKey,
      FIELDSERVICE_STAGING_SERVICE_KEY: staging.serviceKey,
      MASKING_KEY: 'the masking key of the sandbox',
    },
    ...{ supabase, servers, copiesDir },
    async stop() {
      await supabase.stop();
      await stopServers();
    },
  };
}

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
