// Puts one project together in this process: its database, the Storage API, the application, and the platform's own sessions.
import { join } from 'node:path';
import pg from 'pg';
import { endpoints } from './app/endpoints.ts';
import { controlRoutes } from './control/routes.ts';
import { activeFaults } from './http/faults.ts';
import { type LoggedRequest, serveParts } from './http/serve.ts';
import { ADMIN, as, preparePlatform } from './seed/platform.ts';
import { type EnvironmentName, seedProject } from './seed/project.ts';
import { storageApi } from './storage/api.ts';
import { projectKeys } from './storage/keys.ts';
import { objectsIn } from './storage/objects.ts';

export type ProjectOptions = {
  readonly environment: EnvironmentName;
  /** The first superuser of a server that nobody has prepared yet, on its database `postgres`. */
  readonly postgres: string;
  readonly dir: string;
  readonly port: number;
};

/** What a started project says about itself. */
export type Ready = {
  /** Of the Storage API and the application. */
  readonly url: string;
  /** The database as `postgres`, which is no superuser here. */
  readonly database: string;
  readonly anonKey: string;
  readonly serviceKey: string;
};

/** Prepares, seeds and serves one project until `close`. */
export async function startProject(options: ProjectOptions): Promise<{ ready: Ready; close(): Promise<void> }> {
  const { environment, postgres, dir, port } = options;
  await preparePlatform(postgres);
  const database = as(postgres, 'postgres');
  const storage = poolOf(as(postgres, 'supabase_storage_admin'), 'storage');
  const application = poolOf(database, 'fieldservice');
  const objects = objectsIn(storage, join(dir, environment, 'objects'));
  await seedProject(environment, { url: database, objects, backupsDir: join(dir, 'backups') });
  // The platform is always connected to the database `postgres`: nobody else can rename or replace it.
  const platform = new pg.Client({ connectionString: as(postgres, ADMIN), application_name: 'realtime' });
  platform.on('error', () => {});
  await platform.connect();

  const keys = projectKeys(`fieldservice-${environment}`);
  const faults = activeFaults();
  const log = (): readonly LoggedRequest[] => served.log;
  const parts = [
    controlRoutes({ url: database, objects, faults, log }),
    storageApi(objects, keys),
    endpoints(application),
  ];
  const served = await serveParts(port, faults, parts);
  return {
    ready: {
      url: `http://127.0.0.1:${served.port}`,
      database,
      anonKey: keys.anon,
      serviceKey: keys.serviceRole,
    },
    async close() {
      await served.close();
      // The server under us may already be gone.
      await Promise.allSettled([platform.end(), storage.end(), application.end()]);
    },
  };
}

function poolOf(connectionString: string, name: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, application_name: name, max: 2, connectionTimeoutMillis: 3_000 });
  // A restore may cut an idle connection at any time; the next query gets a new one.
  pool.on('error', () => {});
  return pool;
}
