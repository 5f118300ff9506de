// The production route of the Heroku platform: candidate, load, maintenance, promote, services, undo; rollback and logs.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ActionName, Args, Evidence } from '../../src/core/action.ts';
import type { Release } from '../../src/core/facts.ts';
import type { Json } from '../../src/core/json.ts';
import { act, actionOf, type Bench, PRODUCTION, runOf, STAGING, startBench } from '../support/heroku-platform.ts';

const environment = 'production';
const LIVE = 'postgresql-cubic-14087';
const candidate = `${PRODUCTION}-op41-x7k2`;

let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
});

afterEach(() => bench.sim.control.clearFaults());
afterAll(() => bench?.stop());

async function undo<N extends ActionName>(name: N, args: Args<N>, before: Json): Promise<Evidence> {
  const action = actionOf(bench.platform, name);
  if (!('how' in action.undo)) throw new Error(`${name} has no undo`);
  return action.undo.run(args, null, runOf(before));
}

async function app() {
  const state = (await bench.sim.control.state()).apps[PRODUCTION];
  if (state === undefined) throw new Error('no production');
  return state;
}

async function live(): Promise<string> {
  return (await bench.platform.facts(bench.system, environment)).target.database;
}

async function liveId(): Promise<string> {
  return (await bench.platform.facts(bench.system, environment)).target.identity;
}

/** Past the platform, as somebody else would ask. */
async function heroku(method: string, path: string, body?: unknown): Promise<unknown> {
  const { url, apiKey } = bench.sim;
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      accept: 'application/vnd.heroku+json; version=3',
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return await answer.json();
}

async function attachment(of: string, called: string): Promise<string> {
  const all = (await heroku('GET', `/apps/${of}/addon-attachments`)) as { id: string; name: string }[];
  return all.find(({ name }) => name === called)?.id ?? '';
}

