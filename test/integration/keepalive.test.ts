// A peer that vanished without a word is noticed: the kernel asks after it from half a minute on, not from two hours.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { Secret } from '../../src/core/secret.ts';
import { exec } from '../../src/lib/exec.ts';
import { withDatabase } from '../../src/postgres/connect.ts';
import { connectionEnv, connectionInfo, programEnv } from '../../src/postgres/program-env.ts';
import { PATH } from './postgres-fixture.ts';
import { ask } from './swap-fixture.ts';

let server: PostgresServer;
let secret: Secret;
beforeAll(async () => {
  server = await startPostgres();
  const url = new URL(server.urlOf('postgres'));
  url.hostname = '127.0.0.1';
  secret = new Secret(url.href);
  await ask(server.url, 'create database "it\'s"');
});
afterAll(() => server.stop());

/** In how many seconds the kernel asks after the peer of the connection that uses this port here; null when it never does. */
async function asksIn(port: number): Promise<number | null> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const line = (await readFile('/proc/net/tcp', 'utf8'))
    .split('\n')
    .find((one) => one.trim().split(/\s+/)[1]?.endsWith(local));
  const [timer, hundredths] = line?.trim().split(/\s+/)[5]?.split(':') ?? [];
  return timer === '02' ? Number.parseInt(hundredths ?? '', 16) / 100 : null;
}

it('on our own connections', async () => {
  const options = { readOnly: true, purpose: 'holdfast alive', timeoutSeconds: 10 };
  const seconds = await withDatabase(secret, options, async (query) => {
    const [row] = await query<{ port: number }>('select inet_client_port() as port');
    await expect.poll(() => asksIn(row?.port ?? 0), { timeout: 10_000 }).not.toBeNull();
    return await asksIn(row?.port ?? 0);
  });
  expect(seconds).toBeLessThanOrEqual(30);
});

it("on those of PostgreSQL's programs", async () => {
  const stop = new AbortController();
  const asleep = exec(
    join(server.bin, 'psql'),
    ['-X', '--dbname', connectionInfo("it's"), '-c', 'select pg_sleep(60)'],
    {
      env: { ...programEnv({ path: PATH }), ...connectionEnv(secret), PGAPPNAME: 'asleep' },
      signal: stop.signal,
    },
  );
  try {
    const sql =
      "select client_port as port from pg_stat_activity where application_name = 'asleep' and datname = 'it''s'";
    await expect.poll(() => ask(server.url, sql), { timeout: 20_000 }).toHaveLength(1);
    const [row] = await ask(server.url, sql);
    // At first the kernel may still wait for what was sent to be acknowledged.
    const seconds = () => asksIn(Number(row?.['port']));
    await expect.poll(seconds, { timeout: 10_000 }).not.toBeNull();
    expect(await seconds()).toBeLessThanOrEqual(30);
  } finally {
    stop.abort();
    await asleep.catch(() => {});
  }
});
