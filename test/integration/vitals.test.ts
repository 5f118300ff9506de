// How a real server is doing: connections up to the last one, a real replica that falls behind, and what cannot be known.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { Secret } from '../../src/core/secret.ts';
import type { Vitals } from '../../src/core/vitals.ts';
import { serverVitals } from '../../src/postgres/vitals.ts';
import { vitalFindings } from '../../src/watch/vital-findings.ts';
import { PLATFORMS, type PlatformUnderTest } from '../support/platforms.ts';
import { systemOf } from '../support/system.ts';

const run = promisify(execFile);
// 3 of them are kept for superusers.
const MOST = 20;
const SETTINGS = { max_connections: String(MOST), superuser_reserved_connections: '3' };

let server: PostgresServer;
let clients: pg.Client[] = [];

beforeAll(async () => {
  server = await startPostgres({ settings: SETTINGS });
  await query(server, 'postgres', 'create database ledger');
  await query(server, 'postgres', 'create role app login; create role watcher login');
  await query(server, 'ledger', 'create table entries as select n, md5(n::text) from generate_series(1, 10000) n');
});
afterAll(async () => {
  await release();
  await server.stop();
});

async function query(on: PostgresServer, database: string, sql: string) {
  const client = new pg.Client({ connectionString: on.urlOf(database) });
  await client.connect();
  try {
    return (await client.query(sql)).rows ?? [];
  } finally {
    await client.end();
  }
}

async function connect(count: number, database = 'ledger', user = 'app') {
  for (let one = 0; one < count; one += 1) {
    const client = new pg.Client({ connectionString: server.urlOf(database, user) });
    client.on('error', () => {});
    await client.connect();
    clients.push(client);
  }
}

async function release() {
  await Promise.all(clients.map((client) => client.end()));
  clients = [];
  // A backend is gone a moment after its client.
  await until(async () => {
    const [row] = await query(
      server,
      'postgres',
      "select count(*)::int as n from pg_stat_activity where usename in ('app', 'watcher')",
    );
    return row?.['n'] === 0;
  });
}

