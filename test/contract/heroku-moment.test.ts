// A moment in time on Heroku: what can be reached, a database made by rollback, and the proof that it is the right one.
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cliEnvironment } from '../../sandbox/heroku/cli-environment.ts';
import type { Args } from '../../src/core/action.ts';
import { momentPlan } from '../../src/runbooks/moment.ts';
import { actionOf, runOf } from '../support/heroku-platform.ts';
import { BACKEND, CLI, LIVE, type SuoopsBench, startSuoops } from './heroku-suoops-bench.ts';

const environment = 'production';
const ORDER = { method: 'POST', path: `^/apps/${BACKEND}/addons$` };
const ORPHANS = 'select count(*) from payments p where not exists (select from invoices i where i.id = p.invoice_id)';

let bench: SuoopsBench;
let made = 0;

beforeAll(async () => {
  bench = await startSuoops();
});

afterEach(() => bench.sim.control.clearFaults());
afterAll(() => bench?.stop());

const hoursAgo = (hours: number): string =>
  `${new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19)}.000Z`;

/** Arguments for one more candidate. */
function wanted(at: string): Args<'candidate.create'> & { at: string } {
  made += 1;
  return { environment, candidate: `${BACKEND}-op${made}-x7k2`, at };
}

async function addon(name: string) {
  const { addons = [] } = (await bench.sim.control.state()).apps[BACKEND] ?? {};
  return addons.find((one) => one.name === name);
}

describe('the moments that can be reached', () => {
  it('are those since the one that Heroku names, until a minute ago', async () => {
    const { window } = await bench.facts();
    const days = (Date.now() - Date.parse(window?.from ?? '')) / 86_400_000;
    expect(days).toBeGreaterThanOrEqual(4);
    expect(days).toBeLessThan(4.01);
    expect(Date.now() - Date.parse(window?.to ?? '')).toBeGreaterThanOrEqual(60_000);
    expect(bench.platform.capabilities).toContain('moments');
  });

  it('are none where the plan has no rollback', async () => {
    expect((await bench.facts('staging')).window).toBeNull();
  });

  it('are planned as one order, one check and the exchange, with the command that will run', async () => {
    const at = hoursAgo(30);
    const facts = { at: new Date().toISOString(), environments: { production: await bench.facts() } };
    const candidate = `${BACKEND}-op99-x7k2`;
    const chosen = { operation: 'op-99', now: new Date(), beside: () => ({ candidate, previous: LIVE }) };
    const { system, platform } = bench;
    const given = { system, can: platform.capabilities, facts, proof: null, held: null, former: null, chosen };
    const plan = momentPlan(given, environment, at);
    expect(plan.steps.map(({ action }) => action)).toEqual([
      'candidate.create',
      'candidate.check',
      'maintenance.on',
      'database.promote',
      'services.check',
      'maintenance.off',
      'health.check',
    ]);
    expect(plan.gate).toBe(2);
    const time = at.slice(0, 19).replace('T', ' ').replace(/:00$/, '');
    expect(actionOf(platform, 'candidate.create').describe({ environment, candidate, at }, system)).toBe(
      `heroku addons:create heroku-postgresql:standard-0 --app ${BACKEND} --as CANDIDATE_99 --name ${candidate} ` +
        `-- --rollback DATABASE_URL --to "${time}+00:00"`,
    );
  });
});

