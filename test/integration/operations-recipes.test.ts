// Every recipe on a real store with a platform on paper: each step failing, breaking, dying, and the way back from each.
import { describe, expect, it } from 'vitest';
import type { ActionName } from '../../src/core/action.ts';
import type { Mishap } from '../support/paper-platform.ts';
import { ALICE, desksOfThisFile, justBefore, withoutBackups } from './operations-fixture.ts';

const desk = await desksOfThisFile();

const STORIES = {
  'restore production a001': ['candidate.create', 'maintenance.on', 'database.promote', 'maintenance.off'],
  'restore staging a001': ['backup.capture', 'database.restore'],
  'rollback v255': ['release.rollback'],
} as const;
const CASES = Object.entries(STORIES).flatMap(([text, effects]) => effects.map((effect) => [text, effect] as const));
const STEPS: [string, ActionName][] = [
  ...(['candidate.create', 'candidate.load', 'candidate.check', 'maintenance.on', 'database.promote'] as const),
  ...(['services.check', 'maintenance.off', 'health.check'] as const),
].map((name) => ['restore production a001', name]);
STEPS.push(
  ...(['backup.capture', 'database.restore', 'database.check', 'health.check'] as const).map(
    (name): [string, ActionName] => ['restore staging a001', name],
  ),
  ...(['release.rollback', 'health.check', 'logs.watch'] as const).map((name): [string, ActionName] => [
    'rollback v255',
    name,
  ]),
);

describe('each recipe', () => {
  it.each(Object.keys(STORIES))('“%s” succeeds, and undo puts everything back', async (text) => {
    const { paper, run, useCases } = desk();
    const before = structuredClone(paper.world);
    const operation = await run(text);
    expect(operation.state).toBe('succeeded');
    expect(paper.world).not.toEqual(before);
    const undo = await run(`undo ${operation.id}`);
    expect(undo.state).toBe('succeeded');
    expect(await useCases.find(operation.id)).toMatchObject({ state: 'undone', undoneBy: undo.id });
    const { live, release, maintenance } = before;
    expect(paper.world).toMatchObject({ live, release, maintenance });
  });

  it.each(STEPS)('“%s” leaves a clean slate when %s fails after its effect', async (text, action) => {
    const { paper, run } = desk();
    const before = withoutBackups(paper.world);
    paper.mishap = { action, when: 'after', how: 'fails' };
    const operation = await run(text);
    expect(operation.state).toBe('failed');
    expect(operation.stopped?.why).toMatch(/failed: on paper/);
    expect(withoutBackups(paper.world)).toEqual(before);
  });

  it.each(STEPS)('“%s” leaves a clean slate when %s breaks before its effect', async (text, action) => {
    const { paper, run } = desk();
    const before = withoutBackups(paper.world);
    paper.mishap = { action, when: 'before', how: 'fault' };
    const operation = await run(text);
    expect(operation.state).toBe('failed');
    expect(withoutBackups(paper.world)).toEqual(before);
  });

  it.each(STEPS)('“%s” leaves a clean slate when %s cannot be prepared', async (text, action) => {
    const { paper, run } = desk();
    const before = withoutBackups(paper.world);
    paper.unreadable.add(action);
    const operation = await run(text);
    expect(operation.state).toBe('failed');
    expect(operation.stopped?.why).toMatch(/could not be prepared: .* cannot be read/);
    expect(paper.effects[action]).toBeUndefined();
    expect(withoutBackups(paper.world)).toEqual(before);
  });

  it.each(CASES)('“%s” adopts %s when only its reply was lost', async (text, action) => {
    const { paper, run } = desk();
    paper.mishap = { action, when: 'after', how: 'fault' };
    const operation = await run(text);
    expect(operation.state).toBe('succeeded');
    expect(paper.effects[action]).toBe(1);
  });

  it.each(
    CASES.flatMap(([text, action]) => (['before', 'after'] as const).map((when) => [text, action, when] as const)),
  )('“%s” goes on after a worker died at %s, %s its effect, and does it once', async (text, action, when) => {
    const { paper, ask, agree, work, state } = desk();
    const operation = await ask(text);
    paper.mishap = { action, when, how: 'crash' };
    let deaths = Number(await work(operation.id));
    await agree(operation);
    for (let tries = 0; tries < 3; tries += 1) deaths += Number(await work(operation.id));
    expect(deaths).toBe(1);
    expect(await state(operation.id)).toBe('succeeded');
    expect(paper.effects[action]).toBe(1);
  });
});

