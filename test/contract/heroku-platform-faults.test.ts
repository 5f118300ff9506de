// What the Heroku platform makes of a provider that lies, loses replies, refuses, stalls: never a success, never twice.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { withDatabase } from '../../src/postgres/connect.ts';
import { act, actionOf, type Bench, PRODUCTION, runOf, STAGING, startBench } from '../support/heroku-platform.ts';

const environment = 'staging';
const RESTORES = { method: 'POST', path: '/restores$' };
const TRANSFER = { method: 'GET', path: '/transfers/' };
const candidate = `${STAGING}-op9-abcd`;

let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
});

afterEach(() => bench.sim.control.clearFaults());
afterAll(() => bench?.stop());

async function restoreArgs(backup = 'a002') {
  const from = { environment: 'production', backup: await bench.backup(backup) };
  return { environment, target: await bench.target(environment), from, preimage: 's1' };
}

/** Restores that Heroku lists for staging. */
async function restores(): Promise<string[]> {
  const { transfers = [] } = (await bench.sim.control.state()).apps[STAGING] ?? {};
  return transfers.map(({ name }) => name).filter((name) => name.startsWith('r'));
}

/** `before` is read first, then the fault is set. */
async function restoreUnder(fault: Parameters<Bench['sim']['control']['fault']>[0], platform = bench.platform) {
  const args = await restoreArgs();
  const action = actionOf(platform, 'database.restore');
  const run = runOf((await action.before?.(args, runOf())) ?? null);
  await bench.sim.control.fault(fault);
  return { args, action, run };
}