describe('a database of a moment', () => {
  it('is made by the CLI as the live one was then, proven by its parent and its rows, ordered once, thrown away twice', async () => {
    const args = wanted(hoursAgo(30));
    const rows = await bench.sim.control.rowsUntil(BACKEND, args.at);
    const now = await bench.ask('select count(*) from invoices');
    const before = await bench.orders();
    const { action, run, outcome } = await bench.act('candidate.create', args);
    expect(outcome).toMatchObject({ is: 'done' });
    expect(outcome.evidence.checks.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'Source pass',
      'Moment pass',
      'Rows of that time pass',
    ]);
    expect(outcome.evidence.says).toContain(`made by rollback of ${LIVE}`);
    expect(await addon(args.candidate)).toMatchObject({
      plan: 'standard-0',
      rollbackOf: { addon: LIVE, to: args.at, state: args.at },
    });
    expect(rows).toBeLessThan(now);
    expect(await bench.ask('select count(*) from invoices', args.candidate)).toBe(rows);
    expect(await bench.ask('select count(*) from invoices')).toBe(now);
    expect(await action.probe(args, run)).toMatchObject({ is: 'happened', outcome: { is: 'done' } });
    expect(await action.do(args, run)).toMatchObject({ is: 'done' });
    expect(run.fences).toHaveLength(1);
    expect(await bench.orders()).toBe(before + 1);
    expect((await bench.undo('candidate.create', args, run)).says).toEqual([`${args.candidate} is destroyed`]);
    expect((await bench.undo('candidate.create', args, run)).says).toEqual([`there is no ${args.candidate}`]);
  });

  it('has what customers wrote before the damage, and not the damage', async () => {
    const written = await bench.sim.control.writeRows(BACKEND, 7);
    // Between the two changes lies a whole second, which is what can be named.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const at = `${new Date().toISOString().slice(0, 19)}.000Z`;
    expect(await bench.sim.control.corrupt(BACKEND)).toBeGreaterThan(0);
    const args = wanted(at);
    const { run, outcome } = await bench.act('candidate.create', args);
    expect(outcome).toMatchObject({ is: 'done' });
    expect(await bench.ask('select count(*) from invoices', args.candidate)).toBe(written);
    expect(await bench.ask(ORPHANS, args.candidate)).toBe(0);
    expect(await bench.ask(ORPHANS)).toBeGreaterThan(0);
    await bench.undo('candidate.create', args, run);
  });

  it('becomes the live one, which has no past to return to yet, and the former one comes back', async () => {
    const args = wanted(hoursAgo(2));
    const created = await bench.act('candidate.create', args);
    const swap = { environment, promote: args.candidate, previous: LIVE };
    const { run, outcome } = await bench.act('database.promote', swap);
    expect(outcome).toMatchObject({ is: 'done' });
    expect(await bench.facts()).toMatchObject({ target: { database: args.candidate }, window: null });
    await bench.undo('database.promote', swap, run);
    expect(await bench.facts()).toMatchObject({ target: { database: LIVE }, window: { to: expect.any(String) } });
    await bench.undo('candidate.create', args, created.run);
  });

  it('is shown by the real `heroku pg:info` with its parent, as the platform reads it', async () => {
    const args = wanted(hoursAgo(3));
    const { run } = await bench.act('candidate.create', args);
    const options = { env: cliEnvironment(bench.sim, bench.home), extendEnv: false, cwd: bench.home };
    const { stdout } = await execa(CLI, ['pg:info', '-a', BACKEND], options);
    expect(stdout).toMatch(/Rollback: +earliest from \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    expect(stdout).toMatch(/Forked From: +\S*(?:DATABASE|HEROKU_POSTGRESQL_\w+)/);
    await bench.undo('candidate.create', args, run);
  });
});

describe('a moment that cannot be had', () => {
  it.each([
    ['lies before the first one', () => hoursAgo(24 * 9), /moments since/],
    ['has not been yet', () => hoursAgo(-1), /nothing was made.*The CLI said: .*not available/],
  ])('is refused when it %s, and nothing is made', async (_why, at, why) => {
    const args = wanted(at());
    const { outcome } = await bench.act('candidate.create', args);
    expect(outcome).toMatchObject({ is: 'failed', untouched: true, why: expect.stringMatching(why) });
    expect(await addon(args.candidate)).toBeUndefined();
  });

  it('is refused when another database is live than when the step was begun', async () => {
    const args = wanted(hoursAgo(2));
    const before = await bench.orders();
    const run = runOf({ live: 'another' }, { system: bench.system });
    const outcome = await actionOf(bench.platform, 'candidate.create').do(args, run);
    expect(outcome).toMatchObject({ is: 'failed', untouched: true, why: expect.stringContaining('uses') });
    expect(run.fences).toEqual([]);
    expect(await bench.orders()).toBe(before);
  });
});

