// The recipes for a PostgreSQL that is reached, on a real store with a platform on paper: each step failing, breaking, dying.
import { describe, expect, it } from 'vitest';
import type { ActionName } from '../../src/core/action.ts';
import type { Mishap } from '../support/paper-platform.ts';
import type { SystemFile } from '../support/system.ts';
import { type Desk, desksOfThisFile, openDesk, withoutBackups } from './operations-fixture.ts';

const desk = await desksOfThisFile();
const scenarios = {
  corruption: {
    title: 'Rows are damaged',
    environment: 'production',
    rtoMinutes: 60,
    rpoMinutes: 1_440,
    steps: [{ do: 'backup' }, { do: 'restore', backup: 'asked' }],
  },
} satisfies SystemFile['scenarios'];
const direct = (): Desk => openDesk(desk().store, { scenarios }, { direct: true });

const LOAD = ['candidate.preflight', 'candidate.create', 'candidate.load', 'candidate.check'] as const;
const LIVE = ['services.stop', 'database.promote', 'migrations.run', 'services.start', 'health.check'] as const;
const STORIES: Readonly<Record<string, readonly ActionName[]>> = {
  'restore production a001': ['backup.fetch', ...LOAD, ...LIVE],
  'restore production --at "2025-11-22 14:30 UTC"': ['moment.recover', ...LOAD, ...LIVE],
  'restore production a001 --table entries': [
    'backup.fetch',
    'table.extract',
    'table.merge',
    'database.check',
    'health.check',
  ],
  'recover corruption a001': ['backup.capture', 'backup.fetch', ...LOAD, ...LIVE],
};
/** Agreed to by nobody, and taken back by nobody: it only stands beside. */
const WARM = 'warm production a001';
const STEPS = Object.entries<readonly ActionName[]>({ ...STORIES, [WARM]: ['backup.fetch', ...LOAD] }).flatMap(
  ([text, steps]) => steps.map((step) => [text, step] as const),
);
const EFFECTS: readonly ActionName[] = [
  ...(['backup.capture', 'backup.fetch', 'moment.recover', 'candidate.create', 'candidate.load'] as const),
  ...(['services.stop', 'database.promote', 'services.start', 'table.extract', 'table.merge'] as const),
];
const CASES = STEPS.filter(([, step]) => EFFECTS.includes(step));

/** The worker that the mishap befalls dies, another one carries the operation to its end, and the effect happens once. */
async function succeedsAfterOneDeath(here: Desk, text: string, mishap: Mishap): Promise<void> {
  const { paper, ask, agree, work, state } = here;
  const operation = await ask(text);
  paper.mishap = mishap;
  let deaths = Number(await work(operation.id));
  if (operation.plan.gate !== null) await agree(operation);
  for (let tries = 0; tries < 3; tries += 1) deaths += Number(await work(operation.id));
  expect(deaths).toBe(1);
  expect(await state(operation.id)).toBe('succeeded');
  expect(paper.effects[mishap.action]).toBe(1);
}

describe('each recipe', () => {
  it.each(Object.entries(STORIES))(
    '“%s” has its steps and succeeds, and undo puts everything back',
    async (text, steps) => {
      const { paper, run } = direct();
      const { live, stopped, merged } = structuredClone(paper.world);
      const operation = await run(text);
      expect(operation.state).toBe('succeeded');
      expect(operation.plan.steps.map(({ action }) => action)).toEqual(steps);
      const undo = await run(`undo ${operation.id}`);
      expect(undo.state).toBe('succeeded');
      expect(paper.world).toMatchObject({ live, stopped, merged });
    },
  );

  it.each(STEPS)('“%s” leaves a clean slate when %s fails after its effect', async (text, action) => {
    const { paper, run } = direct();
    const before = withoutBackups(paper.world);
    paper.mishap = { action, when: 'after', how: 'fails' };
    expect((await run(text)).state).toBe('failed');
    expect(withoutBackups(paper.world)).toEqual(before);
  });

  it.each(STEPS)('“%s” leaves a clean slate when %s breaks before its effect', async (text, action) => {
    const { paper, run } = direct();
    const before = withoutBackups(paper.world);
    paper.mishap = { action, when: 'before', how: 'fault' };
    expect((await run(text)).state).toBe('failed');
    expect(withoutBackups(paper.world)).toEqual(before);
  });

  it.each(CASES)('“%s” adopts %s when only its reply was lost', async (text, action) => {
    const { paper, run } = direct();
    paper.mishap = { action, when: 'after', how: 'fault' };
    expect((await run(text)).state).toBe('succeeded');
    expect(paper.effects[action]).toBe(1);
  });

  it.each(CASES)('“%s” goes on after a worker died at %s, after its effect, and does it once', async (text, action) => {
    await succeedsAfterOneDeath(direct(), text, { action, when: 'after', how: 'crash' });
  });
});

