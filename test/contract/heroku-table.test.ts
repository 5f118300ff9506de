// One table of a Heroku database recovered from a backup that Heroku keeps: compared, merged, taken back; every step twice.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Action, ActionName, Args } from '../../src/core/action.ts';
import type { Facts } from '../../src/core/facts.ts';
import type { Json } from '../../src/core/json.ts';
import type { Operation } from '../../src/core/operation.ts';
import type { PlanDraft } from '../../src/core/runbook.ts';
import { fetchBackupAction } from '../../src/platforms/shared/fetch-backup.ts';
import { tableActions } from '../../src/platforms/shared/table-actions.ts';
import { cleanup } from '../../src/runbooks/cleanup.ts';
import { restore } from '../../src/runbooks/restore.ts';
import { runOf } from '../support/heroku-platform.ts';
import { PATH } from '../support/platforms.ts';
import { type SuoopsBench, startSuoops } from './heroku-suoops-bench.ts';

const environment = 'production';

let bench: SuoopsBench;
let workDir: string;
/** How many payments production has at first. */
let all: number;
beforeAll(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'holdfast-table-'));
  bench = await startSuoops();
  all = await bench.ask('select count(*) from payments');
}, 120_000);
afterAll(async () => {
  await bench?.stop();
  await rm(workDir, { recursive: true, force: true });
});

let operation = 40;
beforeEach(() => {
  operation += 1;
});

function actionsOf() {
  const files = { platform: bench.platform, workDir, path: PATH };
  return { ...tableActions(files), 'backup.fetch': fetchBackupAction(files) };
}

async function planned(mode: 'missing' | 'replace' = 'missing'): Promise<PlanDraft> {
  const { system, platform } = bench;
  const facts: Facts = { at: new Date().toISOString(), environments: { production: await bench.facts() } };
  const beside = () => ({ candidate: 'none', previous: 'none' });
  const table = { name: 'payments', mode };
  const chosen = { operation: `op-${operation}`, now: new Date(), beside };
  const given = { system, can: platform.capabilities, facts, proof: null, held: null, former: null, chosen };
  const command = { verb: 'restore', system: null, environment, backup: 'latest', at: null, table } as const;
  return restore.plan({ ...given, command });
}

/** Carries `steps` out, each of them twice, and returns the last outcome of each. */
async function carriedOut(steps: PlanDraft['steps'], outputs: Record<string, Json> = {}) {
  const actions = actionsOf();
  const outcomes = [];
  for (const [index, { action: name, args }] of steps.entries()) {
    const action = actions[name as keyof typeof actions] as Action<Args<ActionName>> | undefined;
    if (action === undefined) continue;
    const run = runOf(null, { system: bench.system, operation: `op-${operation}`, outputs });
    const first = await action.do(args as Args<ActionName>, run);
    const outcome = await action.do(args as Args<ActionName>, run);
    expect([first.is, outcome.is]).toEqual(['done', 'done']);
    if (outcome.is === 'done') outputs[`s${index + 1}`] = outcome.output;
    outcomes.push(outcome);
  }
  return outcomes;
}

const payments = () => bench.ask('select count(*) from payments');
const schemas = () => bench.ask(`select count(*) from pg_namespace where nspname ~ '^holdfast_op_${operation}$'`);

async function unmerged(): Promise<void> {
  const args = { environment, table: 'payments', beside: `holdfast_op_${operation}` };
  await carriedOut([{ action: 'table.unmerge', title: 'Put back', args }]);
}

/** What the operation has left is told by the platform, and goes, however often it is asked for. */
async function cleanedUp(done: PlanDraft): Promise<void> {
  const { system, platform } = bench;
  const id = `op-${operation}`;
  const former = { id, state: 'succeeded', plan: { ...done, operation: id } } as unknown as Operation;
  const left = (await platform.leftBy?.(system, former)) ?? [];
  expect(left).toMatchObject([{ name: `holdfast_op_${operation}`, operation: id, until: null }]);
  expect(left[0]?.bytes).toBeGreaterThan(0);
  const facts = {
    at: new Date().toISOString(),
    environments: { production: { ...(await bench.facts()), left: [...left] } },
  };
  const chosen = { operation: 'op-99', now: new Date(), beside: () => ({ candidate: 'none', previous: 'none' }) };
  const given = { system, can: platform.capabilities, facts, proof: null, held: null, former, chosen };
  const { headline, steps } = cleanup.plan({ ...given, command: { verb: 'cleanup', operation: id } });
  expect(headline).toBe(`Remove holdfast_op_${operation}, which ${id} left beside suoops-backend`);
  const [dropped] = await carriedOut(steps);
  expect(dropped?.evidence.says).toEqual([`There is no holdfast_op_${operation} any more.`]);
  expect(await schemas()).toBe(0);
  expect(await platform.leftBy?.(system, former)).toEqual([]);
}

