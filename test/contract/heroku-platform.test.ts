// The Heroku platform reads facts, takes backups, downloads them and restores in place, through the real CLI.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EnvironmentFacts } from '../../src/core/facts.ts';
import { act, actionOf, type Bench, PRODUCTION, runOf, STAGING, startBench } from '../support/heroku-platform.ts';

let bench: Bench;
let dir: string;

beforeAll(async () => {
  bench = await startBench();
  dir = await mkdtemp(join(tmpdir(), 'holdfast-download-'));
});

afterEach(() => bench.sim.control.clearFaults());

afterAll(async () => {
  await bench?.stop();
  await rm(dir, { recursive: true, force: true });
});

const unlimited = { signal: new AbortController().signal, onBytes: () => {} };

describe('facts', () => {
  it('reads production: identity, seven backups newest first, releases with their commit, release phase', async () => {
    const facts = EnvironmentFacts.parse(await bench.platform.facts(bench.system, 'production'));
    expect(facts).toMatchObject({
      target: { environment: 'production', name: PRODUCTION, database: 'postgresql-cubic-14087' },
      window: null,
      releasePhase: 'bundle exec rails db:migrate',
      activity: [],
      survey: null,
    });
    expect(facts.target.identity).toMatch(/^[0-9a-f-]{36}$/);
    expect(facts.backups.map(({ id }) => id)).toEqual(['a007', 'a006', 'a005', 'a004', 'a003', 'a002', 'a001']);
    expect(
      facts.backups.every(({ state, kind, bytes }) => state === 'finished' && kind === 'scheduled' && (bytes ?? 0) > 0),
    ).toBe(true);
    expect(facts.releases[0]).toMatchObject({
      id: 'v256',
      current: true,
      state: 'succeeded',
      by: 'engineer@grayledger.example',
    });
    expect(facts.releases[0]?.commit).toMatch(/^abc1234/);
    expect(facts.releases.find(({ id }) => id === 'v253')?.code).toBe(
      facts.releases.find(({ id }) => id === 'v252')?.code,
    );
  });

  it('reports a backup that somebody else has running', async () => {
    const { num } = await bench.sim.control.forgeBackup({ app: STAGING, kind: 'manual', status: 'running' });
    const { activity, backups } = await bench.platform.facts(bench.system, 'staging');
    expect(activity).toEqual([{ is: 'backup', text: expect.stringMatching(/^backup b\d{3}, started .*UTC$/) }]);
    expect(backups[0]).toMatchObject({ state: 'running', finishedAt: null });
    await bench.sim.control.removeBackup(STAGING, num);
  });

  it('gives the connection string as a secret', async () => {
    const secret = await bench.platform.connection(bench.system, { environment: 'production', candidate: null });
    expect(secret.open()).toMatch(/^postgres:\/\//);
    expect(JSON.stringify({ secret })).not.toContain('postgres://');
    expect(await bench.rows('production', 'entries')).toBeGreaterThan(4_000);
  });
});

describe('download', () => {
  it('writes the whole backup to a new file', async () => {
    const file = join(dir, 'a007.dump');
    const seen: number[] = [];
    await bench.platform.download(bench.system, 'production', 'a007', file, {
      ...unlimited,
      onBytes: (n) => void seen.push(n),
    });
    expect((await stat(file)).size).toBe((await bench.backup('a007')).bytes);
    expect(seen.at(-1)).toBe((await stat(file)).size);
    expect((await readFile(file)).subarray(0, 5).toString()).toBe('PGDMP');
  });

  it('never writes over a file that exists', async () => {
    const file = join(dir, 'mine.dump');
    await writeFile(file, 'mine');
    await expect(bench.platform.download(bench.system, 'production', 'a007', file, unlimited)).rejects.toThrow();
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  it('refuses b001 when number 1 is a scheduled backup', async () => {
    const file = join(dir, 'b001.dump');
    await expect(bench.platform.download(bench.system, 'production', 'b001', file, unlimited)).rejects.toThrow(
      'grayledger-production has no b001; number 1 is a001.',
    );
    await expect(stat(file)).rejects.toThrow();
  });

  it('gets over a lost connection to the store and leaves no file when it stays lost', async () => {
    const file = join(dir, 'again.dump');
    await bench.sim.control.fault({ match: { path: '^/backups/' }, times: 1, do: { kind: 'reset' } });
    await bench.platform.download(bench.system, 'production', 'a006', file, unlimited);
    expect((await stat(file)).size).toBe((await bench.backup('a006')).bytes);
    const other = join(dir, 'never.dump');
    await bench.sim.control.fault({ match: { path: '^/backups/' }, do: { kind: 'reset' } });
    await expect(bench.platform.download(bench.system, 'production', 'a006', other, unlimited)).rejects.toThrow(
      'downloading a006',
    );
    await expect(stat(other)).rejects.toThrow();
  });
});

describe('backup.capture', () => {
  it('takes one manual backup, names it, and adopts it when asked again', async () => {
    const args = { environment: 'staging', target: await bench.target('staging'), kind: 'manual' as const };
    const { action, run, outcome } = await act(bench.platform, 'backup.capture', args);
    expect(outcome).toMatchObject({ is: 'done', output: { backup: expect.stringMatching(/^b\d{3}$/) } });
    expect(run.fences).toHaveLength(1);
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened', outcome: { is: 'done' } });
    // Doing it once more with the same baseline finds the one that was made.
    expect(await action.do(args, run)).toEqual(outcome);
    expect(run.fences).toHaveLength(1);
    expect(await action.probe(args, runOf(await action.before?.(args, run)))).toEqual({ is: 'not_happened' });
  });

  it('does nothing when the database is not the planned one', async () => {
    const target = { ...(await bench.target('staging')), identity: 'another' };
    const action = actionOf(bench.platform, 'backup.capture');
    const run = runOf({ after: 0 });
    expect(await action.do({ environment: 'staging', target, kind: 'manual' }, run)).toMatchObject({
      is: 'failed',
      untouched: true,
    });
    expect(run.fences).toEqual([]);
  });
});

describe('database.restore', () => {
  it('restores production’s a001, not staging’s own, proves it, and puts the former data back twice', async () => {
    const target = await bench.target('staging');
    const own = await bench.rows('staging', 'entries');
    const captured = await act(bench.platform, 'backup.capture', { environment: 'staging', target, kind: 'preimage' });
    const output = captured.outcome.is === 'done' ? captured.outcome.output : null;
    const from = { environment: 'production', backup: await bench.backup('a001') };
    const args = { environment: 'staging', target, from, preimage: 's1' };

    expect(actionOf(bench.platform, 'database.restore').describe(args, bench.system)).toBe(
      'heroku pg:backups:restore grayledger-production::a001 DATABASE --app grayledger-staging --confirm grayledger-staging',
    );
    const { action, run, outcome } = await act(bench.platform, 'database.restore', args, { outputs: { s1: output } });
    expect(outcome).toMatchObject({ is: 'done' });
    expect(outcome.evidence.says.join('; ')).toMatch(
      /r\d{3} finished .*a001 read; tables made anew in postgresql-flat-60312/,
    );
    expect(await bench.rows('staging', 'entries')).toBe(4_000);
    expect(run.told.some(({ percent }) => percent !== null && percent > 0)).toBe(true);
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened', outcome: { is: 'done' } });

    if (!('how' in action.undo)) throw new Error('it has no undo');
    for (const time of ['once', 'twice']) {
      const { says } = await action.undo.run(args, null, run);
      expect(says.join('; '), time).toContain('tables made anew');
      expect(await bench.rows('staging', 'entries'), time).toBe(own);
    }
    await expect(action.undo.run(args, null, { ...run, outputs: {} })).rejects.toThrow(
      'no backup of what was overwritten is known',
    );
  });

  it('finds that nothing happened, and then has nothing to take back', async () => {
    const target = await bench.target('staging');
    const args = {
      environment: 'staging',
      target,
      from: { environment: 'production', backup: await bench.backup('a002') },
      preimage: 's1',
    };
    const action = actionOf(bench.platform, 'database.restore');
    const run = runOf((await action.before?.(args, runOf())) ?? null);
    expect(await action.probe(args, run)).toEqual({ is: 'not_happened' });
    if (!('how' in action.undo)) throw new Error('it has no undo');
    expect(await action.undo.run(args, null, run)).toMatchObject({
      says: [expect.stringContaining('nothing had been restored')],
    });
  });

  it('refuses to begin while somebody else restores or backs up there', async () => {
    const target = await bench.target('staging');
    const args = {
      environment: 'staging',
      target,
      from: { environment: 'production', backup: await bench.backup('a002') },
      preimage: 's1',
    };
    const { num } = await bench.sim.control.forgeBackup({ app: STAGING, kind: 'manual', status: 'running' });
    await expect(actionOf(bench.platform, 'database.restore').before?.(args, runOf())).rejects.toThrow(
      'somebody else is at work: backup b',
    );
    await bench.sim.control.removeBackup(STAGING, num);
  });

  it('does nothing when the planned backup has changed or gone', async () => {
    const target = await bench.target('staging');
    const backup = await bench.backup('a002');
    const wrong = { environment: 'production', backup: { ...backup, bytes: 1 } };
    const { outcome, run } = await act(bench.platform, 'database.restore', {
      environment: 'staging',
      target,
      from: wrong,
      preimage: 's1',
    });
    expect(outcome).toMatchObject({
      is: 'failed',
      untouched: true,
      why: expect.stringContaining('not the backup that was planned'),
    });
    expect(run.fences).toEqual([]);
  });
});

it('accepts the pinned CLI and refuses another program in its place', async () => {
  await bench.platform.assertCli();
  await expect(bench.platformWith({ cliFile: '/bin/true' }).assertCli()).rejects.toThrow(
    'The Heroku CLI is unknown, not 11.10.0',
  );
  await expect(bench.platformWith({ cliFile: '/no/heroku' }).assertCli()).rejects.toThrow('there is no such program');
});
