// The operations that are disturbed: how people bring each about, and what the provider must have seen of it afterwards.
import { eventually, PRODUCTION, STAGING, type Story } from '../test/support/story.ts';
import type { Boundary } from './trap.ts';

/** What the provider has counted, and what stands there now. */
export type Effects = Readonly<Record<string, string | number | boolean>>;

export type Life = {
  readonly name: string;
  /** Types the command; resolves to the operation's id. */
  begin(story: Story): Promise<string>;
  /** What people do then. */
  decide(story: Story, operation: string): Promise<void>;
  readonly ends: 'succeeded' | 'cancelled';
  /** Read from the provider, past Holdfast. */
  effects(story: Story): Promise<Effects>;
  /** What `effects` must be afterwards, when the operation was done exactly once. */
  expected(before: Effects, operation: string): Effects;
};

/** The backup beforehand, then the restore over staging. */
export const stagingRestore: Life = {
  name: 'restore staging',
  begin: (story) => asks(story, '/dr restore staging a001'),
  async decide(story, operation) {
    await inTurn(() => story.confirms('alice', operation, STAGING));
  },
  ends: 'succeeded',
  async effects(story) {
    return {
      captures: (await story.transfers(STAGING, 'b')).length,
      restores: (await story.transfers(STAGING, 'r')).length,
      rows: await story.rows(STAGING),
    };
  },
  expected: ({ captures, restores }) => ({
    captures: Number(captures) + 1,
    restores: Number(restores) + 1,
    rows: 4000,
  }),
};

/** To v255 and, by the next one, to the release that stood there before. */
export function rollback(): Life {
  let last: string | null = null;
  return {
    name: 'rollback production, and forward again',
    async begin(story) {
      const text = last === null ? '/dr rollback v255' : `/dr undo ${last}`;
      const operation = await asks(story, text);
      last = last === null ? operation : null;
      return operation;
    },
    decide: (story, operation) => story.agree(operation),
    ends: 'succeeded',
    async effects(story) {
      const { releases, addons, maintenance } = await story.app(PRODUCTION);
      return { releases: releases.length, addons: addons.length, maintenance };
    },
    expected: (before) => ({ ...before, releases: Number(before['releases']) + 1 }),
  };
}

/** A database is built beside the live one and, since somebody says no, taken away again. */
export const denied: Life = {
  name: 'restore production, denied',
  begin: (story) => asks(story, '/dr restore production a001'),
  async decide(story, operation) {
    await story.until(operation, ['WAITING FOR APPROVAL']);
    await rehearsed(story, operation);
    await story.clicks('bob', operation, 'Deny');
  },
  ends: 'cancelled',
  effects: productionEffects,
  expected: (before) => ({ ...before, restores: Number(before['restores']) + 1 }),
};

/** A database is built beside the live one and made the live one. */
export const productionRestore: Life = {
  name: 'restore production',
  begin: (story) => asks(story, '/dr restore production a001'),
  decide: (story, operation) => story.agree(operation),
  ends: 'succeeded',
  effects: productionEffects,
  expected: (before, operation) => ({
    ...before,
    restores: Number(before['restores']) + 1,
    addons: Number(before['addons']) + 1,
    live: `${PRODUCTION}-${operation.replace('-', '')}-`,
    rows: 4000,
  }),
};

async function productionEffects(story: Story): Promise<Effects> {
  const { addons, live, maintenance, releases, formation } = await story.app(PRODUCTION);
  return {
    restores: (await story.transfers(PRODUCTION, 'r')).length,
    addons: addons.length,
    // What the provider adds to a name says nothing.
    live: live.replace(/[^-]*$/, ''),
    rows: await story.rows(PRODUCTION),
    maintenance,
    formation: JSON.stringify(formation),
    code: releases.at(-1)?.commit ?? '',
  };
}

let turn: Promise<unknown> = Promise.resolve();

/** What alice is told on one operation must not be taken for what she is told on another. */
function inTurn<T>(talk: () => Promise<T>): Promise<T> {
  const talking = turn.then(talk);
  turn = talking.catch(() => {});
  return talking;
}

function asks(story: Story, line: string): Promise<string> {
  return inTurn(() => story.asks('alice', line));
}

/** Waits until the rehearsal is over: only then has a "no" everything to take back. */
async function rehearsed(story: Story, operation: string): Promise<void> {
  const { gate } = await planOf(story, operation);
  const isOver = async () => {
    const ended = (await story.journal(operation)).filter(({ type }) => type === 'step_ended');
    return ended.length === gate;
  };
  await eventually(`the rehearsal of ${operation}`, isOver, 300_000);
}

type PlanRow = { readonly gate: number | null; readonly steps: readonly { readonly id: string }[] };

async function planOf(story: Story, operation: string): Promise<PlanRow> {
  const [row] = await story.sql<{ plan: PlanRow }>('select plan from holdfast.operations where id = $1', [operation]);
  if (row === undefined) throw new Error(`there is no ${operation}`);
  return row.plan;
}

/** Every point at which a worker writes what it is about to do, or what came of it. */
export async function boundariesOf(story: Story, operation: string): Promise<Boundary[]> {
  const { steps } = await planOf(story, operation);
  const ofSteps = ['step_started', 'step_ended', 'undo_started', 'undo_ended'];
  const entries = [
    ...steps.flatMap(({ id }) => ofSteps.map((type) => ({ type, step: id }))),
    { type: 'started', step: null },
    { type: 'finished', step: null },
  ];
  return entries.flatMap((entry) => [
    { ...entry, side: 'before' as const },
    { ...entry, side: 'after' as const },
  ]);
}
