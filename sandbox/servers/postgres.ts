// Starts a real PostgreSQL server on loopback for the sandbox and the tests.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { postgresBinaries, postgresUser } from './postgres-binaries.ts';
import { prepareData } from './postgres-data.ts';
import { type ServerProcess, startProcess } from './server-process.ts';
import { workingDirectory } from './working-directory.ts';

const run = promisify(execFile);

export type PostgresOptions = {
  /** Where the cluster lives (`dir/data`); kept at `stop`, and started as it is when it already holds one. Default: temporary. */
  dir?: string;
  /** postgresql.conf settings, stronger than the throw-away defaults. */
  settings?: Record<string, string>;
  port?: number;
};

export type PostgresServer = {
  host: '127.0.0.1';
  port: number;
  /** Superuser on database `postgres`. */
  url: string;
  urlOf(database: string, user?: string): string;
  /** Holds `data` (the cluster), `run` (its socket) and `server.log`. */
  dir: string;
  /** Folder of the programs of the same version: pg_dump, pg_restore, psql. */
  bin: string;
  readonly pid: number;
  /** Fast shutdown; then the directory is removed if it was temporary. */
  stop(): Promise<void>;
  /** SIGKILL of the postmaster, as a crash would; returns when its children are gone too. `restart` recovers it. */
  kill(): Promise<void>;
  restart(): Promise<void>;
};

/** Starts PostgreSQL with trust authentication on 127.0.0.1 and returns when it answers a query. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const [bin, user] = await Promise.all([postgresBinaries(), postgresUser()]);
  const port = options.port ?? (await freePort());
  const { path: dir, removeIfOurs } = await workingDirectory('postgres', options.dir);
  const urlOf = (database: string, as = 'postgres') =>
    `postgres://${encodeURIComponent(as)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  const url = urlOf('postgres');

  async function start(): Promise<ServerProcess> {
    const data = await prepareData({ bin, dir, port, settings: options.settings ?? {}, user });
    const started = await startProcess({
      name: 'PostgreSQL',
      command: join(bin, 'postgres'),
      args: ['-D', data],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      cwd: dir,
      logFile: join(dir, 'server.log'),
      deathSignal: 'SIGQUIT',
      ...(user ? { user } : {}),
    });
    await started.untilReady(() => answers(url));
    return started;
  }

  let postmaster: ServerProcess;
  try {
    postmaster = await start();
  } catch (error) {
    await removeIfOurs();
    throw error;
  }

  const fastStop = () => postmaster.end(['SIGINT', 'SIGQUIT']);
  return {
    host: '127.0.0.1',
    port,
    url,
    urlOf,
    dir,
    bin,
    get pid() {
      return postmaster.pid;
    },
    async stop() {
      await fastStop();
      await removeIfOurs();
    },
    async kill() {
      const backends = await childrenOf(postmaster.pid);
      await postmaster.end([]);
      await untilGone(backends);
    },
    async restart() {
      await fastStop();
      postmaster = await start();
    },
  };
}

async function answers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end();
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  return (await processes()).flatMap(({ pid, ppid }) => (ppid === parent ? [pid] : []));
}

// Orphaned backends hold the shared memory; a new postmaster refuses to start beside them.
async function untilGone(pids: readonly number[]): Promise<void> {
  const patience = Date.now() + 2_000;
  for (;;) {
    const left = (await processes()).filter(({ pid, zombie }) => pids.includes(pid) && !zombie);
    if (left.length === 0) return;
    if (Date.now() > patience) for (const { pid } of left) process.kill(pid, 'SIGKILL');
    await sleep(20);
  }
}

async function processes(): Promise<{ pid: number; ppid: number; zombie: boolean }[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, ppid, stat]) => ({ pid: Number(pid), ppid: Number(ppid), zombie: stat?.startsWith('Z') ?? false }));
}
