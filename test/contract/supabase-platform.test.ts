// The platform supabase on the simulated projects: a masked restore from the dump to the exchange and back, each action twice.
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Action, ActionName, Args, Outcome, Run } from '../../src/core/action.ts';
import { type Backup, EnvironmentFacts } from '../../src/core/facts.ts';
import type { Json } from '../../src/core/json.ts';
import type { Platform } from '../../src/core/platform.ts';
import { Secret } from '../../src/core/secret.ts';
import { System } from '../../src/core/system.ts';
import { supabase } from '../../src/platforms/supabase/platform.ts';
import { clearTextIn } from '../support/clear-text-in.ts';
import { runOf } from '../support/heroku-platform.ts';
import { type SupabaseBench, startSupabaseBench } from '../support/supabase.ts';

/** Of production's customers and dispatchers; none of it stands in staging's own rows. */
const CLEAR = ['customer1@mail.example', 'dispatcher1@fieldservice.example', '+14150000001', 'Dana Dispatcher 1'];
const NAMES = { candidate: 'hf_op12_ab12', previous: 'hf_before_op12' };

let bench: SupabaseBench;
let platform: Platform;
let system: System;
let work: string;
beforeAll(async () => {
  bench = await startSupabaseBench();
  work = await mkdtemp(join(tmpdir(), 'holdfast-supabase-work-'));
  // A scratch server runs as the user postgres when we are root: it must be able to pass through.
  await chmod(work, 0o711);
  system = await systemFor(bench);
  platform = platformWith();
});
afterAll(async () => {
  await bench?.stop();
  await rm(work, { recursive: true, force: true });
});

const secrets = (): Record<string, string> => ({
  FIELDSERVICE_PRODUCTION_DATABASE_URL: bench.production.database,
  FIELDSERVICE_STAGING_DATABASE_URL: bench.staging.database,
  FIELDSERVICE_PRODUCTION_SERVICE_KEY: bench.production.serviceKey,
  FIELDSERVICE_STAGING_SERVICE_KEY: bench.staging.serviceKey,
});

function platformWith(more: Record<string, string> = {}): Platform {
  return supabase({
    workDir: work,
    path: '/usr/bin:/bin',
    maskingKey: new Secret('a key for tests'),
    secretOf: (variable) => new Secret({ ...secrets(), ...more }[variable] ?? ''),
  });
}

type Environment = { settings: { archives: Record<string, unknown>; storage: Record<string, unknown> } };
type SystemFile = { channel: string; roles: object; environments: Record<'production' | 'staging', Environment> };

