// suoops on Heroku: the last release with other code, how many processes run, and which backups are never the latest.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Args } from '../../src/core/action.ts';
import { checkBackups } from '../../src/core/backup-checks.ts';
import type { OperationCommand } from '../../src/core/command.ts';
import type { Facts } from '../../src/core/facts.ts';
import { chooseBackup } from '../../src/runbooks/backup-choice.ts';
import { recover } from '../../src/runbooks/recover.ts';
import { actionOf, runOf } from '../support/heroku-platform.ts';
import { BACKEND, LIVE, type SuoopsBench, startSuoops } from './heroku-suoops-bench.ts';

const environment = 'production';
const FORMATION = { method: 'PATCH', path: `^/apps/${BACKEND}/formation$` };

let bench: SuoopsBench;

beforeAll(async () => {
  bench = await startSuoops();
});

afterEach(() => bench.sim.control.clearFaults());
afterAll(() => bench?.stop());

async function recoverPlan(scenario: string, backup: string | null = null) {
  const facts: Facts = { at: new Date().toISOString(), environments: { production: await bench.facts() } };
  const beside = () => ({ candidate: `${BACKEND}-op9-x7k2`, previous: LIVE });
  const command: Extract<OperationCommand, { verb: 'recover' }> = {
    verb: 'recover',
    system: null,
    scenario,
    backup,
    at: null,
    table: null,
  };
  const { system, platform } = bench;
  const chosen = { operation: 'op-9', now: new Date(), beside };
  return recover.plan({
    command,
    system,
    can: platform.capabilities,
    facts,
    proof: null,
    held: null,
    former: null,
    chosen,
  });
}

const web = async () => (await bench.sim.control.state()).apps[BACKEND]?.formation['web'];

describe('the way out of a bad deploy', () => {
  it('returns past the releases that changed configuration only, to the newest one with other code', async () => {
    const { releases } = await bench.facts();
    const codes = new Map(releases.map(({ id, code }) => [id, code]));
    expect(codes.get('v44')).toBe(codes.get('v42'));
    expect(codes.get('v43')).toBe(codes.get('v42'));
    expect(codes.get('v41')).toBe(codes.get('v40'));
    const { steps, pinned } = await recoverPlan('bad-deploy');
    expect(pinned.release).toMatchObject({ current: 'v44', to: 'v41', code: codes.get('v44') });
    expect(steps.map(({ action }) => action)).toEqual([
      'person.task',
      'release.rollback',
      'health.check',
      'logs.watch',
      'services.scale',
      'logs.watch',
    ]);
  });

  it('runs that code again, where the bare `heroku rollback` would run the broken one on', async () => {
    const { releases } = await bench.facts();
    const from = releases.find(({ current }) => current);
    const to = releases.find(({ id }) => id === 'v41');
    if (from === undefined || to === undefined) throw new Error('no releases');
    expect((await fetch(`${bench.sim.apps[BACKEND]?.web}/health`)).status).toBe(500);
    const args = { environment, to, from };
    const { run, outcome } = await bench.act('release.rollback', args);
    expect(outcome).toMatchObject({ is: 'done', output: { release: 'v45' } });
    expect((await fetch(`${bench.sim.apps[BACKEND]?.web}/health`)).status).toBe(200);
    await bench.undo('release.rollback', args, run);
    expect((await fetch(`${bench.sim.apps[BACKEND]?.web}/health`)).status).toBe(500);
  });
});

describe('logs.watch', () => {
  it('does not complain of what the code before has said in the very second of the release', async () => {
    const { releases } = await bench.facts();
    const from = releases.find(({ current }) => current);
    const to = releases.find(({ id }) => id === 'v41');
    if (from === undefined || to === undefined) throw new Error('no releases');
    const asking = setInterval(() => void fetch(`${bench.sim.apps[BACKEND]?.web}/health`).catch(() => {}), 100);
    const { run } = await bench.act('release.rollback', { environment, to, from });
    clearInterval(asking);
    const { outcome } = await bench.act('logs.watch', { environment });
    expect(outcome).toMatchObject({ is: 'done', evidence: { checks: [] } });
    await bench.undo('release.rollback', { environment, to, from }, run);
  });
});

