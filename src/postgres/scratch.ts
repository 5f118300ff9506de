// A PostgreSQL server that is thrown away: backups are restored into it to see whether they can be.
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeIdentifier as quoted } from 'pg';
import { Fault, reasonOf } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { exec, type Ran } from '../lib/exec.ts';
import { newestTools, type Program, type ToolPath, type Tools, toolsFor } from './client-tools.ts';
import { withDatabase } from './connect.ts';
import { type Loadable, type Loaded, type LoadOptions, load } from './load.ts';
import { programEnv } from './program-env.ts';
import { giveTo, type ServerUser, serverUser } from './server-user.ts';

export type ScratchOptions = ToolPath & {
  /** Where it lives while it is needed: a directory on a disk with room for the database and its indexes. */
  readonly dir: string;
  /** Whose it is, "op-41": what a crash has left of an earlier one is removed. */
  readonly name: string;
  /** The version of the server whose backup is loaded; null takes the newest that is installed. */
  readonly version: string | null;
  readonly signal: AbortSignal;
};

export type ScratchServer = {
  /** As the role that owns everything in the databases, and which is no superuser: a backup may hold code of anybody's. */
  connection(database: string): Secret;
  /**
   * Creates the database, loads the backup into it and gathers statistics. Throws Fault when anything of it fails. A path
   * stands for an archive of pg_dump -Fc.
   */
  load(backup: string | Loadable, database: string, options?: LoadOptions): Promise<Loaded>;
};

// For a server whose data nobody will miss: half as much again as fast. Never promote such a one.
const SETTINGS = {
  // Reached through its socket in a closed directory only: what is in it is customers' data.
  listen_addresses: '',
  port: '5432',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '4GB',
  checkpoint_timeout: '1h',
  shared_buffers: '256MB',
  wal_buffers: '16MB',
  maintenance_work_mem: '256MB',
  autovacuum: 'off',
};

const PURPOSE = 'holdfast scratch';
const ROLE = 'holdfast_load';
const PROGRAMS: readonly Program[] = ['initdb', 'postgres', 'pg_restore'];
const START_MS = 60_000;
/** The kernel takes no longer path for a socket than about 107 characters, its name included. */
const LONGEST_SOCKET_DIR = 85;

