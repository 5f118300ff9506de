// The real PostgreSQL and Redis that sandbox and tests stand on: they start, crash, come back and leave nothing behind.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../../sandbox/servers/postgres.ts';
import { startRedis } from '../../sandbox/servers/redis.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function started<Server extends { stop(): Promise<void> }>(starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  stops.push(() => server.stop());
  return server;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.flatMap((row) => Object.values(row));
  } finally {
    await client.end();
  }
}

/** A zombie counts as gone: only its parent's bookkeeping is left of it. */
function isRunning(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)])
      .toString()
      .startsWith('Z');
  } catch {
    return false;
  }
}

/** Whether anybody but this machine could connect: tries each of its outward addresses. */
async function isOpenToOthers(port: number): Promise<boolean> {
  const outward = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const attempts = outward
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => once(connect({ host: address, port }).setTimeout(500), 'connect'));
  return (await Promise.allSettled(attempts)).some(({ status }) => status === 'fulfilled');
}

/** Starts a server from another Node process, kills that process with SIGKILL, and returns the server's pid. */
async function pidAfterStarterWasKilled(module: string, call: string): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-orphan-'));
  stops.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const url = new URL(`../../sandbox/servers/${module}`, import.meta.url).href;
  const code = `
    const { ${call} } = await import('${url}');
    console.log((await ${call}({ dir: '${dir}' })).pid);
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = (await once(starter.stdout, 'data')) as [Buffer];
  starter.kill('SIGKILL');
  await once(starter, 'exit');
  return Number(pid);
}

describe('PostgreSQL', () => {
  it('lets the superuser in on loopback, and only there, with the settings asked for', async () => {
    const server = await started(startPostgres({ settings: { work_mem: '7MB' } }));

    expect(await query(server.url, 'select rolsuper from pg_roles where rolname = current_user')).toEqual([true]);
    expect(await query(server.url, 'show work_mem')).toEqual(['7MB']);
    expect(await query(server.url, 'show server_encoding')).toEqual(['UTF8']);
    expect(await isOpenToOthers(server.port)).toBe(false);
  });

  it('keeps committed rows through a crash and a restart on the same address', async () => {
    const server = await started(startPostgres());
    await query(server.url, 'create database app');
    await query(server.urlOf('app'), 'create table kept as select 41 + 1 as answer');
    const before = server.pid;

    await server.kill();
    expect(isRunning(before)).toBe(false);
    await expect(query(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
    await server.restart();

    expect(await query(server.urlOf('app'), 'select answer from kept')).toEqual([42]);
    expect(server.pid).not.toBe(before);
  });

  it('leaves neither process nor directory behind when stopped, and stopping twice is fine', async () => {
    const server = await startPostgres();
    await server.stop();
    await server.stop();

    expect(isRunning(server.pid)).toBe(false);
    expect(existsSync(server.dir)).toBe(false);
  });

  it('says what its log says when it cannot start', async () => {
    await expect(startPostgres({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
      /PostgreSQL ended while starting[\s\S]*invalid value for parameter "shared_buffers"/,
    );
  });

  it('does not outlive the process that started it', async () => {
    const pid = await pidAfterStarterWasKilled('postgres.ts', 'startPostgres');
    for (let i = 0; i < 100 && isRunning(pid); i += 1) await sleep(30);
    expect(isRunning(pid)).toBe(false);
  });
});

describe.each(['redis-server', 'js-redis-server'] as const)('%s', (kind) => {
  it('runs BullMQ jobs on loopback only, and never evicts', async () => {
    const server = await started(startRedis({ kind }));
    const redis = new Redis(server.url);
    stops.unshift(async () => redis.disconnect());
    const connection = { url: server.url, maxRetriesPerRequest: null };
    const queue = new Queue('work', { connection });
    const seen: unknown[] = [];
    const worker = new Worker('work', async ({ data }) => seen.push(data), { connection });
    stops.unshift(
      () => queue.close(),
      () => worker.close(),
    );

    await queue.add('job', 'first');
    await queue.add('job', 'second', { delay: 50 });
    for (let i = 0; i < 100 && seen.length < 2; i += 1) await sleep(30);

    expect(seen).toEqual(['first', 'second']);
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await isOpenToOthers(server.port)).toBe(false);
  });

  it('comes back on the same address after a crash', async () => {
    const server = await started(startRedis({ kind }));
    const before = server.pid;
    await server.kill();
    expect(isRunning(before)).toBe(false);

    await server.restart();

    const redis = new Redis(server.url);
    stops.unshift(async () => redis.disconnect());
    expect(await redis.ping()).toBe('PONG');
  });
});

describe('redis-server', () => {
  it('keeps what was written through a crash, with its append-only file', async () => {
    const server = await started(startRedis({ kind: 'redis-server', maxmemory: '64mb' }));
    const redis = new Redis(server.url);
    redis.on('error', () => {});
    stops.unshift(async () => redis.disconnect());
    await redis.set('kept', 'yes');

    await server.kill();
    await server.restart();

    expect(await redis.get('kept')).toBe('yes');
    expect(await redis.config('GET', 'maxmemory')).toEqual(['maxmemory', String(64 * 1024 * 1024)]);
  });

  it('does not outlive the process that started it', async () => {
    const pid = await pidAfterStarterWasKilled('redis.ts', 'startRedis');
    for (let i = 0; i < 100 && isRunning(pid); i += 1) await sleep(30);
    expect(isRunning(pid)).toBe(false);
  });
});
