// The compose platform on a real engine: facts, the whole route of a restore by its actions, and what may go wrong on the way.
import { execFile } from 'node:child_process';
import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeBackup } from '../../sandbox/compose/provote/backups.ts';
import { startSshd } from '../../sandbox/host/sshd.ts';
import type { Backup } from '../../src/core/facts.ts';
import {
  environment,
  type PlatformBench,
  type Prepared,
  startPlatformBench,
  twice,
} from '../support/compose-platform.ts';

const run = promisify(execFile);
const SERVICES = ['celery-beat', 'celery', 'web'];
const services = { environment, services: SERVICES };

let bench: PlatformBench;
let latest: Backup;

beforeAll(async () => {
  bench = await startPlatformBench();
  latest = await bench.backup(bench.provote.backups.at(-1) ?? '');
});
afterEach(() => Promise.all(made.splice(0).map((name) => rm(join(bench.provote.backupsDir, name), { force: true }))));
afterAll(() => bench?.stop());

/** Backups of one test. */
const made: string[] = [];

const factsNow = () => bench.platform.facts(bench.system, environment);
const from = (backup: Backup = latest) => ({ environment, backup });

/** A younger file may still be arriving. */
const anHourAgo = () => new Date(Date.now() - 3_600_000);

/** Asked past Holdfast. */
async function rowsOf(table: string): Promise<number> {
  const [row] = await bench.provote.query(`select count(*)::int as n from ${table}`);
  return Number(row?.['n']);
}

async function databases(): Promise<string[]> {
  const rows = await bench.provote.query('select datname from pg_database where not datistemplate order by 1');
  return rows.map(({ datname }) => String(datname));
}

async function states(): Promise<Record<string, string>> {
  const format = '{{.Label "com.docker.compose.service"}} {{.State}}';
  const lines = (await bench.sandbox.docker(['ps', '--all', '--format', format])).trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(' ')));
}

async function health(): Promise<{ status: number; polls: unknown }> {
  const page = await fetch(`${bench.provote.webUrl}/health/`);
  const body: unknown = await page.json();
  return { status: page.status, polls: Object(body).polls };
}

async function dumpOf(id: string): Promise<string> {
  return gunzipSync(await readFile(join(bench.provote.backupsDir, id))).toString();
}

/** How many rows a plain dump has for a table. */
async function rowsIn(id: string, table: string): Promise<number> {
  const lines = (await dumpOf(id)).split('\n');
  const first = lines.findIndex((line) => line.startsWith(`COPY public.${table} `)) + 1;
  return lines.indexOf('\\.', first) - first;
}

/** From the file to a checked database beside the live one. */
async function build(candidate: string, operation: string, backup: Backup = latest) {
  const one = { operation };
  const created: Prepared<'candidate.create'>[] = [];
  await twice(bench, 'backup.fetch', { from: from(backup) }, { ...one, step: 's1' });
  await twice(
    bench,
    'candidate.preflight',
    { environment, candidate, from: from(backup) },
    { ...one, step: 's2', found: 'not_happened' },
  );
  created.push(await twice(bench, 'candidate.create', { environment, candidate, at: null }, { ...one, step: 's3' }));
  await twice(
    bench,
    'candidate.load',
    { environment, candidate, from: from(backup), masked: false },
    { ...one, step: 's4' },
  );
  const check = await twice(
    bench,
    'candidate.check',
    { environment, candidate, expect: null },
    { ...one, step: 's5', found: 'not_happened' },
  );
  return { created: created[0], check };
}

async function goLive(candidate: string, previous: string, operation: string, { stopped = false } = {}) {
  const stop = await twice(bench, 'services.stop', services, { operation, step: 's6', already: stopped });
  expect(await states()).toMatchObject({ web: 'exited', celery: 'exited', 'celery-beat': 'exited', db: 'running' });
  const promote = await twice(
    bench,
    'database.promote',
    { environment, promote: candidate, previous },
    { operation, step: 's7' },
  );
  const migrate = await twice(
    bench,
    'migrations.run',
    { environment },
    { operation, step: 's8', found: 'not_happened' },
  );
  expect((await states())['web']).toBe('exited');
  const start = await twice(bench, 'services.start', services, { operation, step: 's9' });
  expect(await states()).toEqual({ web: 'running', celery: 'running', 'celery-beat': 'running', db: 'running' });
  return { stop, promote, migrate, start };
}

