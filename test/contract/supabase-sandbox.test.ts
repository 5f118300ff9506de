// The simulated Supabase: does it start, answer, break and end as the real one does?
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Manifest } from '../../src/core/manifest.ts';
import { type SupabaseBench, startSupabaseBench } from '../support/supabase.ts';

const run = promisify(execFile);

let bench: SupabaseBench;
beforeAll(async () => {
  bench = await startSupabaseBench();
});
afterAll(() => bench.stop());
afterEach(() => bench.production.control.clearFaults());

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows ?? [];
  } finally {
    await client.end();
  }
}

const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, bench.production.url), init);

/** Of the Storage API, with the keys given. */
async function storage(path: string, keys: { apikey?: string; bearer?: string }, init: RequestInit = {}) {
  const headers = {
    ...(keys.apikey === undefined ? {} : { apikey: keys.apikey }),
    ...(keys.bearer === undefined ? {} : { authorization: `Bearer ${keys.bearer}` }),
  };
  const response = await get(`/storage/v1${path}`, { ...init, headers });
  return { status: response.status, body: (await response.json()) as unknown };
}

const service = () => ({ apikey: bench.production.serviceKey, bearer: bench.production.serviceKey });

describe('the application', () => {
  it('is healthy and ready, reports numbers and reminders, and lets nobody upload', async () => {
    expect(await (await get('/api/health')).json()).toEqual({ ok: true });
    expect(await (await get('/api/ready')).json()).toMatchObject({ ok: true, checks: { relations: { ok: true } } });
    const { samples } = (await (await get('/api/ops/samples')).json()) as { samples: { value: number }[] };
    expect(samples.every(({ value }) => value > 0)).toBe(true);
    const csv = await (await get('/api/reports/upcoming-reminders')).text();
    expect(csv).toMatch(/^reminder_id,customer_id,channel,due_at\n\d+,[0-9a-f-]{36},sms,20\S+Z\n/);
    expect((await get('/api/uploads/sign', { method: 'POST' })).status).toBe(401);
  });

  it('is not ready when its data is damaged: it really asks its database', async () => {
    await bench.staging.control.damage('orphans');
    const response = await fetch(new URL('/api/ready', bench.staging.url));
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      ok: false,
      checks: { database: { ok: true }, relations: { ok: false } },
    });
  });
});

describe('the Storage API', () => {
  it('gives one level, folders without an id, and no more than asked for', async () => {
    const body = JSON.stringify({ prefix: 'customers', limit: 3, offset: 1, sortBy: { column: 'name', order: 'asc' } });
    const listed = await storage('/object/list/uploads', service(), { method: 'POST', body });
    expect(listed).toMatchObject({
      status: 200,
      body: [{ name: '1', id: null, metadata: null }, { name: '2' }, { name: '3' }],
    });
  });

  it('answers refusals with 400 and tells the status in the body, as supabase/storage does', async () => {
    expect(await storage('/object/uploads/nothing.txt', service())).toEqual({
      status: 400,
      body: { statusCode: '404', error: 'not_found', message: 'Object not found' },
    });
    const duplicate = { method: 'POST', body: JSON.stringify({ name: 'uploads' }) };
    expect(await storage('/bucket', service(), duplicate)).toMatchObject({ status: 400, body: { statusCode: '409' } });
  });

  it('refuses wrong keys at its gateway and wrong tokens itself', async () => {
    const { anonKey } = bench.production;
    expect((await storage('/bucket', {})).status).toBe(401);
    expect((await storage('/bucket', { apikey: 'wrong' })).status).toBe(401);
    expect((await storage('/bucket', { apikey: bench.staging.serviceKey })).status).toBe(401);
    expect(await storage('/bucket', { apikey: anonKey, bearer: 'x' })).toMatchObject({
      status: 400,
      body: { statusCode: '403' },
    });
    expect(await storage('/bucket', { apikey: anonKey, bearer: anonKey })).toEqual({ status: 200, body: [] });
  });

  it('breaks when it is asked to, and only as often', async () => {
    await bench.production.control.fault({
      match: { path: '/bucket$' },
      times: 1,
      do: { kind: 'answer', status: 500 },
    });
    expect((await storage('/bucket', service())).status).toBe(500);
    expect((await storage('/bucket', service())).status).toBe(200);
    const faults = (await bench.production.control.log()).map(({ fault }) => fault);
    expect(faults.filter((fault) => fault !== null)).toEqual(['answer']);
  });
});