/** systems/fieldservice.yml with the addresses of the simulated projects. */
async function systemFor({ production, staging, backupsDir, dir }: SupabaseBench): Promise<System> {
  const file = parse(await readFile(new URL('../../systems/fieldservice.yml', import.meta.url), 'utf8')) as SystemFile;
  file.channel = 'C0INCIDENT';
  file.roles = Object.fromEntries(Object.keys(file.roles).map((role) => [role, { users: ['U0AAA'] }]));
  for (const [name, { url }] of Object.entries({ production, staging })) {
    const { archives, storage } = file.environments[name as 'production' | 'staging'].settings;
    archives['place'] = { kind: 'directory', path: name === 'production' ? backupsDir : dir };
    archives['atLeastBytes'] = 10_000;
    storage['url'] = url;
  }
  const { storage } = file.environments.production.settings;
  delete storage['copyTo'];
  return System.parse(file);
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const staging = <Row extends pg.QueryResultRow>(sql: string) => query<Row>(bench.staging.database, sql);

async function numberIn(url: string, sql: string): Promise<number> {
  const [row] = await query<{ n: number }>(url, `select (${sql})::int as n`);
  return row?.n ?? Number.NaN;
}

/** All that people see of a project: rows and who may sign in. */
async function contents(url: string) {
  const [row] = await query<Record<string, string>>(
    url,
    `select (select md5(string_agg(c::text, '|' order by c.id)) from customers c) as customers,
            (select md5(string_agg(u::text, '|' order by u.id)) from auth.users u) as users,
            (select md5(string_agg(s::text, '|' order by s.id)) from auth.sessions s) as sessions,
            (select count(*) from jobs)::text as jobs, (select count(*) from auth.identities)::text as identities`,
  );
  return row;
}

function action<N extends ActionName>(name: N, of: Platform = platform): Action<Args<N>> {
  const found = of.actions[name];
  if (found === undefined) throw new Error(`no action ${name}`);
  return found as Action<Args<N>>;
}

const run = (before: Json = null, more: Partial<Run> = {}): Run =>
  runOf(before, { system, operation: 'op-12', ...more });

async function newest(): Promise<Backup> {
  const { backups } = await platform.facts(system, 'production');
  const [found] = backups.filter(({ kind }) => kind === 'scheduled');
  if (found === undefined) throw new Error('no backup');
  return found;
}

const from = async () => ({ environment: 'production', backup: await newest() });

function saysOf(outcome: Outcome): string {
  return 'evidence' in outcome ? [...('why' in outcome ? [outcome.why] : []), ...outcome.evidence.says].join('\n') : '';
}

/** Staging has people of its own, who are signed in. */
async function signUp(): Promise<void> {
  await staging(
    `with made as (insert into auth.users (id, email) select gen_random_uuid(), 'tester' || n || '@staging.example'
                     from generate_series(1, 3) n returning id),
          owned as (update customers set user_id = (select id from made limit 1) where email = 'customer9001@mail.example')
     insert into auth.sessions (id, user_id, created_at) select gen_random_uuid(), id, now() from made`,
  );
}

/** Goes on writing by a prepared statement of one session, as an application does; nothing of it may get lost or fail. */
async function startWriter(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let stopped = false;
  let written = 0;
  const writing = (async () => {
    while (!stopped) {
      await client.query({ name: 'beat', text: `insert into audit_log (action, content) values ('beat', '{}')` });
      written += 1;
    }
    await client.end();
  })();
  return {
    async stop() {
      const until = written + 5;
      while (written < until) await sleep(5);
      stopped = true;
      await writing;
      return written;
    },
  };
}

const Live = z.looseObject({ live: z.string() });

describe('a masked restore', () => {
  it('is refused where an extension is installed in public', async () => {
    const admin = bench.staging.database.replace('postgres@', 'supabase_admin@');
    await query(admin, 'create extension citext with schema public');
    const outcome = await action('candidate.preflight').do(
      { environment: 'staging', candidate: NAMES.candidate, from: await from() },
      run(),
    );
    expect(outcome).toMatchObject({ is: 'failed', untouched: true });
    expect(saysOf(outcome)).toMatch(/citext.*ALTER EXTENSION citext SET SCHEMA extensions/);
    await query(admin, 'drop extension citext');
  });

  it('is refused through the transaction pooler', async () => {
    const other = platformWith({
      FIELDSERVICE_STAGING_DATABASE_URL: 'postgres://postgres@127.0.0.1:6543/postgres',
    });
    await expect(other.facts(system, 'staging')).rejects.toThrow(/transaction pooler \(port 6543\).*5432/s);
  });

  it('may be loaded when nothing stands in the way', async () => {
    const outcome = await action('candidate.preflight').do(
      { environment: 'staging', candidate: NAMES.candidate, from: await from() },
      run(),
    );
    expect(saysOf(outcome)).toBe('It can be loaded.');
  });

  it('never loads clear text where only masked data may stand', async () => {
    const args = { environment: 'staging', candidate: NAMES.candidate, from: await from(), masked: false };
    const outcome = await action('candidate.load').do(args, run());
    expect(outcome).toMatchObject({ is: 'failed', untouched: true, why: 'staging may hold masked data only' });
  });

  it('makes a schema, loads and searches it on the worker, and carries it beside public, each step twice', async () => {
    const before = await contents(bench.staging.database);
    const create = action('candidate.create');
    const created = { environment: 'staging', candidate: NAMES.candidate, at: null };
    expect(await create.probe(created, run())).toEqual({ is: 'not_happened' });
    for (const _time of [1, 2]) expect(await create.do(created, run())).toMatchObject({ is: 'done' });
    expect(await create.probe(created, run())).toMatchObject({ is: 'happened' });

    const load = action('candidate.load');
    const args = { environment: 'staging', candidate: NAMES.candidate, from: await from(), masked: true };
    expect(await load.probe(args, run())).toEqual({ is: 'not_happened' });
    const loaded = await load.do(args, run());
    expect(loaded, saysOf(loaded)).toMatchObject({ is: 'done' });
    expect(saysOf(await load.do(args, run()))).toBe('It was loaded already.');
    expect(await load.probe(args, run())).toMatchObject({ is: 'happened' });

    const check = { environment: 'staging', candidate: NAMES.candidate, expect: null };
    for (const _time of [1, 2]) {
      const checked = await action('candidate.check').do(check, run());
      expect(checked, saysOf(checked)).toMatchObject({ is: 'done' });
      expect(saysOf(checked)).toMatch(/customers: 220 in the candidate, 20 in use now\./);
    }
    const scan = { environment: 'staging', candidate: NAMES.candidate, from: await from() };
    for (const _time of [1, 2]) {
      const scanned = await action('candidate.scan').do(scan, run());
      expect(scanned, saysOf(scanned)).toMatchObject({ is: 'done' });
    }
    expect(await contents(bench.staging.database)).toEqual(before);
    const anon = `has_schema_privilege('anon', '${NAMES.candidate}', 'usage')::int`;
    expect(await numberIn(bench.staging.database, anon)).toBe(0);
  });

  it('is exchanged in one transaction, with the people who belong to it, and exchanged back', async () => {
    await signUp();
    const before = await contents(bench.staging.database);
    const { target } = await platform.facts(system, 'staging');
    await staging('create publication supabase_realtime for table public.jobs');
    const promote = action('database.promote');
    const args = { environment: 'staging', promote: NAMES.candidate, previous: NAMES.previous };
    const was = (await promote.before?.(args, run())) ?? null;
    expect(await promote.probe(args, run(was))).toEqual({ is: 'not_happened' });
    const writer = await startWriter(bench.staging.database);
    const promoted = await promote.do(args, run(was));
    const written = await writer.stop();
    expect(promoted, saysOf(promoted)).toMatchObject({ is: 'done' });
    expect(saysOf(promoted)).toMatch(/Whoever wrote waited for \d+ ms at the most; nobody was disconnected\./);
    const beats = (schema: string) =>
      numberIn(bench.staging.database, `select count(*) from ${schema}.audit_log where action = 'beat'`);
    expect(written).toBe((await beats('public')) + (await beats(NAMES.previous)));
    expect(await beats('public')).toBeGreaterThan(0);
    expect(await promote.do(args, run(was))).toMatchObject({ is: 'done' });
    expect(await promote.probe(args, run(was))).toMatchObject({ is: 'happened' });

    const facts = EnvironmentFacts.parse(await platform.facts(system, 'staging'));
    const { live } = Live.parse(promoted.is === 'done' ? promoted.output : null);
    expect(live).not.toBe(target.identity);
    expect(facts.target.identity).toBe(live);
    expect(facts.server?.kept).toMatchObject([{ name: NAMES.previous, operation: 'op-12', identity: target.identity }]);

    expect(await numberIn(bench.staging.database, 'select count(*) from customers')).toBe(220);
    expect(await numberIn(bench.staging.database, 'select count(*) from auth.sessions')).toBe(0);
    expect(await numberIn(bench.staging.database, 'select count(*) from auth.refresh_tokens')).toBe(0);
    const people = await staging<{ email: string; metadata: { full_name: string } }>(
      'select email, raw_user_meta_data as metadata from auth.users',
    );
    expect(people).toHaveLength(20);
    for (const { email, metadata } of people) {
      expect(email).toMatch(/^test-\d+@example\.com$/);
      expect(metadata).toEqual({ full_name: 'masked' });
    }
    const orphans =
      'select count(*) from customers c where user_id is not null and not exists (select from auth.users where id = user_id)';
    expect(await numberIn(bench.staging.database, orphans)).toBe(0);
    const keys = `select count(*) from pg_constraint where conrelid = 'public.customers'::regclass and confrelid = 'auth.users'::regclass and convalidated`;
    expect(await numberIn(bench.staging.database, keys)).toBe(1);
    expect(await numberIn(bench.staging.database, `has_table_privilege('anon', 'public.jobs', 'select')`)).toBe(1);
    expect(await numberIn(bench.staging.database, `has_schema_privilege('anon', 'public', 'usage')`)).toBe(1);
    expect(await staging('select schemaname from pg_publication_tables')).toEqual([{ schemaname: 'public' }]);
    const [made] = await staging<{ id: string }>(
      `insert into auth.users (id, email) values (gen_random_uuid(), 'new@staging.example') returning id`,
    );
    const noted = `select count(*) from public.audit_log where action = 'user.created' and actor = '${made?.id}'`;
    expect(await numberIn(bench.staging.database, noted)).toBe(1);
    expect(await clearTextIn(join(bench.servers.staging.dir, 'data'), CLEAR)).toEqual([]);
    expect(await clearTextIn(join(bench.servers.production.dir, 'data'), CLEAR)).toEqual(CLEAR);

    for (const _time of [1, 2]) {
      if ('not' in promote.undo) throw new Error(promote.undo.not);
      await promote.undo.run(args, null, run(was));
      expect(await contents(bench.staging.database)).toEqual(before);
    }
    expect((await platform.facts(system, 'staging')).target.identity).toBe(target.identity);
    expect(await numberIn(bench.staging.database, keys)).toBe(1);
    const create = action('candidate.create');
    for (const _time of [1, 2]) {
      if ('not' in create.undo) throw new Error(create.undo.not);
      await create.undo.run({ environment: 'staging', candidate: NAMES.candidate, at: null }, null, run());
    }
    expect(await staging(`select nspname from pg_namespace where nspname like 'hf%'`)).toEqual([]);
  });

  it('stops before anything reaches staging when a column is left that nobody masks', async () => {
    const leaking = `alter table jobs add column notes text; update jobs set notes = 'call ' || (select email from customers where id = customer_id)`;
    await query(bench.production.database, leaking);
    const captured = await action('backup.capture').do(await captureArgs(), run(null, { operation: 'op-13' }));
    expect(captured, saysOf(captured)).toMatchObject({ is: 'done' });
    await query(bench.production.database, 'alter table jobs drop column notes');
    const { backups } = await platform.facts(system, 'production');
    const [leaky] = backups.filter(({ id }) => id.includes('op-13'));
    if (leaky === undefined) throw new Error('no backup was made');
    const candidate = 'hf_op13_cd34';
    const more = { operation: 'op-13', step: 's2' };
    await action('candidate.create').do({ environment: 'staging', candidate, at: null }, run(null, more));
    const loaded = await action('candidate.load').do(
      { environment: 'staging', candidate, from: { environment: 'production', backup: leaky }, masked: true },
      run(null, more),
    );
    expect(loaded).toMatchObject({ is: 'failed' });
    expect(saysOf(loaded)).toMatch(/jobs\.notes: \d+ values.*Nothing of it has left the worker/s);
    expect(await staging(`select relname from pg_class where relnamespace = '${candidate}'::regnamespace`)).toEqual([]);
    expect(await clearTextIn(join(bench.servers.staging.dir, 'data'), CLEAR)).toEqual([]);
  });
});

async function captureArgs() {
  const { target } = await platform.facts(system, 'production');
  return { environment: 'production', target, kind: 'manual' as const };
}

describe('a restore of production', () => {
  it('brings back what the backup holds, unmasked, and what was put aside can be removed', async () => {
    const names = { candidate: 'hf_op17_ef56', previous: 'hf_before_op17' };
    const more = { operation: 'op-17' };
    const url = bench.production.database;
    const before = await contents(url);
    await action('candidate.create').do(
      { environment: 'production', candidate: names.candidate, at: null },
      run(null, more),
    );
    const args = { environment: 'production', candidate: names.candidate, from: await from(), masked: false };
    const loaded = await action('candidate.load').do(args, run(null, more));
    expect(loaded, saysOf(loaded)).toMatchObject({ is: 'done' });
    await action('candidate.check').do({ ...args, expect: null }, run(null, more));
    const { server } = await platform.facts(system, 'production');
    expect(server?.warm).toMatchObject([{ name: names.candidate, operation: 'op-17', backup: (await newest()).id }]);
    const promote = action('database.promote');
    const swap = { environment: 'production', promote: names.candidate, previous: names.previous };
    const was = (await promote.before?.(swap, run(null, more))) ?? null;
    const promoted = await promote.do(swap, run(was, more));
    expect(promoted, saysOf(promoted)).toMatchObject({ is: 'done' });
    const after = await contents(url);
    expect(await numberIn(url, 'select count(*) from customers')).toBe(220);
    expect(after).toMatchObject({ users: before?.['users'], identities: before?.['identities'], sessions: null });

    const facts = await platform.facts(system, 'production');
    const [kept] = facts.server?.kept ?? [];
    expect(kept).toMatchObject({ name: names.previous, operation: 'op-17' });
    const leftover = { environment: 'production', name: names.previous, identity: kept?.identity ?? '' };
    const drop = action('leftover.drop');
    expect(await drop.do({ ...leftover, identity: 'another' }, run(null, more))).toMatchObject({ untouched: true });
    for (const _time of [1, 2]) expect(await drop.do(leftover, run(null, more))).toMatchObject({ is: 'done' });
    expect(await drop.probe(leftover, run(null, more))).toMatchObject({ is: 'happened' });
    expect(await contents(url)).toEqual(after);
  });
});

describe('a backup of production', () => {
  it('comes with the manifest of the objects that it does not hold, and says so', async () => {
    const capture = action('backup.capture');
    const more = { operation: 'op-14' };
    const outcome = await capture.do(await captureArgs(), run(null, more));
    expect(outcome, saysOf(outcome)).toMatchObject({ is: 'done' });
    expect(saysOf(outcome)).toMatch(/1,098 objects/);
    expect(saysOf(outcome)).toMatch(/The backup itself holds no object/);
    const again = await capture.do(await captureArgs(), run(null, more));
    expect(again).toMatchObject({ is: 'done' });
    expect(await capture.probe(await captureArgs(), run(null, more))).toMatchObject({ is: 'happened' });
    const { backups } = await platform.facts(system, 'production');
    expect(backups.filter(({ id }) => id.includes('op-14'))).toHaveLength(1);
    expect(await readdir(join(bench.backupsDir, 'storage'))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/op-14.*\.jsonl$/),
        expect.stringMatching(/op-14.*\.jsonl\.json$/),
      ]),
    );
  });

  it('fails when it is smaller than a backup must be, or takes too long', async () => {
    const limited = (archives: Record<string, unknown>): System => {
      const production = system.environments['production'];
      if (production === undefined) throw new Error('no production');
      const settings = {
        ...production.settings,
        archives: { ...(production.settings['archives'] as object), ...archives },
      };
      return { ...system, environments: { ...system.environments, production: { ...production, settings } } };
    };
    const small = await action('backup.capture')
      .do(await captureArgs(), run(null, { operation: 'op-15', system: limited({ atLeastBytes: 100_000_000 }) }))
      .catch((thrown: unknown) => String(thrown));
    expect(JSON.stringify(small)).toMatch(/less than the 100/);
    const slow = await action('backup.capture')
      .do(await captureArgs(), run(null, { operation: 'op-16', system: limited({ withinMinutes: 0.0001 }) }))
      .catch((thrown: unknown) => String(thrown));
    expect(JSON.stringify(slow)).toMatch(/was not finished within/);
  });
});
