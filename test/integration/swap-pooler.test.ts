// A real PgBouncer stands before the database: its clients find the new one behind it, and never a wrong row.
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../sandbox/servers/free-port.ts';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { postgresUser } from '../../sandbox/servers/postgres-binaries.ts';
import { startProcess } from '../../sandbox/servers/server-process.ts';
import { Secret } from '../../src/core/secret.ts';
import { reversed } from '../../src/postgres/swap/databases.ts';
import { promote } from '../../src/postgres/swap/promote.ts';
import { ask, options, pairOf, poll } from './swap-fixture.ts';

const PGBOUNCER = ['/usr/sbin/pgbouncer', '/opt/homebrew/bin/pgbouncer'].find((path) => existsSync(path));

let server: PostgresServer;
let dir: string;
const running: { stop(): Promise<void> }[] = [];
beforeAll(async () => {
  server = await startPostgres();
  dir = await mkdtemp(join(tmpdir(), 'holdfast-pgbouncer-'));
  await chmod(dir, 0o755);
});
afterAll(async () => {
  for (const pooler of running) await pooler.stop();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** A pooler for every database of the server; `database → url` through it. */
async function pooler(mode: 'session' | 'transaction'): Promise<(database: string) => string> {
  if (PGBOUNCER === undefined)
    throw new Error('pgbouncer is not installed. Install it with: sudo apt-get install -y pgbouncer');
  const port = await freePort();
  const file = join(dir, `${mode}.ini`);
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: mode,
    ignore_startup_parameters: 'extra_float_digits',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const databases = `[databases]\n* = host=127.0.0.1 port=${server.port} user=postgres`;
  await writeFile(file, `${databases}\n[pgbouncer]\n${lines.join('\n')}\n`);
  const user = await postgresUser();
  const started = await startProcess({
    name: 'PgBouncer',
    command: PGBOUNCER,
    args: [file],
    env: { PATH: '/usr/bin:/bin' },
    cwd: dir,
    logFile: join(dir, `${mode}.log`),
    deathSignal: 'SIGTERM',
    ...(user ? { user } : {}),
  });
  running.push({ stop: () => started.end(['SIGTERM']) });
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  await started.untilReady(() => ask(urlOf('postgres'), 'select 1'));
  return urlOf;
}

it.each(['session', 'transaction'] as const)('behind a pooler in %s mode', async (mode) => {
  const through = await pooler(mode);
  const swap = await pairOf(server, `pooled_${mode}`);
  const admin = new Secret(server.url);
  const poller = poll(through(swap.live));
  await poller.untilItSays('old 200');
  const there = await promote(admin, swap, options);
  await poller.untilItSays('new 300');
  const way = reversed(swap);
  const backAgain = way === null ? null : await promote(admin, way, options);
  await poller.untilItSays('old 200');
  await poller.stop();
  expect(poller.answers()).toEqual(['old 200', 'new 300', 'old 200']);
  expect(there.unavailableMs).toBeGreaterThan(0);
  const told = [there.unavailableMs, backAgain?.unavailableMs, poller.longestGap()].map((ms) => ms?.toFixed(1));
  process.stdout.write(`pooler in ${mode} mode: ${told[0]} ms, undo ${told[1]} ms; a client saw ${told[2]} ms\n`);
});