describe('the backups', () => {
  it('are three real dumps, and their manifests are those that Holdfast reads', async () => {
    const files = await readdir(bench.backupsDir);
    const dumps = files.filter((name) => name.endsWith('.dump'));
    expect(dumps).toHaveLength(3);
    const rows = [];
    for (const name of dumps) {
      const file = join(bench.backupsDir, name);
      const { stdout } = await run(join(bench.servers.production.bin, 'pg_restore'), ['--list', file]);
      expect(stdout).toContain('TABLE DATA public customers');
      const manifest = Manifest.parse(JSON.parse(await readFile(`${file}.manifest.json`, 'utf8')));
      rows.push(manifest.tables['public.customers']);
    }
    expect(rows).toEqual([200, 210, 220]);
    expect(await query(bench.production.database, 'select count(*)::int as n from customers')).toEqual([{ n: 230 }]);
  });
});

describe('the role postgres of a project', () => {
  const staging = () => bench.staging.database;
  const asAdmin = () => staging().replace('postgres@', 'supabase_admin@');

  it('is no superuser, but may make databases and read everything', async () => {
    const [role] = await query(
      staging(),
      `select rolsuper, rolcreatedb, rolbypassrls from pg_roles where rolname = current_user`,
    );
    expect(role).toEqual({ rolsuper: false, rolcreatedb: true, rolbypassrls: true });
    await query(staging(), 'create database beside template template0');
    await query(staging(), 'drop database beside');
    await expect(query(staging(), 'select count(*) from auth.users')).resolves.toHaveLength(1);
  });

  it('cannot rename the database of the project, nor end the sessions that keep it from doing so', async () => {
    const elsewhere = staging().replace(/postgres$/, 'template1');
    await expect(query(elsewhere, 'alter database postgres rename to old')).rejects.toThrow(
      'being accessed by other users',
    );
    const end = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'realtime'`;
    await expect(query(staging(), end)).rejects.toThrow(/permission denied to terminate process|must be a superuser/);
  });

  it('cannot make, change or drop what belongs to the platform', async () => {
    await expect(query(staging(), 'create table auth.mine ()')).rejects.toThrow('permission denied for schema auth');
    await expect(query(staging(), 'drop schema auth cascade')).rejects.toThrow('must be owner of schema auth');
    await expect(query(staging(), 'alter table auth.users disable trigger all')).rejects.toThrow(
      'must be owner of table users',
    );
  });

  it('may trigger on auth.users, empty it, and write in it as a replica', async () => {
    await query(
      staging(),
      `begin;
       create function public.noticed() returns trigger language plpgsql as 'begin return new; end';
       create trigger noticed before insert on auth.users for each row execute function public.noticed();
       delete from auth.users;
       set local session_replication_role = replica;
       insert into auth.users (id, email) values (gen_random_uuid(), 'test-1@example.com');
       rollback`,
    );
  });

  it('may exchange the schema public for another one in one transaction, and exchange it back', async () => {
    await query(
      staging(),
      `create schema beside;
       create table beside.customers (id uuid primary key, user_id uuid references auth.users (id));
       begin;
       alter schema public rename to before;
       alter schema beside rename to public;
       grant usage on schema public to anon, authenticated, service_role;
       commit`,
    );
    expect(await query(staging(), 'select count(*)::int as n from customers')).toEqual([{ n: 0 }]);
    await query(
      staging(),
      'begin; alter schema public rename to beside; alter schema before rename to public; commit; drop schema beside cascade',
    );
    const [left] = await query(staging(), 'select count(*)::int as n from customers');
    expect(left?.['n']).toBeGreaterThan(0);
    await expect(query(asAdmin(), 'select 1')).resolves.toHaveLength(1);
  });
});

describe('the sandbox', () => {
  it('ends cleanly, and leaves the servers to those who started them', async () => {
    const other = await startSupabaseBench();
    const { url } = other.production;
    await other.stop();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});
