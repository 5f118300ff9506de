// Starts the host of the financial planning system: a real sshd, a real PostgreSQL with pgBackRest, an application, units.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../servers/free-port.ts';
import { type PostgresServer, startPostgres } from '../servers/postgres.ts';
import { postgresUser } from '../servers/postgres-binaries.ts';
import { startProcess } from '../servers/server-process.ts';
import { workingDirectory } from '../servers/working-directory.ts';
import { type Control, controlOf } from './control.ts';
import { seed } from './database.ts';
import { entriesOf } from './journal.ts';
import { makePgBackRest, type PgBackRest } from './pgbackrest.ts';
import { endServersBelow } from './processes.ts';
import { DATABASE, OWNER } from './schema.ts';
import { type Sshd, startSshd } from './sshd.ts';
import { serveSystemd } from './systemd.ts';
import { makeUnit } from './units.ts';

export type StartHost = {
  /** Where all of it lives; kept at `stop`. Default: temporary. Short, because a socket's path must be. */
  dir?: string;
  /** How many days of business are in the database. Default: 5. */
  days?: number;
};

export type SandboxHost = {
  readonly dir: string;
  readonly sshd: Sshd;
  /** Where its programs are: systemctl and journalctl first. */
  readonly path: string;
  /** Whose the database server and the pgBackRest repository are; undefined: the user who started the host. */
  readonly serverUser: string | undefined;
  readonly database: { readonly name: string; readonly port: number; readonly url: string };
  readonly pgBackRest: PgBackRest;
  /** A directory with a plain dump of each night. */
  readonly backups: string;
  readonly app: { readonly unit: string; readonly health: string };
  readonly units: readonly string[];
  readonly control: Control;
  stop(): Promise<void>;
};

/** Resolves when the database is seeded and backed up, and the application answers. */
export async function startHost({ dir: given, days = 5 }: StartHost = {}): Promise<SandboxHost> {
  const { path: dir, removeIfOurs } = await workingDirectory('host', given);
  // User postgres has to pass through.
  await chmod(dir, 0o711);
  const [port, appPort, user] = await Promise.all([freePort(), freePort(), postgresUser()]);
  const home = join(dir, 'postgres');
  const backups = join(dir, 'backups');
  const pgBackRest = await makePgBackRest(dir, { data: join(home, 'data'), sockets: join(home, 'run'), port });
  let server: PostgresServer | null = null;
  const startDatabase = async () => {
    server = await startPostgres({ dir: home, port, settings: { ...pgBackRest.settings, max_connections: '50' } });
    return server;
  };
  const urlOf = (as: string) => `postgres://${as}@127.0.0.1:${port}/${DATABASE}`;

  const postgresql = makeUnit({
    name: 'postgresql',
    start: startDatabase,
    journal: () => entriesOf(join(home, 'server.log'), 'postgres'),
  });
  const app = makeUnit({
    name: 'financial-planning-app',
    start: () => startApp(dir, appPort, urlOf(OWNER)),
    journal: () => entriesOf(join(dir, 'app.log'), 'financial-planning-app'),
  });
  const units = [postgresql, app];
  const systemd = await serveSystemd(dir, units);
  const sshd = await startSshd(join(dir, 'sshd'));
  const stop = async () => {
    await sshd.end();
    for (const unit of [app, postgresql]) await unit.end();
    // A recovered cluster, which its recoverer has left.
    await endServersBelow(dir);
    await systemd.close();
    await removeIfOurs();
  };
  try {
    await startedFor(postgresql);
    if (server === null) throw new Error('starting the host: PostgreSQL is not there');
    await seed(server, backups, days);
    await pgBackRest.prepare();
    await startedFor(app);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    dir,
    sshd,
    path: `${systemd.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    serverUser: user === undefined ? undefined : 'postgres',
    database: { name: DATABASE, port, url: urlOf('postgres') },
    pgBackRest,
    backups,
    app: { unit: app.name, health: `http://127.0.0.1:${appPort}/api/v1/health` },
    units: units.map(({ name }) => name),
    control: controlOf({ dir, url: urlOf('postgres'), data: join(home, 'data'), bin: systemd.bin, app, postgresql }),
    stop,
  };
}

async function startedFor(unit: {
  name: string;
  start(): Promise<boolean>;
  journal(): Promise<{ message: string }[]>;
}) {
  if (await unit.start()) return;
  const said = (await unit.journal()).slice(-10).map(({ message }) => message);
  throw new Error(`starting ${unit.name}:\n${said.join('\n')}`);
}

async function startApp(dir: string, port: number, database: string) {
  const main = fileURLToPath(new URL('app-main.ts', import.meta.url));
  await writeFile(join(dir, 'app.log'), '', { flag: 'a' });
  const started = await startProcess({
    name: 'the application',
    command: process.execPath,
    args: [main, String(port), database, join(dir, 'app-trouble')],
    env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
    cwd: dir,
    logFile: join(dir, 'app.log'),
    deathSignal: 'SIGKILL',
  });
  await started.untilReady(() => fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) }));
  return { pid: started.pid, stop: () => started.end(['SIGTERM']) };
}
