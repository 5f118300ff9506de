// Loads a backup into an empty database over several connections, all of it or not at all: scratch servers and candidates alike.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Secret } from '../core/secret.ts';
import type { OpenArchive } from './archive/open.ts';
import { type Crew, withCrew } from './candidate/crew.ts';
import { validateForeignKeys } from './candidate/foreign-keys.ts';
import { type Lane, loadSettings, openLane } from './candidate/lane.ts';
import { type Hooks, type LoadedParts, type Loading, troubleWith } from './candidate/loading.ts';
import { loadPlain } from './candidate/plain-load.ts';
import { restoreArchive } from './candidate/restore.ts';
import { type ToolPath, toolsFor } from './client-tools.ts';
import { withDatabase } from './connect.ts';

/** What `openArchive` gives; closing it is left to whoever has opened it. */
export type Loadable =
  | Omit<Extract<OpenArchive, { is: 'for-pg-restore' }>, 'close'>
  | Omit<Extract<OpenArchive, { is: 'sql' }>, 'close'>;

export type LoadOptions = Hooks & {
  /** Default: one more than this machine has processors. */
  readonly jobs?: number;
};

/** What there is besides the backup: see `Loading`, of which the rest is found out. */
export type LoadPlace = ToolPath &
  Pick<Loading, 'createsRoles' | 'database' | 'admin' | 'role' | 'name' | 'into' | 'workDir' | 'purpose' | 'signal'>;

export type Loaded = {
  /** From the first statement to the last, gathering statistics included. */
  readonly seconds: number;
  /** Extensions that the server does not have, by name; event triggers, publications, subscriptions: "event trigger audit". */
  readonly leftOut: readonly string[];
};

/**
 * Everything of the backup runs as the role of `database`, which must own nothing else. Throws Fault with what the server
 * said, without rows, when anything of it cannot be loaded; a Refusal for a backup that is not what it should be.
 */
export async function load(place: LoadPlace, backup: Loadable, options: LoadOptions = {}): Promise<Loaded> {
  const began = performance.now();
  const version = await serverVersion(place);
  const workDir = await mkdtemp(join(place.workDir, 'load-'));
  const jobs = options.jobs ?? availableParallelism() + 1;
  const loading: Loading = { ...place, workDir, jobs, major: Number.parseInt(version, 10) };
  const lanes = { purpose: place.purpose, settings: loadSettings(loading), signal: place.signal, jobs };
  try {
    const leftOut = await withMain(place.database, lanes, async (main) => {
      if (backup.is === 'sql') {
        return await withCrew(place.database, lanes, async (crew) => {
          const parts = await loadPlain(loading, { main, crew }, await backup.sql(), options);
          return await finish(crew, main, parts);
        });
      }
      const tools = await toolsFor(version, place, ['pg_restore']);
      const restore = { loading, tools, file: backup.file, jobs: backup.parallel ? jobs : 1 };
      const parts = await restoreArchive(restore, main, options);
      return await withCrew(place.database, lanes, (crew) => finish(crew, main, parts));
    });
    return { seconds: (performance.now() - began) / 1000, leftOut };
  } catch (thrown) {
    place.signal.throwIfAborted();
    throw troubleWith(`loading into ${place.into}`, thrown);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function finish(crew: Crew, main: Lane, parts: LoadedParts): Promise<readonly string[]> {
  const largestFirst = await analyse(crew, main);
  await validateForeignKeys(crew, parts.unvalidated, largestFirst);
  return parts.leftOut;
}

/**
 * Otherwise the first questions to the fresh database would be planned blindly, and the checks be slow. Returns the tables,
 * the largest first.
 */
async function analyse(crew: Crew, main: Lane): Promise<string[]> {
  const tables = await main.rows<{ name: string }>(
    `select format('%I.%I', nspname, relname) as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where relkind in ('r', 'm', 'p') and not relispartition
        and relowner = (select oid from pg_roles where rolname = current_user)
      order by relpages desc`,
    [],
  );
  await crew.runAll(tables, (lane, { name }) => lane.run(`analyze ${name}`));
  return tables.map(({ name }) => name);
}

async function withMain<T>(
  secret: Secret,
  options: Parameters<typeof openLane>[1],
  use: (main: Lane) => Promise<T>,
): Promise<T> {
  const main = await openLane(secret, options);
  try {
    return await use(main);
  } finally {
    await main.close();
  }
}

/** "15.18" */
async function serverVersion({ admin, purpose, signal }: LoadPlace): Promise<string> {
  return await withDatabase(admin, { readOnly: true, purpose, timeoutSeconds: 60, signal }, async (query) => {
    const [row] = await query<{ server_version: string }>('show server_version');
    return row?.server_version ?? '';
  });
}