/** Starts the server, hands it to `use`, and leaves nothing of it behind, whatever happens. It dies with this process. */
export async function withScratch<T>(options: ScratchOptions, use: (server: ScratchServer) => Promise<T>): Promise<T> {
  options.signal.throwIfAborted();
  const { version } = options;
  const tools = await (version === null ? newestTools(options, PROGRAMS) : toolsFor(version, options, PROGRAMS));
  const user = await serverUser(options);
  const home = await freshHome(options);
  const sockets = home.length <= LONGEST_SOCKET_DIR ? home : await mkdtemp(join(tmpdir(), 'holdfast-'));
  const stop = new AbortController();
  let server: Promise<Ran> | undefined;
  try {
    for (const path of new Set([home, sockets])) if (user !== null) await giveTo(user, path);
    const place: Place = { ...options, tools, user, home, sockets };
    await initialise(place);
    server = start(place, AbortSignal.any([stop.signal, options.signal]));
    await untilItAnswers(place, server);
    await ask(sockets, 'postgres', `create role ${ROLE} login nosuperuser`, options.signal);
    return await use({
      connection: (database) => connectionTo(sockets, database, ROLE),
      load: async (backup, database, loading) => await createAndLoad(place, backup, database, loading),
    });
  } finally {
    stop.abort();
    await server?.catch(() => {});
    for (const path of new Set([home, sockets])) await rm(path, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Place = ScratchOptions & {
  readonly tools: Tools;
  readonly user: ServerUser | null;
  readonly home: string;
  readonly sockets: string;
};

/** What there is on the disk of servers of that name. */
export async function scratchHomes({ dir, name }: Pick<ScratchOptions, 'dir' | 'name'>): Promise<string[]> {
  return (await readdir(dir)).filter((entry) => entry.startsWith(prefixOf(name))).map((entry) => join(dir, entry));
}

/** Whose a server of this directory was, "op-41"; null when it is none. */
export function scratchOwner(entry: string): string | null {
  return /^scratch-(.+)-[A-Za-z0-9]{6}$/.exec(entry)?.[1] ?? null;
}

function prefixOf(name: string): string {
  return `scratch-${name}-`;
}

async function freshHome(options: ScratchOptions): Promise<string> {
  await mkdir(options.dir, { recursive: true });
  for (const left of await scratchHomes(options)) await rm(left, { recursive: true, force: true, maxRetries: 5 });
  return await mkdtemp(join(options.dir, prefixOf(options.name)));
}

async function initialise(place: Place): Promise<void> {
  const args = [
    '--pgdata',
    dataOf(place),
    '--username=postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
  ];
  if (process.platform === 'darwin') args[args.length - 1] = '--locale=C';
  const ran = await exec(place.tools.program('initdb'), [...args, '--no-sync', '--no-instructions'], {
    ...runningIn(place),
    signal: place.signal,
  });
  place.signal.throwIfAborted();
  if (ran.code !== 0) throw new Fault('making a scratch PostgreSQL', { cause: new Error(lastLine(ran.stderr)) });
}

function start(place: Place, signal: AbortSignal): Promise<Ran> {
  const settings = { ...SETTINGS, unix_socket_directories: place.sockets };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return exec(place.tools.program('postgres'), ['-D', dataOf(place), ...args], {
    ...runningIn(place),
    signal,
    maxBuffer: 10_000,
    // "Immediate" shutdown: its sessions are ended and nothing is written that is thrown away anyway.
    endWith: 'SIGQUIT',
  });
}

async function untilItAnswers(place: Place, server: Promise<Ran>): Promise<void> {
  const activity = 'starting a scratch PostgreSQL';
  const ended = server.then((ran) => {
    throw new Fault(activity, { cause: new Error(lastLine(ran.stderr)) });
  });
  // It ends in any case, long after anybody waits for this.
  ended.catch(() => {});
  const patience = Date.now() + START_MS;
  for (;;) {
    try {
      await Promise.race([ended, ask(place.sockets, 'postgres', 'select 1', place.signal)]);
      return;
    } catch (thrown) {
      place.signal.throwIfAborted();
      if ((thrown instanceof Fault && thrown.activity === activity) || Date.now() > patience) throw thrown;
    }
    await sleep(50);
  }
}

async function createAndLoad(
  { path, sockets, signal }: Place,
  backup: string | Loadable,
  name: string,
  options?: LoadOptions,
): Promise<Loaded> {
  try {
    await ask(sockets, 'postgres', `create database ${quoted(name)} owner ${ROLE} template template0`, signal);
    await ask(sockets, name, `alter schema public owner to ${ROLE}`, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new Fault(`creating the scratch database ${name}: ${reasonOf(cause)}`);
  }
  const [database, admin] = [connectionTo(sockets, name, ROLE), connectionTo(sockets, name)];
  const into = 'a scratch PostgreSQL';
  const place = {
    path,
    database,
    admin,
    role: ROLE,
    name,
    into,
    workDir: sockets,
    purpose: PURPOSE,
    signal,
    createsRoles: true,
  };
  const archive: Loadable =
    typeof backup === 'string' ? { is: 'for-pg-restore', file: backup, parallel: true } : backup;
  return await load(place, archive, options);
}

async function ask(sockets: string, database: string, sql: string, signal: AbortSignal): Promise<void> {
  const connection = { readOnly: false, purpose: PURPOSE, timeoutSeconds: 60, signal };
  await withDatabase(connectionTo(sockets, database), connection, (query) => query(sql));
}

function connectionTo(sockets: string, database: string, user = 'postgres'): Secret {
  const where = new URLSearchParams({ host: sockets, port: '5432', user });
  return new Secret(`postgres:///${encodeURIComponent(database)}?${where}`);
}

function runningIn({ path, home, user }: Place) {
  return { env: programEnv({ path }), cwd: home, ...user };
}

function dataOf({ home }: Place): string {
  return join(home, 'data');
}

function lastLine(said: string): string {
  return said.trim().split('\n').at(-1) ?? '';
}
