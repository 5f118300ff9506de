// Backups of a project that bring code along: nothing of it runs with the rights of Holdfast, neither on the worker nor in the project.
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Action, ActionName, Args, Outcome, Run } from '../../src/core/action.ts';
import type { Platform } from '../../src/core/platform.ts';
import { Secret } from '../../src/core/secret.ts';
import { System } from '../../src/core/system.ts';
import { supabase } from '../../src/platforms/supabase/platform.ts';
import { runOf } from '../support/heroku-platform.ts';
import { type SupabaseBench, startSupabaseBench } from '../support/supabase.ts';

let bench: SupabaseBench;
let platform: Platform;
let system: System;
let work: string;
beforeAll(async () => {
  bench = await startSupabaseBench();
  work = await mkdtemp(join(tmpdir(), 'holdfast-supabase-hostile-'));
  await chmod(work, 0o711);
  await mkdir(join(work, 'loot'));
  // Whatever runs on the worker's scratch server may leave its proof here.
  await chmod(join(work, 'loot'), 0o777);
  const { production } = bench;
  const file = await readFile(new URL('../../systems/fieldservice.yml', import.meta.url), 'utf8');
  const raw = parse(file.replaceAll('0REPLACE', '0REAL'));
  const { settings } = raw.environments.production;
  settings.archives = { place: { kind: 'directory', path: bench.backupsDir } };
  settings.storage = { url: production.url, keyFrom: 'FIELDSERVICE_KEY', buckets: ['uploads'] };
  system = System.parse(raw);
  const variables: Record<string, string> = {
    FIELDSERVICE_PRODUCTION_DATABASE_URL: production.database,
    FIELDSERVICE_STAGING_DATABASE_URL: bench.staging.database,
    FIELDSERVICE_KEY: production.serviceKey,
  };
  platform = supabase({
    workDir: work,
    path: '/usr/bin:/bin',
    maskingKey: new Secret('a key for tests'),
    secretOf: (variable) => new Secret(variables[variable] ?? ''),
  });
});
afterAll(async () => {
  await bench?.stop();
  await rm(work, { recursive: true, force: true });
});

async function production(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: bench.production.database });
  await client.connect();
  try {
    const answers: unknown = await client.query(sql);
    const last = Array.isArray(answers) ? answers.at(-1) : answers;
    return last?.rows ?? [];
  } finally {
    await client.end();
  }
}

function act<N extends ActionName>(name: N): Action<Args<N>> {
  const found = platform.actions[name];
  if (found === undefined) throw new Error(`no action ${name}`);
  return found as Action<Args<N>>;
}

const saysOf = (outcome: Outcome) => ('why' in outcome ? outcome.why : outcome.evidence.says.join(' '));
const proof = () => join(work, 'loot', 'proof');

let operations = 20;

/** Of the project with this in it, which is gone again when the backup is made: into the shelf beside public. */
async function broughtBack(
  hostile: string,
  mended: string,
): Promise<{ outcome: Outcome; shelf: string; more: Partial<Run> }> {
  operations += 1;
  const more = { operation: `op-${operations}` };
  const run = (step: string): Run => runOf(null, { system, ...more, step });
  const { target } = await platform.facts(system, 'production');
  await production(hostile);
  const captured = await act('backup.capture').do({ environment: 'production', target, kind: 'manual' }, run('s1'));
  await production(`${mended}; delete from feature_flags where name = 'owned'`);
  await rm(proof(), { force: true });
  expect(captured.is, saysOf(captured)).toBe('done');
  const { backups } = await platform.facts(system, 'production');
  const backup = backups.find(({ id }) => id.includes(more.operation));
  if (backup === undefined) throw new Error('no backup was made');
  const shelf = `hf_op${operations}_ab12`;
  await act('candidate.create').do({ environment: 'production', candidate: shelf, at: null }, run('s2'));
  const args = {
    environment: 'production',
    candidate: shelf,
    from: { environment: 'production', backup },
    masked: false,
  };
  const outcome = await act('candidate.load').do(args, run('s3'));
  return { outcome, shelf, more };
}

const owned = () => production(`select from feature_flags where name = 'owned'`);

/** Writes where the rights of Holdfast reach, by a second function: one that calls itself immutable may not. */
const RUN = `
  create function strike() returns void language plpgsql as $$
  begin insert into public.feature_flags values ('owned', true, '{}') on conflict do nothing; end $$;
  create function run(anything text) returns text immutable language plpgsql as $$
  begin
    begin
      execute (select format('select %I.strike()', nspname) from pg_proc join pg_namespace n on n.oid = pronamespace
                where proname = 'strike' order by nspname like 'hf%' desc limit 1);
    exception when others then null; end;
    return anything;
  end $$;`;
const GONE = 'drop function run; drop function strike';