describe('facts of a compose project', () => {
  it('say what it runs on, what its backups are, and how much room there is', async () => {
    const facts = await factsNow();
    expect(facts.target).toMatchObject({ environment, name: 'provote', database: 'provote' });
    expect(facts.target.identity).toMatch(/^\d+\/\d+$/);
    expect(facts.surveyProblem).toBe(null);
    expect(facts.server).toMatchObject({
      services: SERVICES,
      migrate: 'python manage.py migrate --settings=config.settings.production',
      warm: [],
      kept: [],
    });
    expect(facts.server?.bytes).toBeGreaterThan(1_000_000);
    const { stdout } = await run('df', ['-Pk', bench.sandbox.dir]);
    const free = Number(stdout.trim().split('\n').at(-1)?.trim().split(/\s+/)[3]) * 1024;
    expect(Math.abs((facts.server?.freeBytes ?? 0) - free)).toBeLessThan(1_000_000_000);
    const scheduled = facts.backups.filter(({ kind }) => kind === 'scheduled').map(({ id }) => id);
    expect(scheduled).toEqual(bench.provote.backups.toReversed());
    expect(facts.backups.find(({ id }) => id === bench.provote.preMigration)?.kind).not.toBe('scheduled');
    const { from: first, to } = facts.window ?? { from: '', to: '' };
    expect(Date.parse(first)).toBeLessThanOrEqual(Date.parse(to));
    expect(Date.parse(to)).toBeLessThanOrEqual(Date.now());
  });

  it('are read of an engine behind ssh, and of its database through the same door', async () => {
    const sshd = await startSshd();
    try {
      const socket = bench.sandbox.host.slice('unix://'.length);
      const system = bench.systemWith({ ...settingsNow(), engine: { ...sshd.address, socket } });
      const [near, far] = [await factsNow(), await bench.platform.facts(system, environment)];
      expect(far.target).toEqual(near.target);
      expect(far.server?.freeBytes).toBeGreaterThan(0);
      const { open } = await bench.platform
        .connection(system, { environment, candidate: null })
        .then((secret) => ({ open: secret.open() }));
      expect(new URL(open).port).not.toBe(new URL(bench.provote.databaseUrl).port);
      await sshd.stop();
      const gone = await bench.platform.facts(system, environment);
      expect(gone.surveyProblem).toContain('connecting to the database');
      expect(gone.backups).toEqual(near.backups);
    } finally {
      await sshd.end();
    }
  });

  it('are there when the container of the database does not run, with its backups', async () => {
    await bench.provote.control.kill('db');
    const facts = await factsNow();
    expect(facts.surveyProblem).toContain('ECONNREFUSED');
    expect(facts.target.identity).toBe('unreachable: production of provote');
    expect(facts.backups).toHaveLength(bench.provote.backups.length + 1);
    expect(facts.server?.freeBytes).toBe(null);
    expect(facts.window, 'read from the archive alone').toMatchObject({ from: expect.any(String) });
    await (await bench.openCompose()).start(['db'], { signal: AbortSignal.timeout(60_000) });
  });
});

function settingsNow(): Record<string, unknown> {
  return bench.system.environments[environment]?.settings ?? {};
}

