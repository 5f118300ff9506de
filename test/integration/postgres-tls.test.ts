// Certificates: what a connection string says of them holds for our own connections and for PostgreSQL's programs alike.
import { execFile } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { Secret } from '../../src/core/secret.ts';
import { exec } from '../../src/lib/exec.ts';
import { withDatabase } from '../../src/postgres/connect.ts';
import { connectionEnv, programEnv } from '../../src/postgres/program-env.ts';
import { PATH } from './postgres-fixture.ts';
import { ask } from './swap-fixture.ts';

const run = promisify(execFile);

let server: PostgresServer;
let dir = '';
beforeAll(async () => {
  server = await startPostgres();
  dir = await mkdtemp(join(tmpdir(), 'holdfast-tls-'));
  const data = join(server.dir, 'data');
  await certify(join(data, 'server.crt'), join(data, 'server.key'));
  await certify(join(dir, 'other.crt'), join(dir, 'other.key'));
  const { uid, gid } = statSync(data);
  for (const name of ['server.crt', 'server.key']) chownSync(join(data, name), uid, gid);
  await ask(server.url, 'alter system set ssl = on');
  await ask(server.url, 'select pg_reload_conf()');
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Signed by itself, for this machine. */
async function certify(crt: string, key: string): Promise<void> {
  const what = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', crt, ...what];
  await run('openssl', args);
}

/** That of our own connection, then that of a program: "on" where it is encrypted and checked, else what was said. */
async function reached(root: string): Promise<string[]> {
  const url = new URL(server.urlOf('postgres'));
  url.hostname = '127.0.0.1';
  url.searchParams.set('sslmode', 'verify-full');
  url.searchParams.set('sslrootcert', root);
  const secret = new Secret(url.href);
  const sql = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
  const options = { readOnly: true, purpose: 'holdfast tls', timeoutSeconds: 10 };
  const ours = await withDatabase(secret, options, (query) => query<{ ssl: boolean }>(sql)).then(
    ([row]) => (row?.ssl === true ? 'on' : 'off'),
    (thrown: Error) => String(thrown.cause),
  );
  const ran = await exec(join(server.bin, 'psql'), ['-XAtc', sql], {
    env: { ...programEnv({ path: PATH }), ...connectionEnv(secret) },
  });
  return [ours, ran.code === 0 ? ran.stdout.trim().replace('t', 'on') : ran.stderr];
}

it('lets both in with the certificate that the connection string names', async () => {
  expect(await reached(join(server.dir, 'data', 'server.crt'))).toEqual(['on', 'on']);
});

it('lets neither in with another one', async () => {
  const [ours, program] = await reached(join(dir, 'other.crt'));
  expect(ours).toMatch(/self-signed|certificate/);
  expect(program).toMatch(/certificate verify failed/);
});
