// The real Heroku CLI, unmodified, works against the simulated Heroku, and what it does is really done.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliEnvironment } from '../../sandbox/heroku/cli-environment.ts';
import { type SimulatedHeroku, startHeroku } from '../../sandbox/heroku/start.ts';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';

const PRODUCTION = 'grayledger-production';
const STAGING = 'grayledger-staging';
const HEROKU = join(import.meta.dirname, '../../node_modules/.bin/heroku');

let dir: string;
let postgres: PostgresServer;
let heroku: SimulatedHeroku;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-heroku-'));
  postgres = await startPostgres();
  heroku = await startHeroku({ postgres: postgres.url, dir, pace: 'fast' });
});

afterAll(async () => {
  await heroku?.stop();
  await postgres?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function cli(...args: string[]) {
  const options = {
    env: cliEnvironment(heroku, dir),
    extendEnv: false,
    reject: false,
    timeout: 30_000,
    cwd: dir,
  } as const;
  const { exitCode, stdout, stderr } = await execa(HEROKU, args, options);
  return { exitCode, stdout, stderr };
}

async function health(app: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${heroku.apps[app]?.web}/health`);
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

async function stateOf(app: string) {
  const state = (await heroku.control.state()).apps[app];
  if (state === undefined) throw new Error(`no app ${app}`);
  return state;
}

describe('reading', () => {
  it('lists seven daily backups of production, newest first', async () => {
    const { stdout, exitCode } = await cli('pg:backups', '-a', PRODUCTION);
    expect(exitCode).toBe(0);
    expect(stdout.match(/a00\d/g)).toEqual(['a007', 'a006', 'a005', 'a004', 'a003', 'a002', 'a001']);
    expect(stdout.match(/Completed \d{4}-\d\d-\d\d 02:00:41 \+0000/g)).toHaveLength(7);
  });

  it.each([
    ['pg:backups:info', 'a007', /Type: +Scheduled[\s\S]*Backup Size: +\d+/],
    ['pg:backups:url', 'a007', /^https:\/\/localhost:\d+\/backups\//],
    ['pg:backups:schedules', null, /DATABASE_URL: daily at 2:00 UTC/],
    ['pg:info', null, /Plan: +Standard 0[\s\S]*Status: +Available/],
    ['pg:wait', null, /^$/],
    ['ps', null, /web\.1: up/],
    ['config:get', 'DATABASE_URL', /^postgres:\/\/u\w+:p\w+@127\.0\.0\.1:\d+\/d\w+$/],
    ['maintenance', null, /^off$/],
    ['releases', '--json', /"version": 256[\s\S]*"description": "Deploy def5678"/],
    ['releases:info', '--json', /"current": true[\s\S]*"version": 256/],
    ['apps:info', '--json', /"name": "grayledger-production"/],
  ])('answers `heroku %s`', async (command, argument, shows) => {
    const { stdout, stderr, exitCode } = await cli(command, ...(argument === null ? [] : [argument]), '-a', PRODUCTION);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(shows);
  });

  it('downloads the bytes of the backup that the list shows', async () => {
    const file = join(dir, 'download.dump');
    expect(await cli('pg:backups:download', 'a007', '-o', file, '-a', PRODUCTION)).toMatchObject({ exitCode: 0 });
    const backup = (await stateOf(PRODUCTION)).transfers.find(({ name }) => name === 'a007');
    expect((await stat(file)).size).toBe(backup?.processedBytes);
  });

  it('ends `logs -n 50`, and never ends `logs --tail`', async () => {
    const ended = await cli('logs', '-n', '50', '-a', PRODUCTION);
    expect(ended.exitCode).toBe(0);
    expect(ended.stdout.split('\n')).toHaveLength(50);
    expect(ended.stdout).toMatch(/heroku\[router\]: at=error .* status=500/);
    const options = { env: cliEnvironment(heroku, dir), extendEnv: false, reject: false, timeout: 30_000 } as const;
    const tailing = execa(HEROKU, ['logs', '--tail', '-n', '1', '-a', PRODUCTION], options);
    const lines: string[] = [];
    for await (const line of tailing) {
      lines.push(line);
      // The first is the one that was asked for, the others come while it goes on.
      if (lines.length === 3) tailing.kill();
    }
    expect(lines.length).toBeGreaterThan(2);
    expect(await tailing).toMatchObject({ isTerminated: true, timedOut: false });
  });
});

describe('backups', () => {
  it("restores production's backup over staging's rows when the app is named", async () => {
    expect(await health(STAGING)).toMatchObject({ status: 200, body: { entries: 400 } });
    const restored = await cli(
      'pg:backups:restore',
      `${PRODUCTION}::a001`,
      'DATABASE_URL',
      '-a',
      STAGING,
      '--confirm',
      STAGING,
    );
    expect(restored.exitCode).toBe(0);
    expect(await health(STAGING)).toMatchObject({ status: 200, body: { entries: 4000 } });
  });

  it("restores staging's own a001 when the app is not named: the runbook's trap", async () => {
    await cli('pg:backups:restore', 'a001', 'DATABASE_URL', '-a', STAGING, '--confirm', STAGING);
    expect(await health(STAGING)).toMatchObject({ status: 200, body: { entries: 350 } });
    expect((await stateOf(STAGING)).transfers.map(({ name }) => name)).toEqual(['a001', 'r002', 'r003']);
  });

  it('captures a backup under the next number of the one sequence', async () => {
    const { exitCode, stderr } = await cli('pg:backups:capture', '-a', STAGING);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Backing up DATABASE to b004... done');
  });

  it('restores nothing from an address that it did not sign', async () => {
    const refused = await cli(
      'pg:backups:restore',
      'https://example.com/x.dump',
      'DATABASE_URL',
      '-a',
      STAGING,
      '--confirm',
      STAGING,
    );
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain('not a valid, unexpired backup address');
    expect(await health(STAGING)).toMatchObject({ body: { entries: 350 } });
  });
});

describe('recovering production', () => {
  it('serves errors while the broken release runs', async () => {
    expect(await health(PRODUCTION)).toMatchObject({ status: 500, body: { release: 'v256', commit: 'abc1234' } });
  });

  it('keeps the old release running when the release command of a rollback fails, and the CLI exits 0', async () => {
    await heroku.control.fault({
      match: { method: 'POST', path: '/releases$' },
      times: 1,
      do: { kind: 'fail-release' },
    });
    expect((await cli('rollback', 'v255', '-a', PRODUCTION)).exitCode).toBe(0);
    const { releases, currentRelease } = await stateOf(PRODUCTION);
    expect(releases.at(-1)).toMatchObject({ version: 257, status: 'failed', description: 'Rollback to v255' });
    expect(currentRelease).toBe(256);
  });

  it('runs the old code after `rollback v255`', async () => {
    const { exitCode, stdout } = await cli('rollback', 'v255', '-a', PRODUCTION);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('No migrations to run');
    expect(await health(PRODUCTION)).toMatchObject({
      status: 200,
      body: { release: 'v258', commit: 'def5678', entries: 4270 },
    });
  });

  it('shows the maintenance page for every path between maintenance:on and maintenance:off', async () => {
    await cli('maintenance:on', '-a', PRODUCTION);
    expect((await cli('maintenance', '-a', PRODUCTION)).stdout).toBe('on');
    expect(await health(PRODUCTION)).toMatchObject({
      status: 503,
      body: expect.stringContaining('Offline for Maintenance'),
    });
    await cli('maintenance:off', '-a', PRODUCTION);
    expect(await health(PRODUCTION)).toMatchObject({ status: 200 });
  });

  it('orders a database, waits, restores into it, promotes it, and destroys the old one', async () => {
    const create = [
      'addons:create',
      'heroku-postgresql:standard-0',
      '--as',
      'CANDIDATE',
      '--name',
      'grayledger-candidate',
    ];
    expect(await cli(...create, '-a', PRODUCTION)).toMatchObject({ exitCode: 0 });
    expect(await cli('pg:wait', 'CANDIDATE', '-a', PRODUCTION)).toMatchObject({ exitCode: 0 });
    await cli('pg:backups:restore', 'a003', 'CANDIDATE', '--confirm', PRODUCTION, '-a', PRODUCTION);
    expect(await health(PRODUCTION)).toMatchObject({ body: { entries: 4270 } });

    const promoted = await cli('pg:promote', 'CANDIDATE', '-a', PRODUCTION);
    expect(promoted.stderr).toContain('pg:promote succeeded.');
    expect(await health(PRODUCTION)).toMatchObject({ status: 200, body: { entries: 4080 } });
    const { releases } = await stateOf(PRODUCTION);
    expect(releases.slice(-4).map(({ description }) => description.replace(/GRESQL_\w+/, 'GRESQL_COLOUR'))).toEqual([
      'Attach CANDIDATE (@ref:grayledger-candidate)',
      'Attach HEROKU_POSTGRESQL_COLOUR (@ref:postgresql-cubic-14087)',
      'Detach DATABASE (@ref:postgresql-cubic-14087)',
      'Attach DATABASE (@ref:grayledger-candidate)',
    ]);

    expect(
      await cli('addons:destroy', 'postgresql-cubic-14087', '--confirm', PRODUCTION, '-a', PRODUCTION),
    ).toMatchObject({ exitCode: 0 });
    expect((await stateOf(PRODUCTION)).addons.map(({ name }) => name)).toEqual(['grayledger-candidate']);
    expect(await health(PRODUCTION)).toMatchObject({ status: 200 });
  });
});