it('a candidate is kept warm without anybody’s consent, and holds nobody up', async () => {
  const { ask, work, state, paper } = direct();
  const warm = await ask('warm production');
  const restore = await ask('restore production a001');
  await work(warm.id);
  expect(await state(warm.id)).toBe('succeeded');
  expect(await state(restore.id)).toBe('awaiting_approval');
  expect(paper.world.databases).toHaveLength(3);
});

describe('a cleanup', () => {
  /** What an operation that has failed may have left: the mishap keeps it from leaving anything itself. */
  async function leaving(is: 'candidate' | 'kept') {
    const here = direct();
    here.paper.mishap = { action: 'backup.fetch', when: 'before', how: 'fails' };
    const former = await here.run('restore production a001');
    here.paper.world.left = { theirs: { by: 'op-0', is }, ours: { by: former.id, is } };
    return { ...here, command: `cleanup ${former.id}` };
  }
  const LEFT = [
    ['candidate', 'candidate.drop'],
    ['kept', 'leftover.drop'],
  ] as const;

  it.each(LEFT)('removes the %s of that operation, and nothing else', async (is, action) => {
    const { paper, run, command } = await leaving(is);
    const { left: _, ...before } = structuredClone(paper.world);
    const { state, plan } = await run(command);
    expect(state).toBe('succeeded');
    expect(plan.steps.map((step) => step.action)).toEqual([action]);
    expect(paper.world).toEqual({ ...before, left: { theirs: { by: 'op-0', is } } });
  });

  it.each(LEFT)('that breaks before it removes the %s leaves it, and can be asked for again', async (is, action) => {
    const { paper, run, command } = await leaving(is);
    const before = structuredClone(paper.world);
    paper.mishap = { action, when: 'before', how: 'fault' };
    expect((await run(command)).state).toBe('failed');
    expect(paper.world).toEqual(before);
    expect((await run(command)).state).toBe('succeeded');
    expect(paper.effects[action]).toBe(1);
  });

  it.each(LEFT)('that fails after it removed the %s says so, and has nothing to remove again', async (is, action) => {
    const { paper, run, answer, command } = await leaving(is);
    paper.mishap = { action, when: 'after', how: 'fails' };
    expect((await run(command)).state).toBe('failed');
    expect(Object.keys(paper.world.left)).toEqual(['theirs']);
    expect(await answer(command)).toMatchObject({ is: 'refused', refusal: { code: 'nothing-left' } });
  });

  it.each(LEFT)('adopts that the %s is gone when only the reply was lost', async (is, action) => {
    const { paper, run, command } = await leaving(is);
    paper.mishap = { action, when: 'after', how: 'fault' };
    expect((await run(command)).state).toBe('succeeded');
    expect(paper.effects[action]).toBe(1);
  });

  it.each(LEFT.flatMap(([is, action]) => (['before', 'after'] as const).map((when) => [when, is, action] as const)))(
    'goes on after a worker died %s it removed the %s, and does it once',
    async (when, is, action) => {
      const here = await leaving(is);
      await succeedsAfterOneDeath(here, here.command, { action, when, how: 'crash' });
      expect(Object.keys(here.paper.world.left)).toEqual(['theirs']);
    },
  );
});