describe('a moment in time', { timeout: 300_000 }, () => {
  /** By the server's clock; what is committed next comes later. */
  async function momentNow(): Promise<string> {
    const [row] = await bench.provote.query(
      `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, pg_sleep(0.1)`,
    );
    return String(row?.['at']);
  }
  const backupAt = (at: string): Backup => ({
    ...{ id: 'at-then', kind: 'manual', state: 'finished', startedAt: at, finishedAt: at, bytes: null, sha256: null },
  });
  const helpers = () => bench.sandbox.docker(['ps', '--all', '--quiet', '--filter', 'name=recovery']);
  const volumes = () => bench.sandbox.docker(['volume', 'ls', '--quiet']);

  it('is recovered in a container of its own, with what was deleted after it (P8)', async () => {
    const [before, kept] = [await rowsOf('polls_vote'), await volumes()];
    const at = await momentNow();
    await bench.provote.query('delete from polls_vote where id in (select id from polls_vote limit 1000)');
    const after = await rowsOf('polls_vote');
    expect(after).toBe(before - 1_000);
    const [candidate, of, more] = ['provote_op45_7f3a', from(backupAt(at)), { operation: 'op-45' }];
    const recovered = await twice(bench, 'moment.recover', { environment, at, from: of }, more);
    expect(recovered.outcome.evidence.says.join(' ')).toMatch(
      /Recovered from \d{8}-\d{6}F, read back from the server: the last transaction .* the first one that is not/,
    );
    expect(recovered.told.map(({ note }) => note).join()).toMatch(/restoring the backup, .*dumping/);
    expect(await helpers()).toBe('');
    expect(await volumes()).toBe(kept);

    const created = await twice(bench, 'candidate.create', { environment, candidate, at: null }, more);
    try {
      await twice(bench, 'candidate.load', { environment, candidate, from: of, masked: false }, more);
      const check = await bench.prepare('candidate.check', { environment, candidate, expect: null }, more);
      const outcome = await check.do();
      expect(outcome).toMatchObject({ is: 'done' });
      expect(outcome.evidence.says.join(' ')).toContain('brings back 1,000 and changes 0');
      expect(await rowsOf('polls_vote')).toBe(after);
    } finally {
      await created.undo();
    }
    await recovered.undo();
  });

  it('leaves nothing behind when its container dies, and cannot write to what is live', async () => {
    const kept = await volumes();
    const at = await momentNow();
    const recover = await bench.prepare('moment.recover', { environment, at, from: from(backupAt(at)) });
    const ended = recover.do();
    const helper = await found(helpers);
    const format = '{{range .Mounts}}{{.Destination}} {{.RW}}\n{{end}}';
    const mounts = (await bench.sandbox.docker(['inspect', '--format', format, helper])).trim().split('\n').sort();
    expect(mounts).toEqual([
      '/etc/pgbackrest/pgbackrest.conf false',
      '/var/lib/holdfast true',
      '/var/lib/pgbackrest false',
      '/var/lib/postgresql/data false',
    ]);
    await bench.sandbox.docker(['kill', helper]);
    expect(await ended).toMatchObject({ is: 'failed', why: expect.stringContaining('on the engine') });
    expect(await recover.probe()).toEqual({ is: 'not_happened' });
    expect(await helpers()).toBe('');
    expect(await volumes()).toBe(kept);
    expect(await health()).toMatchObject({ status: 200 });
  });

  /** As soon as it prints something. */
  async function found(what: () => Promise<string>): Promise<string> {
    for (const until = Date.now() + 30_000; Date.now() < until; ) {
      const said = (await what()).trim();
      if (said !== '') return said;
    }
    throw new Error('there was nothing');
  }
});

