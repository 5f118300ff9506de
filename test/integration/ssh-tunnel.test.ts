// The tunnel through ssh: a port of ours that leads to a database over there, also after a break.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { Secret } from '../../src/core/secret.ts';
import { forward } from '../../src/lib/tunnel.ts';
import { withDatabase } from '../../src/postgres/connect.ts';
import { type SshTestHost, startSshHost } from '../support/ssh-host.ts';

let there: SshTestHost;
let database: PostgresServer;
let dir = '';
beforeAll(async () => {
  [there, database] = await Promise.all([startSshHost(), startPostgres()]);
  dir = await mkdtemp(join(tmpdir(), 'holdfast-tunnel-'));
});
afterAll(async () => {
  await there.sshd.end();
  await database.stop();
  await rm(dir, { recursive: true, force: true });
});

const end = () => ({ remoteHost: '127.0.0.1', remotePort: database.port });

const serverPortSeenThrough = (port: number) =>
  withDatabase(
    new Secret(`postgres://postgres@127.0.0.1:${port}/postgres`),
    { readOnly: true, purpose: 'holdfast test', timeoutSeconds: 5 },
    async (query) => (await query<{ port: number }>('select inet_server_port() as port'))[0]?.port,
  );

async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  const patience = Date.now() + 30_000;
  for (;;) {
    try {
      return await ask();
    } catch (thrown) {
      if (Date.now() > patience) throw thrown;
      await sleep(200);
    }
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

it('leads to the database behind the host, and is closed afterwards', async () => {
  const tunnel = await forward(there.settings, end());
  expect(await serverPortSeenThrough(tunnel.port)).toBe(database.port);
  await tunnel.close();
  expect(await isOpen(tunnel.port)).toBe(false);
});

it('leads there again on the same port after sshd was restarted', async () => {
  const tunnel = await forward(there.settings, end());
  await there.sshd.stop();
  await expect(serverPortSeenThrough(tunnel.port)).rejects.toThrow();
  await there.sshd.start();
  expect(await eventually(() => serverPortSeenThrough(tunnel.port))).toBe(database.port);
  await tunnel.close();
});

it('leads there again after the host had fallen silent', async () => {
  const tunnel = await forward(there.settings, end());
  await there.sshd.freeze();
  // The client gives the silent connection up, and the port is closed.
  await eventually(async () => {
    if (await isOpen(tunnel.port)) throw new Error('the port is still open');
  });
  await there.sshd.stop();
  await there.sshd.start();
  expect(await eventually(() => serverPortSeenThrough(tunnel.port))).toBe(database.port);
  await tunnel.close();
});

it('is refused where the host is not the known one', async () => {
  const other = await startSshHost();
  await other.sshd.changeHostKey();
  await expect(forward(other.settings, end())).rejects.toMatchObject({ code: 'host-key-changed' });
  await other.sshd.end();
});

it('dies with the worker, also when that is killed with -9', async () => {
  const file = join(dir, 'port');
  const lib = join(import.meta.dirname, '../../src/lib/tunnel.ts');
  const { refuse: _, ...settings } = there.settings;
  const worker = spawn(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { forward } from '${lib}'; import { writeFileSync } from 'node:fs';
     const tunnel = await forward({ ...${JSON.stringify(settings)}, refuse: (...all) => new Error(all.join(' ')) },
       ${JSON.stringify(end())});
     writeFileSync('${file}', tunnel.port + '\\n');`,
  ]);
  await eventually(async () => {
    if (!existsSync(file) || !readFileSync(file, 'utf8').endsWith('\n')) throw new Error('it is not open yet');
  });
  const port = Number(readFileSync(file, 'utf8'));
  expect(await isOpen(port)).toBe(true);
  worker.kill('SIGKILL');
  await eventually(async () => {
    if (await isOpen(port)) throw new Error('the tunnel outlives the worker');
  });
});