describe('a provider that misbehaves', () => {
  it('is asked once when its reply to the order is lost, and the database is adopted', async () => {
    const args = wanted(hoursAgo(2));
    const before = await bench.orders();
    await bench.sim.control.fault({ match: ORDER, times: 1, do: { kind: 'lose-reply' } });
    const { run, outcome } = await bench.act('candidate.create', args);
    expect(outcome).toMatchObject({ is: 'done' });
    expect(await bench.orders()).toBe(before + 1);
    await bench.undo('candidate.create', args, run);
  });

  it.each(['reset', 'lie', 'swallow'] as const)('has made nothing when the order ends with “%s”', async (kind) => {
    const args = wanted(hoursAgo(2));
    await bench.sim.control.fault({ match: ORDER, times: 1, do: { kind } });
    const { action, run, outcome } = await bench.act('candidate.create', args);
    expect(outcome).toMatchObject({
      is: 'failed',
      untouched: true,
      why: expect.stringContaining('nothing was made'),
    });
    expect(await action.probe(args, run)).toEqual({ is: 'not_happened' });
  });

  it.each([
    ['of another database', 'database', /of another database than postgresql-globular-52901/],
    ['as it is now', 'moment', /is not as it was at .*rows written later are in it \(invoices \d+/],
  ] as const)('is not believed when it has made it %s, and that is thrown away', async (_of, what, why) => {
    const args = wanted(hoursAgo(30));
    await bench.sim.control.fault({ match: ORDER, times: 1, do: { kind: 'wrong-rollback', what } });
    const { run, outcome } = await bench.act('candidate.create', args);
    expect(outcome).toMatchObject({ is: 'failed', untouched: false, why: expect.stringMatching(why) });
    await bench.undo('candidate.create', args, run);
    expect(await addon(args.candidate)).toBeUndefined();
  });

  it('fails when the database never becomes available, and that is thrown away', async () => {
    const args = wanted(hoursAgo(2));
    await bench.sim.control.fault({ match: ORDER, times: 1, do: { kind: 'slow', factor: 1_000 } });
    const { run, outcome } = await bench.act('candidate.create', args, bench.platformWith({ copied: 1_500 }));
    expect(outcome).toMatchObject({ is: 'failed', why: expect.stringContaining('is still provisioning') });
    await bench.undo('candidate.create', args, run);
    expect(await addon(args.candidate)).toBeUndefined();
  });

  it('is doubted when the live database has rows of that time which are not in it', async () => {
    const args = wanted(hoursAgo(30));
    const { action, run } = await bench.act('candidate.create', args);
    await bench.change(
      "insert into payments (invoice_id, amount_cents, created_at) values (1, 1, now() - interval '9 days')",
    );
    const outcome = await action.do(args, run);
    expect(outcome.evidence.checks).toContainEqual({
      name: 'Rows of that time',
      status: 'warn',
      figure: 'fewer than the live database has of it: payments 1 row missing',
    });
    await bench.undo('candidate.create', args, run);
  });

  it('is unverified when the rows cannot be read', async () => {
    const args = wanted(hoursAgo(30));
    const { action, run } = await bench.act('candidate.create', args);
    const system = { ...bench.system, tables: [{ name: 'gone', atLeast: 1, writtenAt: 'created_at' }] };
    expect(await action.do(args, { ...run, system })).toMatchObject({
      is: 'unverified',
      why: expect.stringContaining('could not be read'),
    });
    const silent = { ...bench.system, tables: [{ name: 'invoices', atLeast: 1 }] };
    expect(await action.do(args, { ...run, system: silent })).toMatchObject({
      is: 'unverified',
      why: expect.stringContaining('no table of the system file says when its rows are written'),
    });
    await bench.undo('candidate.create', args, run);
  });
});