describe('a function that the backup brings along', () => {
  it.each<[what: string, hostile: string, mended: string, where: RegExp]>([
    ['of an index', 'create index trap on customers (run(name))', 'drop index trap', /index public\.trap/],
    [
      'of an index by an operator',
      `create function like_run(text, text) returns bool immutable language plpgsql as
         $$ begin perform public.run($1); return true; end $$;
       create operator ### (leftarg = text, rightarg = text, function = like_run);
       create index trap on customers (name) where name ### 'x'`,
      'drop index trap; drop operator ### (text, text); drop function like_run',
      /index public\.trap/,
    ],
    [
      'of a view that is stored',
      'create materialized view trap as select run(name) from customers',
      'drop materialized view trap',
      /materialized view public\.trap/,
    ],
    [
      'of a view that a stored one reads',
      'create view inner_trap as select run(name) as name from customers; create materialized view trap as select * from inner_trap',
      'drop view inner_trap cascade',
      /materialized view public\.trap/,
    ],
    [
      'of a rule for rows',
      `alter table customers add constraint trap check (run(name) is not null)`,
      'alter table customers drop constraint trap',
      /constraint trap/,
    ],
    [
      'of a column that is computed',
      'alter table customers add column trap text generated always as (run(name)) stored',
      'alter table customers drop column trap',
      /column public\.customers\.trap/,
    ],
  ])('is not run while its rows are carried into the project: one %s', async (_what, hostile, mended, where) => {
    const { outcome, shelf } = await broughtBack(`${RUN} ${hostile}`, `${mended}; ${GONE}`);
    expect(await owned()).toEqual([]);
    expect(outcome.is).toBe('failed');
    expect(saysOf(outcome)).toMatch(
      /^public\.(run\(text\)|like_run\(text,text\)) of the backup would run with the rights/,
    );
    expect(saysOf(outcome)).toMatch(where);
    expect(await production(`select from pg_class where relnamespace = '${shelf}'::regnamespace`)).toEqual([]);
  });

  it('is carried along where the project has the very same one, and where nothing runs it', async () => {
    const harmless = `
      create function tidy(text) returns text immutable language sql as $$ select lower($1) $$;
      create index tidied on customers (tidy(name));
      create function unused(text) returns text language sql as $$ select $1 $$;`;
    const { outcome } = await broughtBack(harmless, 'drop function unused');
    expect(outcome.is, saysOf(outcome)).toBe('done');
    await production('drop function tidy cascade');
  });

  it('of the same name that does something else is none that the project has', async () => {
    const theirs = `create function tidy(text) returns text immutable language sql as $$ select $1 $$;`;
    const hostile = `drop function if exists tidy cascade; ${RUN}
      create function tidy(text) returns text immutable language sql as $$ select public.run($1) $$;
      create index tidied on customers (tidy(name));`;
    const { outcome } = await broughtBack(hostile, `drop function tidy cascade; ${GONE}; ${theirs}`);
    expect(saysOf(outcome)).toMatch(/^public\.tidy\(text\) of the backup would run/);
    await production('drop function tidy');
  });
});

describe('the worker', () => {
  it('runs no cast of the backup as a superuser when it packs the rows of auth', async () => {
    const admin = bench.production.database.replace('postgres@', 'supabase_admin@');
    const asAdmin = async (sql: string) => {
      const client = new pg.Client({ connectionString: admin });
      await client.connect();
      await client.query(sql).finally(() => client.end());
    };
    await asAdmin(`
      create type auth.evil as (said text);
      create function auth.told(auth.evil) returns text language plpgsql as $$
      begin
        begin copy (select 1) to program 'touch ${proof()}'; exception when others then null; end;
        return 'x';
      end $$;
      create cast (auth.evil as text) with function auth.told(auth.evil);
      alter table auth.users add column evil auth.evil default row('x')::auth.evil;`);
    const { outcome } = await broughtBack('select 1', 'select 1');
    expect(existsSync(proof())).toBe(false);
    expect(outcome.is, saysOf(outcome)).toBe('done');
    await asAdmin('alter table auth.users drop column evil; drop type auth.evil cascade');
  });
});

describe('what stands beside public', () => {
  it('is counted without asking anything that the backup has brought along', async () => {
    const hostile = `${RUN}
      create function less(numeric, int) returns bool language plpgsql as $$ begin perform public.run('x'); return false; end $$;
      create operator < (leftarg = numeric, rightarg = int, function = less);`;
    const mended = `drop operator public.< (numeric, int); drop function less; ${GONE}`;
    const { outcome, shelf, more } = await broughtBack(hostile, mended);
    expect(outcome.is, saysOf(outcome)).toBe('done');
    const invariants = [{ name: 'none', sql: 'select count(*) from customers where 1.5 < 0', expect: { equals: 0 } }];
    const asking = System.parse({ ...system, invariants });
    const check = { environment: 'production', candidate: shelf, expect: null };
    const checked = await act('candidate.check').do(check, runOf(null, { system: asking, ...more, step: 's4' }));
    expect(await owned()).toEqual([]);
    expect(checked.is, saysOf(checked)).toBe('done');
    expect(checked.evidence.says).toContain('Its invariants were asked on the worker, before it was carried here.');
  });
});