describe('undo', () => {
  it('marks what it took back once, although its worker died before it said that it had finished', async () => {
    const here = desk();
    const { id } = await here.run('rollback v255');
    const undo = await here.ask(`undo ${id}`);
    await here.agree(undo);
    justBefore(here, 'finished', () => here.steal(undo.id));
    await here.work(undo.id);
    expect(await here.state(id)).toBe('undone');
    expect(await here.state(undo.id)).toBe('running');
    await here.lapse(undo.id);
    await here.work(undo.id);
    expect(await here.state(undo.id)).toBe('succeeded');
    expect((await here.types(id)).filter((type) => type === 'undone')).toHaveLength(1);
  });

  it.each([
    ['fails', 'failed', 'succeeded'],
    ['unverified', 'unverified', 'undone'],
  ] as const)('that ends after “%s” as %s leaves the former operation %s', async (how, ended, former) => {
    const { run, paper, state } = desk();
    const { id } = await run('rollback v255');
    paper.mishap = { action: 'release.rollback', when: 'after', how };
    expect((await run(`undo ${id}`)).state).toBe(ended);
    expect(await state(id)).toBe(former);
  });
});

describe('what could not be read back', () => {
  it('is not good enough to go on with before the gate', async () => {
    const { paper, run } = desk();
    paper.mishap = { action: 'candidate.create', when: 'after', how: 'unverified' };
    const { state, stopped } = await run('restore production a001');
    expect(state).toBe('failed');
    expect(stopped?.why).toMatch(/could not be verified: on paper/);
    expect(paper.world.databases).toEqual(['db-one', 'db-staging']);
  });

  it('is no success behind the gate, but is taken back as one', async () => {
    const { paper, run, state } = desk();
    paper.mishap = { action: 'backup.capture', when: 'after', how: 'unverified' };
    const operation = await run('restore staging a001');
    expect(operation.state).toBe('unverified');
    expect((await run(`undo ${operation.id}`)).state).toBe('succeeded');
    expect(await state(operation.id)).toBe('undone');
  });

  it('hands its output on to the way back', async () => {
    const { paper, run } = desk();
    paper.mishap = { action: 'database.restore', when: 'after', how: 'unverified' };
    paper.unreadable.add('health.check');
    expect((await run('restore staging a001')).state).toBe('failed');
    expect(paper.world.stagingHolds).toBe('old data');
  });
});

describe('a step whose outcome nobody knows', () => {
  const unknown: Mishap = { action: 'database.promote', when: 'after', how: 'unknown' };

  it.each([
    ['happened', 'unverified', 'candidate'],
    ['did_not', 'succeeded', 'candidate'],
    ['abandon', 'failed', 'db-one'],
  ] as const)('waits for a person; “%s” ends as %s', async (verdict, state, live) => {
    const { paper, run, work, useCases } = desk();
    paper.mishap = unknown;
    const asking = await run('restore production a001');
    expect(asking.state).toBe('needs_human');
    expect(asking.question?.why).toMatch(/mishap after database.promote; the provider does not say/);
    const click = { operation: asking.id, digest: asking.digest, by: ALICE };
    await useCases.settle({ ...click, asks: asking.question?.seq ?? 0, verdict });
    await work(asking.id);
    expect((await useCases.find(asking.id)).state).toBe(state);
    expect(paper.world.live).toContain(live === 'candidate' ? 'op' : live);
    expect(paper.effects['database.promote']).toBe(verdict === 'did_not' ? 2 : 1);
  });

  it('is asked about as well when a worker died over it', async () => {
    const { paper, ask, agree, work, useCases } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.mishap = { action: 'release.rollback', when: 'after', how: 'crash' };
    expect(await work(operation.id)).toBe(true);
    paper.mishap = { action: 'release.rollback', when: 'after', how: 'unknown' };
    await work(operation.id);
    const { state, question } = await useCases.find(operation.id);
    expect(state).toBe('needs_human');
    expect(question).toMatchObject({ step: 's1', why: 'the provider does not say', about: 'step' });
  });
});