async function until(isSo: () => Promise<boolean>, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`it was not so within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const read = (user = 'postgres') => serverVitals(new Secret(server.urlOf('ledger', user)));
/** Read until it says so: a backend is gone a moment after its client. */
async function readWith(text: string, user?: string) {
  let vitals = await read(user);
  await until(async () => {
    vitals = await read(user);
    return vitals.pool?.text === text;
  }, 5);
  return vitals;
}
const system = systemOf({ watch: { lagSeconds: 2 } });
const kindsOf = (vitals: Omit<Vitals, 'disk'>) =>
  vitalFindings(system, { ...vitals, disk: null }, { open: [], server: null }).findings.map(({ kind }) => kind);

describe('connections', () => {
  it('are counted, ours among them, and are an alert only above the limit', async () => {
    await connect(15);
    // With our own: 16 of 20 are exactly 80 %.
    const atLimit = await readWith('16 of 20 connections of the server');
    expect(atLimit.pool?.percent).toBe(80);
    expect(kindsOf(atLimit)).toEqual([]);
    await connect(1);
    const over = await readWith('17 of 20 connections of the server');
    expect(over.pool?.percent).toBe(85);
    expect(kindsOf(over)).toEqual(['pool']);
    await release();
  });

  it('that nobody can get any more are a reading, not a silence', async () => {
    await connect(MOST - 3);
    const full = await read('watcher');
    expect(full).toEqual({
      bytes: null,
      lagSeconds: null,
      pool: { percent: 100, text: 'every connection is taken, new ones are turned away' },
    });
    expect(kindsOf(full)).toEqual(['pool']);
    await release();
  });

  it('are also those that the database itself allows, where that is less', async () => {
    await query(server, 'postgres', 'alter database ledger connection limit 4');
    await connect(3);
    expect((await readWith('3 of 4 connections of the database')).pool?.percent).toBe(75);
    await query(server, 'postgres', 'alter database ledger connection limit -1');
    await release();
  });

  it('are counted by a role that may not see what others do', async () => {
    await connect(5);
    expect((await readWith('6 of 20 connections of the server', 'watcher')).pool?.percent).toBe(30);
    await release();
  });
});

describe('what else it says', () => {
  it('is the size of the live database, and no lag where nobody replicates', async () => {
    const vitals = await read();
    const [row] = await query(server, 'postgres', "select pg_database_size('ledger')::int as bytes");
    expect(vitals.bytes).toBe(row?.['bytes']);
    expect(vitals.lagSeconds).toBeNull();
  });

  it('is nothing of a database that is gone, or of a server that does not answer', async () => {
    const nothing = { bytes: null, lagSeconds: null, pool: null };
    expect(await serverVitals(new Secret(server.urlOf('gone')))).toEqual(nothing);
    expect(await serverVitals(new Secret('postgres://postgres@127.0.0.1:1/ledger'))).toEqual(nothing);
  });

  it('ends when nobody waits for it any more', async () => {
    const over = AbortSignal.abort(new Error('over'));
    await expect(serverVitals(new Secret(server.url), over)).rejects.toThrow('over');
  });
});

describe('a streaming replica', () => {
  let dir: string;
  let replica: PostgresServer;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'holdfast-replica-'));
    const copy = ['-R', '--checkpoint=fast', '-D', join(dir, 'data'), '-d', server.url];
    await run(join(server.bin, 'pg_basebackup'), copy);
    replica = await startPostgres({ dir, settings: SETTINGS });
  });
  afterAll(async () => {
    await replica.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const write = () =>
    query(server, 'ledger', 'insert into entries select n, md5(n::text) from generate_series(1, 100) n');
  const seen = () => serverVitals(new Secret(replica.urlOf('ledger')));

  it('that has replayed everything is not behind, seen from either side', async () => {
    await write();
    await until(async () => (await read()).lagSeconds === 0);
    await until(async () => (await seen()).lagSeconds === 0);
  });

  it('whose replay stands still falls behind by the clock, until it goes on', async () => {
    await query(replica, 'postgres', 'select pg_wal_replay_pause()');
    await write();
    await until(async () => {
      await write();
      return ((await read()).lagSeconds ?? 0) > 2;
    });
    expect(kindsOf(await read())).toEqual(['lag']);
    expect((await seen()).lagSeconds).toBeGreaterThan(2);
    await query(replica, 'postgres', 'select pg_wal_replay_resume()');
    await until(async () => (await read()).lagSeconds === 0);
    expect(kindsOf(await read())).toEqual([]);
  });

  it('is of unknown lag to whoever may not see it, and when it hears nothing any more', async () => {
    expect((await read('watcher')).lagSeconds).toBeNull();
    await query(replica, 'postgres', "alter system set primary_conninfo = 'host=127.0.0.1 port=1'");
    await query(replica, 'postgres', 'select pg_reload_conf()');
    await until(async () => (await seen()).lagSeconds === null);
  });
});

describe.each(['compose', 'heroku', 'supabase', 'systemd'])('the platform %s', (name) => {
  let bench: PlatformUnderTest;
  beforeAll(async () => {
    const start = PLATFORMS[name];
    if (start === undefined) throw new Error(`no platform ${name}`);
    bench = await start();
  });
  afterAll(() => bench.stop());

  it('tells the share of the connections, the size of the data, and of the disk where anybody can see it', async () => {
    const { platform, system: of, environment } = bench;
    const vitals = await platform.vitals?.(of, environment);
    expect(vitals?.pool?.percent).toBeGreaterThan(0);
    expect(vitals?.pool?.percent).toBeLessThan(80);
    expect(vitals?.bytes).toBeGreaterThan(5_000_000);
    expect(vitals?.lagSeconds).toBeNull();
    if (name === 'supabase') expect(vitals?.disk).toBeNull();
    else expect(vitals?.disk?.percent).toBeGreaterThan(0);
    if (name !== 'compose' && name !== 'systemd') return;
    // All of it lies on one disk here.
    const { stdout } = await run('df', ['--output=used,avail', '--block-size=1', bench.dir]);
    const [used = 0, left = 0] = (stdout.split('\n')[1] ?? '').trim().split(/\s+/).map(Number);
    const share = (used / (used + left)) * 100;
    expect(Math.abs((vitals?.disk?.percent ?? 0) - share)).toBeLessThan(2);
  });
});
