// The recipes for a PostgreSQL that is reached, on a real store with a platform on paper: each step failing, breaking, dying.
import { describe, expect, it } from 'vitest';
import type { ActionName } from '../../src/core/action.ts';
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
    const { paper, ask, agree, work, state } = direct();
    const operation = await ask(text);
    paper.mishap = { action, when: 'after', how: 'crash' };
    let deaths = Number(await work(operation.id));
    if (operation.plan.gate !== null) await agree(operation);
    for (let tries = 0; tries < 3; tries += 1) deaths += Number(await work(operation.id));
    expect(deaths).toBe(1);
    expect(await state(operation.id)).toBe('succeeded');
    expect(paper.effects[action]).toBe(1);
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