describe('rows that somebody deleted on Heroku', () => {
  it('are counted before anybody approves, brought back in one transaction, and taken out again', async () => {
    expect(await bench.ask('select count(*) from payments where id % 10 = 0')).toBeGreaterThan(0);
    await bench.change('delete from payments where id % 10 = 0');
    const left = await payments();
    const plan = await planned();
    expect(plan.steps.map(({ action }) => action)).toEqual([
      'backup.fetch',
      'table.extract',
      'table.merge',
      'database.check',
      'health.check',
    ]);
    const outputs: Record<string, Json> = {};
    const before = await carriedOut(plan.steps.slice(0, plan.gate ?? 0), outputs);
    expect(before.map(({ is }) => is)).toEqual(['done', 'done']);
    expect(await payments()).toBe(left);
    const shown = outputs['s2'] as { shown: { missing: number; changed: number } };
    expect(shown.shown.missing).toBeGreaterThan(0);
    expect(shown.shown.changed).toBe(0);

    const [merged] = await carriedOut(plan.steps.slice(plan.gate ?? 0), outputs);
    expect(merged).toMatchObject({ is: 'done', output: { inserted: shown.shown.missing, updated: 0 } });
    expect(await payments()).toBe(left + shown.shown.missing);
    expect(await schemas()).toBe(1);

    await unmerged();
    expect(await payments()).toBe(left);
    await cleanedUp(plan);
    expect(await payments()).toBe(left);
  });

  it('are brought back with those that were changed, where that is asked for', async () => {
    await bench.change('update payments set amount_cents = amount_cents + 1 where id % 10 = 1');
    const changed = await bench.ask('select sum(amount_cents) from payments');
    const plan = await planned('replace');
    const outcomes = await carriedOut(plan.steps);
    const merged = outcomes.at(-1);
    if (merged?.is !== 'done') throw new Error('not merged');
    const { updated } = merged.output as { updated: number };
    expect(updated).toBeGreaterThan(0);
    await unmerged();
    expect(await bench.ask('select sum(amount_cents) from payments')).toBe(changed);
  });

  it('leave nothing beside the live table when the comparison is given up, however often', async () => {
    const plan = await planned();
    const [fetch, extract] = plan.steps;
    if (fetch === undefined || extract?.action !== 'table.extract') throw new Error('no extract');
    await carriedOut([fetch, extract]);
    expect(await schemas()).toBe(1);
    const { undo } = actionsOf()['table.extract'] ?? {};
    if (undo === undefined || !('how' in undo)) throw new Error('no undo');
    const run = runOf(null, { system: bench.system, operation: `op-${operation}` });
    for (const _ of ['once', 'twice']) await undo.run(extract.args as Args<'table.extract'>, null, run);
    expect(await schemas()).toBe(0);
    expect(await payments()).toBeLessThan(all);
  });
});

it('refuses a merge whose counts are not those that were agreed to, and changes nothing', async () => {
  const plan = await planned();
  const outputs: Record<string, Json> = {};
  const [fetch, extract, merge] = plan.steps;
  if (fetch === undefined || extract === undefined || merge === undefined) throw new Error('no steps');
  await carriedOut([fetch, extract], outputs);
  await bench.change('delete from payments where id % 10 = 2');
  const left = await payments();
  const action = actionsOf()['table.merge'];
  const run = runOf(null, { system: bench.system, operation: `op-${operation}`, outputs });
  const outcome = await action?.do(merge.args as Args<'table.merge'>, run);
  expect(outcome).toMatchObject({ is: 'failed', untouched: true });
  expect(await payments()).toBe(left);
});