async function release(id: string): Promise<Release> {
  const found = (await bench.platform.facts(bench.system, environment)).releases.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no release ${id}`);
  return found;
}

describe('the candidate', () => {
  it('is made and available, is found by probe, and is not ordered twice', async () => {
    const args = { environment, candidate, at: null };
    const action = actionOf(bench.platform, 'candidate.create');
    expect(await action.probe(args, runOf())).toEqual({ is: 'not_happened' });
    const { run, outcome } = await act(bench.platform, 'candidate.create', args);
    expect(outcome).toMatchObject({ is: 'done' });
    expect(outcome.evidence.says).toEqual([
      `${candidate} (heroku-postgresql:standard-0) is available`,
      `attached to ${PRODUCTION} as CANDIDATE_41`,
    ]);
    expect(run.fences).toHaveLength(1);
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened', outcome: { is: 'done' } });
    expect(await action.do(args, run)).toMatchObject({ is: 'done' });
    expect(await bench.sim.control.count('POST', /^\/apps\/grayledger-production\/addons$/)).toBe(1);
  });

  it('is loaded with the backup, proven by transfer and tables, while the live database stays as it is', async () => {
    const before = await bench.rows(environment, 'entries');
    const args = { environment, candidate, from: { environment, backup: await bench.backup('a001') }, masked: false };
    const { action, run, outcome } = await act(bench.platform, 'candidate.load', args);
    expect(outcome).toMatchObject({ is: 'done' });
    expect(outcome.evidence.says.join('; ')).toContain(`tables made anew in ${candidate}`);
    expect(await bench.rows(environment, 'entries', candidate)).toBe(4_000);
    expect(await bench.rows(environment, 'entries')).toBeGreaterThanOrEqual(before);
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened' });
    expect(await action.probe(args, runOf((await action.before?.(args, run)) ?? null))).toEqual({ is: 'not_happened' });
  });

  it('is refused when it is not the name of a candidate', async () => {
    const args = {
      environment,
      candidate: LIVE,
      from: { environment, backup: await bench.backup('a001') },
      masked: false,
    };
    const run = runOf({ after: 0, tables: {} });
    expect(await actionOf(bench.platform, 'candidate.load').do(args, run)).toMatchObject({
      is: 'failed',
      untouched: true,
    });
    expect(run.fences).toEqual([]);
  });
});

describe('going live', () => {
  it('shows the maintenance page, read back, and takes it away twice', async () => {
    const args = { environment };
    const { action, run, outcome } = await act(bench.platform, 'maintenance.on', args);
    expect(outcome).toMatchObject({ is: 'done' });
    expect((await app()).maintenance).toBe(true);
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened' });
    await undo('maintenance.on', args, run.before);
    await undo('maintenance.on', args, run.before);
    expect((await app()).maintenance).toBe(false);
    expect(await action.probe(args, run)).toEqual({ is: 'not_happened' });
  });

  it('leaves the maintenance page that somebody else had put up', async () => {
    await act(bench.platform, 'maintenance.on', { environment });
    const { run } = await act(bench.platform, 'maintenance.on', { environment });
    expect(run.fences).toEqual([]);
    await undo('maintenance.on', { environment }, run.before);
    expect((await app()).maintenance).toBe(true);
    const off = await act(bench.platform, 'maintenance.off', { environment });
    expect(off.outcome).toMatchObject({ is: 'done' });
    expect((await app()).maintenance).toBe(false);
  });

  it('promotes, checks the services, never destroys the live database, and goes back twice', async () => {
    const args = { environment, promote: candidate, previous: LIVE };
    const action = actionOf(bench.platform, 'database.promote');
    const before = (await action.before?.(args, runOf())) ?? null;
    expect(await action.probe(args, runOf(before))).toEqual({ is: 'not_happened' });
    const run = runOf(before);
    const outcome = await action.do(args, run);
    expect(outcome).toMatchObject({ is: 'done' });
    expect(outcome.evidence.says).toEqual([`DATABASE of ${PRODUCTION} is ${candidate}`, 'DATABASE_URL is its address']);
    expect(await live()).toBe(candidate);
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened', outcome: { is: 'done' } });
    expect(await action.do(args, run)).toMatchObject({ is: 'done' });
    expect(run.fences).toHaveLength(1);

    const services = await act(bench.platform, 'services.check', { environment, database: candidate });
    expect(services.outcome).toMatchObject({ is: 'done' });
    expect(services.outcome.evidence.checks.map(({ status }) => status)).toEqual(['pass', 'pass', 'pass']);
    const wrong = await actionOf(bench.platformWith({ ready: 300 }), 'services.check').do(
      { environment, database: LIVE },
      runOf(),
    );
    expect(wrong).toMatchObject({ is: 'failed', why: expect.stringContaining(`not to ${LIVE}`) });

    await expect(undo('candidate.create', { environment, candidate, at: null }, null)).rejects.toThrow(
      'it may be the live database',
    );

    for (const time of ['once', 'twice']) {
      await undo('database.promote', args, before);
      expect(await live(), time).toBe(LIVE);
    }
    expect(await bench.rows(environment, 'entries')).toBeGreaterThan(4_200);
  });

  it('fails when the release phase of the new database fails', async () => {
    await bench.sim.control.fault({
      match: { method: 'POST', path: '^/addon-attachments' },
      do: { kind: 'fail-release' },
    });
    const { outcome, run, action } = await act(bench.platform, 'database.promote', {
      environment,
      promote: candidate,
      previous: LIVE,
    });
    expect(outcome).toMatchObject({ is: 'failed', why: expect.stringMatching(/release phase of v\d+ .*failed/) });
    await bench.sim.control.clearFaults();
    if ('how' in action.undo) await action.undo.run({ environment, promote: candidate, previous: LIVE }, null, run);
    expect(await live()).toBe(LIVE);
  });

  it('is removed as a database that was live once: the very one, used by nobody, and nothing is said before it is gone', async () => {
    const action = actionOf(bench.platform, 'leftover.drop');
    const { id } = (await heroku('GET', `/apps/${PRODUCTION}/addons/${candidate}`)) as { id: string };
    const args = { environment, name: candidate, identity: id };
    expect(action.describe(args, bench.system)).toBe(
      `heroku addons:destroy ${candidate} --app ${PRODUCTION} --confirm ${PRODUCTION}`,
    );
    const other = await action.do({ ...args, identity: 'another' }, runOf());
    expect(other).toMatchObject({
      is: 'failed',
      untouched: true,
      why: expect.stringContaining('not what was planned'),
    });
    await expect(action.do({ environment, name: LIVE, identity: await liveId() }, runOf())).rejects.toThrow(
      'it may be the live database',
    );

    await heroku('POST', '/addon-attachments', { addon: candidate, app: STAGING, name: 'ANALYTICS' });
    const used = await action.do(args, runOf());
    expect(used).toMatchObject({
      is: 'failed',
      untouched: true,
      why: expect.stringContaining(`attached to ${STAGING}`),
    });
    await heroku('DELETE', `/addon-attachments/${await attachment(STAGING, 'ANALYTICS')}`);

    expect(await action.probe(args, runOf())).toEqual({ is: 'not_happened' });
    const run = runOf();
    expect(await action.do(args, run)).toMatchObject({ is: 'done', evidence: { says: [`${candidate} is destroyed`] } });
    expect(run.fences).toHaveLength(1);
    expect(await action.do(args, runOf())).toMatchObject({
      evidence: { says: [`There is no ${candidate} any more.`] },
    });
    expect(await action.probe(args, runOf())).toMatchObject({ is: 'happened' });
    expect((await app()).addons.map(({ name }) => name)).toEqual([LIVE]);
    expect((await act(bench.platform, 'candidate.create', { environment, candidate, at: null })).outcome.is).toBe(
      'done',
    );
  });

  it('throws the candidate away, twice', async () => {
    expect(await undo('candidate.create', { environment, candidate, at: null }, null)).toMatchObject({
      says: [`${candidate} is destroyed`],
    });
    expect(await undo('candidate.create', { environment, candidate, at: null }, null)).toMatchObject({
      says: [`there is no ${candidate}`],
    });
    expect((await app()).addons.map(({ name }) => name)).toEqual([LIVE]);
  });
});

describe('release.rollback', () => {
  it('releases the earlier code, proves it, adopts it, and rolls forward twice', async () => {
    const current = (await bench.platform.facts(bench.system, environment)).releases.find((one) => one.current);
    if (current === undefined) throw new Error('no current release');
    const to = await release('v255');
    const args = { environment, to, from: current };
    const action = actionOf(bench.platform, 'release.rollback');
    const before = (await action.before?.(args, runOf())) ?? null;
    expect(await action.probe(args, runOf(before))).toEqual({ is: 'not_happened' });
    const run = runOf(before);
    const outcome = await action.do(args, run);
    expect(outcome).toMatchObject({ is: 'done', output: { release: expect.stringMatching(/^v\d+$/) } });
    const [newest] = (await bench.platform.facts(bench.system, environment)).releases;
    expect(newest).toMatchObject({ current: true, code: to.code, description: 'Rollback to v255' });
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened', outcome: { is: 'done' } });
    expect(await action.do(args, run)).toMatchObject({ is: 'done' });
    expect(run.fences).toHaveLength(1);
    for (const _time of ['once', 'twice']) {
      await undo('release.rollback', args, before);
      const now = (await bench.platform.facts(bench.system, environment)).releases;
      expect(now[0]).toMatchObject({ current: true, code: current.code, description: `Rollback to ${current.id}` });
    }
  });

  it('fails with its release phase, and what ran before still runs', async () => {
    const from = (await bench.platform.facts(bench.system, environment)).releases[0];
    if (from === undefined) throw new Error('no release');
    await bench.sim.control.fault({ match: { method: 'POST', path: '/releases$' }, do: { kind: 'fail-release' } });
    const { outcome, run } = await act(bench.platform, 'release.rollback', {
      environment,
      to: await release('v254'),
      from,
    });
    expect(outcome).toMatchObject({ is: 'failed', why: expect.stringContaining('release phase'), untouched: false });
    const undone = await undo('release.rollback', { environment, to: await release('v254'), from }, run.before);
    expect(undone.says).toEqual([`${PRODUCTION} runs ${from.id}, the code of ${from.id}`]);
  });

  it.each([
    [
      'it is what runs now',
      async () => (await bench.platform.facts(bench.system, environment)).releases.find((one) => one.current),
    ],
    ['its code is not the planned one', async () => ({ ...(await release('v250')), code: 'other' })],
    ['it does not exist', async () => ({ ...(await release('v250')), id: 'v7' })],
  ])('refuses a release when %s', async (_why, read) => {
    const from = (await bench.platform.facts(bench.system, environment)).releases.find((one) => one.current);
    const to = await read();
    if (to === undefined || from === undefined) throw new Error('no release');
    const { outcome, run } = await act(bench.platform, 'release.rollback', { environment, to, from });
    expect(outcome).toMatchObject({ is: 'failed', untouched: true });
    expect(run.fences).toEqual([]);
  });
});

it('watches the log for its time and shows at most three alarming lines', async () => {
  const web = bench.sim.apps[PRODUCTION]?.web;
  const asking = setInterval(() => void fetch(`${web}/health`).catch(() => {}), 200);
  const { outcome } = await act(bench.platform, 'logs.watch', { environment });
  clearInterval(asking);
  expect(outcome).toMatchObject({ is: 'done' });
  expect(outcome.evidence.says[0]).toMatch(/^2 s watched, [1-9]\d* lines, \d+ alarming$/);
  expect(outcome.evidence.checks.length).toBeLessThanOrEqual(3);
  for (const { figure } of outcome.evidence.checks) expect(figure.length).toBeLessThanOrEqual(150);
});