describe('services.scale', () => {
  const args: Args<'services.scale'> = { environment, process: 'web', quantity: 2 };

  it('sets how many run, reads it back, is found by probe, is not done twice, and goes back twice', async () => {
    const action = actionOf(bench.platform, 'services.scale');
    expect(action.describe(args, bench.system)).toBe(`heroku ps:scale web=2 --app ${BACKEND}`);
    const { run, outcome } = await bench.act('services.scale', args);
    expect(run.before).toEqual({ was: 1 });
    expect(outcome).toMatchObject({ is: 'done' });
    expect(outcome.evidence.says).toEqual([`web of ${BACKEND} runs 2 times (1 before)`]);
    expect(await web()).toBe(2);
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened', outcome: { is: 'done' } });
    expect(await action.do(args, run)).toMatchObject({ is: 'done' });
    expect(run.fences).toHaveLength(1);
    for (const _time of ['once', 'twice']) {
      expect((await bench.undo('services.scale', args, run)).says).toEqual([`web of ${BACKEND} runs once`]);
      expect(await web()).toBe(1);
    }
    expect(await action.probe(args, run)).toEqual({ is: 'not_happened' });
    expect(await bench.sim.control.count('PATCH', /formation$/)).toBe(2);
  });

  it('refuses a process that the app does not have, for which the CLI would report success', async () => {
    const unknown = { ...args, process: 'beat' };
    const run = runOf({ was: 1 }, { system: bench.system });
    expect(await actionOf(bench.platform, 'services.scale').do(unknown, run)).toMatchObject({
      is: 'failed',
      untouched: true,
      why: expect.stringContaining('It has web, worker'),
    });
    expect(run.fences).toEqual([]);
  });

  it('leaves what somebody else has decided since, and asks a person', async () => {
    const run = runOf({ was: 4 }, { system: bench.system });
    const action = actionOf(bench.platform, 'services.scale');
    expect(await action.do(args, run)).toMatchObject({ is: 'failed', untouched: true });
    expect(await action.probe(args, run)).toMatchObject({
      is: 'unknown',
      why: expect.stringContaining('runs once now'),
    });
    await expect(bench.undo('services.scale', args, run)).rejects.toThrow('runs once now, not 2 times');
    expect(await web()).toBe(1);
  });

  it('is sent once when the reply is lost', async () => {
    await bench.sim.control.fault({ match: FORMATION, times: 1, do: { kind: 'lose-reply' } });
    const before = await bench.sim.control.count('PATCH', /formation$/);
    const { run, outcome } = await bench.act('services.scale', args);
    expect(outcome).toMatchObject({ is: 'done' });
    expect(await bench.sim.control.count('PATCH', /formation$/)).toBe(before + 1);
    await bench.undo('services.scale', args, run);
  });

  it.each(['lie', 'reset'] as const)('is not believed when the request ends with “%s”', async (kind) => {
    await bench.sim.control.fault({ match: FORMATION, times: 1, do: { kind } });
    const { action, run, outcome } = await bench.act('services.scale', args);
    expect(outcome).toMatchObject({ is: 'failed', why: expect.stringContaining('runs once still. The CLI said: ') });
    expect(await action.probe(args, run)).toEqual({ is: 'not_happened' });
  });
});

describe('the backups of suoops', () => {
  it('are listed with what tells an older one from before the damage, and none taken by hand is the latest', async () => {
    const { backups } = await bench.facts();
    expect(backups.map(({ id }) => id)).toEqual([
      'b010',
      'a009',
      'a008',
      'a007',
      'b006',
      'a005',
      'a004',
      'a003',
      'a002',
      'a001',
    ]);
    const facts: Facts = { at: new Date().toISOString(), environments: { production: await bench.facts() } };
    expect(chooseBackup('latest', bench.system, facts).id).toBe('a009');
    const checks = checkBackups(backups, null, bench.system.backups, new Date());
    expect(checks.filter(({ status }) => status !== 'pass')).toEqual([]);
  });

  it('are not chosen for the way out of corruption: a person names one, and it is pinned', async () => {
    await expect(recoverPlan('corruption')).rejects.toMatchObject({ code: 'which-backup' });
    const { steps, pinned } = await recoverPlan('corruption', 'a005');
    expect(pinned.backup?.backup.id).toBe('a005');
    expect(steps[0]).toMatchObject({ action: 'backup.capture', args: { kind: 'preimage' } });
    expect(steps.map(({ action }) => action)).toContain('person.task');
  });
});