describe('a restore', () => {
  it('is “nothing was started” when Heroku accepts it and it never appears', async () => {
    const { args, action, run } = await restoreUnder({ match: RESTORES, do: { kind: 'swallow' } });
    const outcome = await action.do(args, run);
    expect(outcome).toMatchObject({
      is: 'failed',
      untouched: true,
      why: expect.stringContaining('nothing was started'),
    });
    expect(await action.probe(args, run)).toEqual({ is: 'not_happened' });
  });

  it('fails when its transfer says finished and no table was made anew', async () => {
    const { args, action, run } = await restoreUnder({ match: RESTORES, do: { kind: 'lie' } });
    const outcome = await action.do(args, run);
    expect(outcome).toMatchObject({
      is: 'failed',
      untouched: false,
      why: expect.stringContaining('nothing was restored'),
    });
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened', outcome: { is: 'failed' } });
  });

  it('is started once and adopted when the reply to its start is lost', async () => {
    const before = await restores();
    const { args, action, run } = await restoreUnder({ match: RESTORES, times: 1, do: { kind: 'lose-reply' } });
    expect(await action.do(args, run)).toMatchObject({ is: 'done' });
    expect(await restores()).toHaveLength(before.length + 1);
  });

  it('is “nothing was started” when the connection breaks before, and is not asked for again', async () => {
    const before = await restores();
    const { args, action, run } = await restoreUnder({ match: RESTORES, times: 1, do: { kind: 'reset' } });
    expect(await action.do(args, run)).toMatchObject({ is: 'failed', untouched: true });
    expect(await restores()).toEqual(before);
  });

  it('fails with Heroku’s reason when its transfer fails, and counts as touched', async () => {
    const { args, action, run } = await restoreUnder({ match: RESTORES, do: { kind: 'fail-transfer' } });
    expect(await action.do(args, run)).toMatchObject({
      is: 'failed',
      untouched: false,
      why: expect.stringMatching(/^r\d+ failed: /),
    });
  });

  it('fails, naming the objects, when Heroku says finished and pg_restore has ignored errors', async () => {
    const secret = await bench.platform.connection(bench.system, { environment, candidate: null });
    const writing = { readOnly: false, purpose: 'test', timeoutSeconds: 10 };
    await withDatabase(secret, writing, (query) => query('create view later as select id from entries'));
    const { outcome } = await act(bench.platform, 'database.restore', await restoreArgs());
    expect(outcome).toMatchObject({
      is: 'failed',
      untouched: false,
      why: expect.stringMatching(/finished, but with \d+ errors? ignored.*entries/),
    });
    await withDatabase(secret, writing, (query) => query('drop view later'));
  });

  it('goes on through 429, 500, resets, stalls and broken answers while it is watched', async () => {
    const { args, action, run } = await restoreUnder({
      match: TRANSFER,
      times: 1,
      do: { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
    });
    const faults = [
      { kind: 'status', status: 500 },
      { kind: 'reset' },
      { kind: 'truncate' },
      { kind: 'stall', ms: 3_000 },
    ] as const;
    for (const fault of faults) await bench.sim.control.fault({ match: TRANSFER, times: 1, do: fault });
    expect(await action.do(args, run)).toMatchObject({ is: 'done' });
  });

  it('cannot be told to have happened while Heroku does not answer, and is adopted when it does again', async () => {
    const impatient = bench.platformWith({ patience: 0, tries: 2 });
    const { args, action, run } = await restoreUnder(
      { match: TRANSFER, do: { kind: 'status', status: 500 } },
      impatient,
    );
    await expect(action.do(args, run)).rejects.toThrow('Heroku cannot be reached: it answers with 500.');
    await expect(action.probe(args, run)).rejects.toThrow('Heroku cannot be reached');
    await bench.sim.control.clearFaults();
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened', outcome: { is: 'done' } });
  });

  it('is a question to a person when two new restores are there', async () => {
    const { args, action, run } = await restoreUnder({ match: { path: 'none' }, do: { kind: 'reset' } });
    await action.do(args, run);
    await act(bench.platform, 'database.restore', args);
    expect(await action.probe(args, run)).toMatchObject({
      is: 'unknown',
      why: expect.stringMatching(/several new ones, r\d+ and r\d+/),
    });
    await expect(action.do(args, run)).rejects.toThrow('several new ones');
  });

  it('is unverified when the database does not answer afterwards', async () => {
    const args = await restoreArgs();
    const action = actionOf(bench.platform, 'database.restore');
    const run = runOf((await action.before?.(args, runOf())) ?? null);
    await bench.sim.control.fault({
      match: { method: 'GET', path: '/config-vars$' },
      do: { kind: 'status', status: 503 },
    });
    expect(await action.do(args, run)).toMatchObject({
      is: 'unverified',
      output: { transfer: expect.stringMatching(/^r/) },
    });
  });

  it('stops when the worker has to stop, leaving the transfer to be adopted', async () => {
    const { args, action, run } = await restoreUnder({ match: RESTORES, do: { kind: 'slow', factor: 2 } });
    const stopping = new AbortController();
    const progress = () => stopping.abort(new Error('lease lost'));
    await expect(action.do(args, { ...run, progress, signal: stopping.signal })).rejects.toThrow('lease lost');
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened', outcome: { is: 'done' } });
  });

  it('starts nothing when the fence refuses', async () => {
    const before = await restores();
    const args = await restoreArgs();
    const refuse = { fence: () => Promise.reject(new Error('the lease is no longer ours')) };
    await expect(act(bench.platform, 'database.restore', args, refuse)).rejects.toThrow('no longer ours');
    expect(await restores()).toEqual(before);
  });
});

describe('a backup', () => {
  it.each([
    ['never appears', 'swallow', 'nothing was started'],
    ['fails', 'fail-transfer', 'failed: '],
  ] as const)('that %s is a failure that changed nothing', async (_what, kind, why) => {
    const args = { environment, target: await bench.target(environment), kind: 'manual' as const };
    await bench.sim.control.fault({ match: { method: 'POST', path: '/backups$' }, do: { kind } });
    const { outcome } = await act(bench.platform, 'backup.capture', args);
    expect(outcome).toMatchObject({ is: 'failed', untouched: true, why: expect.stringContaining(why) });
  });
});

describe('acts that Heroku claims to have done', () => {
  it('is not believed about maintenance mode', async () => {
    await bench.sim.control.fault({ match: { method: 'PATCH', path: '^/apps/' }, do: { kind: 'lie' } });
    const { outcome } = await act(bench.platform, 'maintenance.on', { environment });
    expect(outcome).toMatchObject({ is: 'failed', why: expect.stringContaining('is still off') });
  });

  it('is not believed about a new database', async () => {
    await bench.sim.control.fault({ match: { method: 'POST', path: '/addons$' }, do: { kind: 'lie' } });
    const { outcome } = await act(bench.platform, 'candidate.create', { environment, candidate, at: null });
    expect(outcome).toMatchObject({ is: 'failed', untouched: true, why: expect.stringContaining('nothing was made') });
  });

  it('is not believed about a promotion or the end of a database', async () => {
    const { database: previous } = await bench.target(environment);
    await act(bench.platform, 'candidate.create', { environment, candidate, at: null });
    await bench.sim.control.fault({ match: { method: 'POST', path: '^/addon-attachments$' }, do: { kind: 'lie' } });
    const { outcome } = await act(bench.platform, 'database.promote', {
      environment,
      promote: candidate,
      previous,
    });
    expect(outcome).toMatchObject({ is: 'failed', why: expect.stringContaining(`is still ${previous}`) });
    await bench.sim.control.clearFaults();

    await bench.sim.control.fault({ match: { method: 'DELETE', path: '/addons/' }, do: { kind: 'lie' } });
    const { undo } = actionOf(bench.platform, 'candidate.create');
    if (!('how' in undo)) throw new Error('it has no undo');
    await expect(undo.run({ environment, candidate, at: null }, null, runOf())).rejects.toThrow('it is still there');
    await bench.sim.control.clearFaults();
    await undo.run({ environment, candidate, at: null }, null, runOf());
  });

  it('is not believed about a rollback', async () => {
    const { releases } = await bench.platform.facts(bench.system, environment);
    const from = releases.find(({ current }) => current);
    const to = releases.find(({ id }) => id === 'v86');
    if (from === undefined || to === undefined) throw new Error('no releases');
    await bench.sim.control.fault({ match: { method: 'POST', path: '/releases$' }, do: { kind: 'lie' } });
    const { outcome } = await act(bench.platform, 'release.rollback', { environment, to, from });
    expect(outcome).toMatchObject({
      is: 'failed',
      untouched: true,
      why: expect.stringContaining('nothing was released'),
    });
  });

  it.each(['POST /addons$', 'PATCH ^/apps/grayledger-staging$'])(
    'are done once when the reply to %s is lost',
    async (request) => {
      const [method = '', path = ''] = request.split(' ');
      await bench.sim.control.fault({ match: { method, path }, times: 1, do: { kind: 'lose-reply' } });
      const lost = `${STAGING}-op10-abcd`;
      const { outcome } =
        method === 'POST'
          ? await act(bench.platform, 'candidate.create', { environment, candidate: lost, at: null })
          : await act(bench.platform, 'maintenance.on', { environment });
      expect(outcome).toMatchObject({ is: 'done' });
    },
  );
});

describe('reading', () => {
  it('says that the key is not accepted', async () => {
    const stranger = bench.platformWith({ apiKey: new Secret('HRKU-not-this-one') });
    const refused = await stranger.facts(bench.system, 'production').catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({
      code: 'heroku-unauthorized',
      next: expect.stringContaining('Check HEROKU_API_KEY'),
    });
    expect(String(refused)).not.toContain('HRKU-');
  });

  it('says that Heroku limits us, when it goes on doing so', async () => {
    await bench.sim.control.fault({ match: { path: '^/apps/' }, do: { kind: 'status', status: 429 } });
    await expect(bench.platform.facts(bench.system, 'production')).rejects.toMatchObject({
      code: 'heroku-rate-limited',
    });
  });

  it('says that Heroku cannot be reached', async () => {
    const nowhere = bench.platformWith({ host: 'http://127.0.0.1:9', dataHost: 'http://127.0.0.1:9', tries: 1 });
    await expect(nowhere.facts(bench.system, 'production')).rejects.toMatchObject({ code: 'heroku-unreachable' });
  });

  it.each([
    [{ kind: 'status', status: 500 }],
    [{ kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
    [{ kind: 'reset' }],
    [{ kind: 'truncate' }],
    [{ kind: 'stall', ms: 4_000 }],
    [{ kind: 'lose-reply' }],
  ] as const)('is repeated after %j', async (fault) => {
    await bench.sim.control.fault({ match: { path: '/transfers$' }, times: 1, do: fault });
    expect((await bench.platform.facts(bench.system, 'production')).target.name).toBe(PRODUCTION);
  });
});