// docker-compose is asked dozens of times, and takes seconds on a busy machine.
describe('a restore by its steps', { timeout: 300_000 }, () => {
  it('brings the rows of the backup back, and takes all of it away again', async () => {
    const [identity, rows] = [(await factsNow()).target.identity, await rowsOf('polls_poll')];
    const backed = await rowsIn(latest.id, 'polls_poll');
    expect(rows).toBeGreaterThan(backed);
    const [candidate, previous] = ['provote_op41_7f3a', 'provote_before_op41'];

    const { created, check } = await build(candidate, 'op-41');
    expect(check.outcome.evidence.says.join(' ')).toMatch(/polls_poll/);
    expect(await rowsOf('polls_poll')).toBe(rows);
    const { stop, promote, migrate, start } = await goLive(candidate, previous, 'op-41');
    expect(promote.outcome).toMatchObject({ output: { unavailableMs: expect.any(Number) } });
    expect(migrate.outcome.evidence.says).toEqual([
      '1 migration applied: 0003_poll_is_archived; 5 migrations recorded.',
    ]);
    expect(await rowsOf('polls_poll')).toBe(backed);
    expect(await rowsOf('polls_vote')).toBe(await rowsIn(latest.id, 'polls_vote'));
    expect(await health()).toEqual({ status: 200, polls: backed });
    expect(await databases()).toEqual(['postgres', 'provote', previous]);
    expect((await factsNow()).server?.kept).toMatchObject([{ name: previous, operation: 'op-41' }]);
    const logs = await twice(bench, 'logs.watch', { environment }, { found: 'not_happened' });
    expect(logs.outcome.evidence.says.join()).toMatch(/^1 s watched, \d+ lines, 0 alarming$/);

    for (const step of [start, promote, stop, created]) {
      await step?.undo();
      await step?.undo();
    }
    expect(await states()).toEqual({ web: 'running', celery: 'running', 'celery-beat': 'running', db: 'running' });
    expect((await factsNow()).target.identity).toBe(identity);
    expect(await health()).toEqual({ status: 200, polls: rows });
    // It was live, and somebody may have written to it: it goes when somebody says so.
    expect(await databases()).toEqual(['postgres', 'provote', candidate]);
    const [kept] = (await factsNow()).server?.kept ?? [];
    expect(kept).toMatchObject({ name: candidate, operation: 'op-41' });
    await twice(bench, 'leftover.drop', { environment, name: candidate, identity: kept?.identity ?? '' });
    expect(await databases()).toEqual(['postgres', 'provote']);
  });

  it('starts nothing in its undo that somebody had stopped before', async () => {
    await (await bench.openCompose()).stop(['celery'], { signal: AbortSignal.timeout(60_000) });
    const stop = await twice(bench, 'services.stop', services);
    await stop.undo();
    expect(await states()).toMatchObject({ web: 'running', celery: 'exited', 'celery-beat': 'running' });
    await twice(bench, 'services.start', services);
  });

  it('fails on a backup that psql takes without a word, and leaves the live database as it was', async () => {
    const broken = 'backup_20200101_020000.sql.gz';
    made.push(broken);
    const text = await dumpOf(latest.id);
    const [line] = /^COPY public\.polls_vote .*\n/m.exec(text) ?? [''];
    const at = text.indexOf(line) + line.length;
    await writeFile(
      join(bench.provote.backupsDir, broken),
      gzipSync(`${text.slice(0, at)}no\tnumber\tat\tall\tof\n${text.slice(at)}`),
    );
    await writeFile(join(bench.dir, 'broken.sql'), gunzipSync(await readFile(join(bench.provote.backupsDir, broken))));
    await utimes(join(bench.provote.backupsDir, broken), anHourAgo(), anHourAgo());
    await bench.provote.query('create database silent');
    const url = new URL(bench.provote.databaseUrl);
    url.pathname = '/silent';
    const psql = await run('psql', ['--quiet', '--dbname', url.href, '--file', join(bench.dir, 'broken.sql')]);
    expect(psql.stderr).toContain('ERROR');
    await bench.provote.query('drop database silent');

    const [identity, rows] = [(await factsNow()).target.identity, await rowsOf('polls_vote')];
    const candidate = 'provote_op42_7f3a';
    const more = { operation: 'op-42' };
    const backup = await bench.backup(broken);
    await (await bench.prepare('backup.fetch', { from: from(backup) }, more)).do();
    const created = await twice(bench, 'candidate.create', { environment, candidate, at: null }, more);
    const load = await bench.prepare(
      'candidate.load',
      { environment, candidate, from: from(backup), masked: false },
      more,
    );
    expect(await load.do()).toMatchObject({ is: 'failed', why: expect.stringContaining('polls_vote') });
    expect(await load.probe()).toEqual({ is: 'not_happened' });
    await created.undo();
    expect((await factsNow()).target.identity).toBe(identity);
    expect(await rowsOf('polls_vote')).toBe(rows);
    expect(await databases()).toEqual(['postgres', 'provote']);
  });

  it('notices a service that ends while the others are started, and stops those again', async () => {
    const stop = await twice(bench, 'services.stop', services);
    await bench.provote.control.crashAtStart('celery');
    const start = await bench.prepare('services.start', services);
    expect(await start.do()).toMatchObject({
      is: 'failed',
      untouched: false,
      why: expect.stringMatching(/starting celery of provote: provote_celery_1 ended .*ImproperlyConfigured/),
    });
    expect(await start.probe()).toEqual({ is: 'not_happened' });
    await start.undo();
    expect(await states()).toMatchObject({ web: 'exited', celery: 'exited', 'celery-beat': 'exited' });
    await bench.provote.control.mendStart('celery');
    await stop.undo();
    expect(await states()).toMatchObject({ web: 'running', celery: 'running', 'celery-beat': 'running' });
  });

  it('tells of an application that runs and is not well, which the health check judges', async () => {
    const stop = await twice(bench, 'services.stop', services);
    await bench.provote.control.breakHealth();
    const start = await bench.prepare('services.start', services);
    expect(await start.do()).toMatchObject({
      is: 'done',
      evidence: { checks: [{ name: 'provote_web_1', status: 'warn' }] },
    });
    await bench.provote.control.mendHealth();
    await stop.undo();
  });

  it('says what the migrations complained of', async () => {
    await bench.provote.query('alter table django_migrations rename to gone');
    const migrate = await bench.prepare('migrations.run', { environment });
    await bench.provote.query('alter table gone rename to django_migrations');
    const without = bench.systemWith({
      ...settingsNow(),
      migrate: { service: 'web', command: ['python', 'manage.py', 'migrat'] },
    });
    const wrong = await bench.prepare('migrations.run', { environment }, { system: without });
    expect(await wrong.do()).toMatchObject({ is: 'failed', why: expect.stringContaining("Unknown command: 'migrat'") });
    expect(await migrate.do()).toMatchObject({
      is: 'done',
      evidence: { says: ['No migration was pending: 5 migrations recorded, as before.'] },
    });
    expect(await bench.sandbox.docker(['ps', '--all', '--quiet', '--filter', 'name=migrate'])).toBe('');
  });

  it('leaves the live database as it was when the server is killed while the candidate is loaded', async () => {
    const slow = (ms: number) => `create or replace function slow() returns boolean language plpgsql as
      $$ begin perform pg_sleep(${ms / 1000}); return true; end $$`;
    await bench.provote.query(slow(0));
    await bench.provote.query('create table filler (n int check (slow()))');
    await bench.provote.query('insert into filler select generate_series(1, 300)');
    await bench.provote.query(slow(50));
    const id = await makeBackup(bench.provote.databaseUrl, bench.provote.backupsDir, 'pre_migration', anHourAgo());
    made.push(id);
    await bench.provote.query('drop table filler; drop function slow');
    const [identity, rows] = [(await factsNow()).target.identity, await rowsOf('polls_vote')];
    const backup = await bench.backup(id);
    const candidate = 'provote_op43_7f3a';
    const more = { operation: 'op-43' };
    await (await bench.prepare('backup.fetch', { from: from(backup) }, more)).do();
    const created = await twice(bench, 'candidate.create', { environment, candidate, at: null }, more);
    const args = { environment, candidate, from: from(backup), masked: false };
    const load = await bench.prepare('candidate.load', args, more);
    const loading = load.do();
    const copying = `select from pg_stat_activity where datname = '${candidate}' and query ~* '^copy .*filler'`;
    await expect.poll(() => bench.provote.query(copying), { timeout: 20_000 }).toHaveLength(1);
    await bench.sandbox.docker(['kill', 'provote_db_1']);
    expect(await loading).toMatchObject({ is: 'failed' });
    await (await bench.openCompose()).start(['db'], { signal: AbortSignal.timeout(60_000) });
    expect(await load.probe()).toEqual({ is: 'not_happened' });
    await created.undo();
    await created.undo();
    expect((await factsNow()).target.identity).toBe(identity);
    expect(await rowsOf('polls_vote')).toBe(rows);
    expect(await databases()).toEqual(['postgres', 'provote']);
  });
});

describe('a server made anew', { timeout: 300_000 }, () => {
  const recreate = (operation: string) => bench.prepare('server.recreate', { environment }, { operation });

  it('is refused as long as the old one answers', async () => {
    const before = await states();
    expect(await (await recreate('op-44')).do()).toMatchObject({
      is: 'failed',
      untouched: true,
      why: expect.stringContaining('the server answers'),
    });
    expect(await states()).toEqual(before);
  });

  it('keeps what is left of a damaged volume, file by file, and is new and empty', async () => {
    await bench.provote.compose('stop', 'db');
    const image = 'provote/db';
    const inVolume = async (volume: string, script: string) =>
      bench.sandbox.docker([
        'run',
        '--rm',
        '--network',
        'none',
        '--entrypoint',
        'sh',
        '--volume',
        `${volume}:/at`,
        image,
        '-c',
        script,
      ]);
    await inVolume('provote_postgres_data', 'rm /at/global/pg_control');
    const left = 'cd /at && find . -type f -exec cksum {} + | sort | cksum';
    const listing = await inVolume('provote_postgres_data', left);
    await bench.provote.compose('start', 'db');

    const server = await recreate('op-45');
    expect(server.run.before).toMatchObject({ server: null, volume: 'provote_postgres_data' });
    expect(await server.probe()).toEqual({ is: 'not_happened' });
    const outcome = await server.do();
    expect('why' in outcome ? outcome.why : 'done').toBe('done');
    expect(outcome.evidence.says[0]).toMatch(
      /^[\d,]+ files of \d+ MB are kept in the volume provote_postgres_data_before_op45, read back one by one\.$/,
    );
    const kept = 'provote_postgres_data_before_op45';
    expect(await inVolume(kept, left.replace('-type f', '-type f ! -name .holdfast_kept'))).toBe(listing);
    expect(await server.probe()).toMatchObject({ is: 'happened' });
    expect(await server.do()).toMatchObject({ is: 'done', evidence: { says: [expect.stringContaining('already')] } });
    // A worker that dies in the middle: the one that goes on does not copy the new server over what was kept.
    await bench.provote.compose('stop', 'db');
    expect(await server.probe()).toEqual({ is: 'not_happened' });
    expect(await server.do()).toMatchObject({
      is: 'done',
      evidence: { says: [expect.stringContaining(kept), expect.anything()] },
    });
    expect(await inVolume(kept, left.replace('-type f', '-type f ! -name .holdfast_kept'))).toBe(listing);
    expect(await bench.provote.query("select from pg_tables where tablename like 'polls%'")).toEqual([]);
    expect(await states()).toEqual({ web: 'exited', celery: 'exited', 'celery-beat': 'exited', db: 'running' });
  });

  it('removes nothing when the copy cannot be made', async () => {
    await bench.provote.compose('stop', 'db');
    // Somebody else's volume stands in the way of the copy.
    await bench.sandbox.docker(['volume', 'create', 'provote_postgres_data_before_op46']);
    const server = await recreate('op-46');
    expect(await server.do()).toMatchObject({ is: 'failed', why: expect.stringContaining('not ours') });
    const volumes = await bench.sandbox.docker(['volume', 'ls', '--quiet']);
    expect(volumes.split('\n')).toContain('provote_postgres_data');
    await bench.provote.compose('start', 'db');
  });

  it('takes a backup when everything was lost, and another one after it', async () => {
    await bench.provote.control.loseDatabase();
    const facts = await factsNow();
    expect(facts.surveyProblem).toContain('ECONNREFUSED');
    expect(facts.backups[0]?.id).toBe(bench.provote.preMigration);
    expect(facts.windowProblem).toContain('provote has no container of db');
    const server = await twice(bench, 'server.recreate', { environment }, { operation: 'op-47' });
    expect(server.outcome.evidence.says[0]).toBe('Of the old server nothing was left to be kept.');
    expect((await factsNow()).windowProblem).toContain('belongs to another server');

    await build('provote_op47_7f3a', 'op-47');
    await goLive('provote_op47_7f3a', 'provote_before_op47', 'op-47', { stopped: true });
    const backed = await rowsIn(latest.id, 'polls_poll');
    expect(await health()).toEqual({ status: 200, polls: backed });

    const earlier = await bench.backup(bench.provote.backups[0] ?? '');
    await build('provote_op48_7f3a', 'op-48', earlier);
    const { promote } = await goLive('provote_op48_7f3a', 'provote_before_op48', 'op-48');
    expect(await health()).toEqual({ status: 200, polls: await rowsIn(earlier.id, 'polls_poll') });
    await promote.undo();
    expect(await rowsOf('polls_poll')).toBe(backed);
  });
});
