// One operation from its command to its end while it is disturbed; then the provider is asked how often each effect happened.
import { setTimeout as sleep } from 'node:timers/promises';
import { firstBroken } from '../src/core/chain.ts';
import { Entry } from '../src/core/journal.ts';
import { eventually, type Story } from '../test/support/story.ts';
import type { Effects, Life } from './lives.ts';
import type { Look } from './sight.ts';

export type Lived<Blow> = {
  readonly operation: string;
  readonly name: string;
  readonly blows: readonly Blow[];
  /** How often a person had to say whether something had happened. */
  readonly questions: number;
  /** What is not as it would be had everything happened exactly once; empty is well. */
  readonly wrong: readonly string[];
};

/** Disturbs the operation until `isOver`. People have done all they are to do when `decided` resolves. */
export type Disturb<Blow> = (
  operation: string,
  isOver: () => boolean,
  decided: Promise<void>,
) => Promise<readonly Blow[]>;

/** An operation that has not ended by then is lost. */
const LOST_MS = 600_000;

export async function live<Blow>(story: Story, look: Look, life: Life, disturb: Disturb<Blow>): Promise<Lived<Blow>> {
  const before = await life.effects(story);
  const operation = await life.begin(story);
  let isOver = false;
  const decided = life.decide(story, operation);
  const disturbing = disturb(operation, () => isOver, decided);
  const answering = answerQuestions({ story, look, life, before, operation, isOver: () => isOver });
  const wrong: string[] = [];
  try {
    await decided;
    await eventually(`the end of ${operation}`, async () => (await look(operation))?.hasEnded, LOST_MS);
  } catch (thrown) {
    wrong.push(`lost: ${thrown instanceof Error ? thrown.message.slice(0, 300) : String(thrown)}`);
  }
  isOver = true;
  const [blows, questions] = await Promise.all([disturbing, answering]);
  wrong.push(...(await judge(story, life, before, operation)));
  return { operation, name: life.name, blows, questions, wrong };
}

async function judge(story: Story, life: Life, before: Effects, operation: string): Promise<string[]> {
  const wrong: string[] = [];
  const state = await story.stateOf(operation);
  if (state !== life.ends && !(state === 'unverified' && life.ends === 'succeeded')) wrong.push(`it is ${state}`);
  const after = await life.effects(story);
  for (const [what, expected] of Object.entries(life.expected(before, operation))) {
    if (after[what] !== expected) wrong.push(`${what} ${String(after[what])} instead of ${String(expected)}`);
  }
  const rows = await story.sql<Record<string, unknown> & { at: Date }>(
    'select operation, seq, at, event, previous, hash from holdfast.journal where operation = $1 order by seq',
    [operation],
  );
  const broken = firstBroken(rows.map((row) => Entry.parse({ ...row, at: row.at.toISOString() })));
  if (broken !== null) wrong.push(`its journal is broken at ${broken}`);
  return wrong;
}

type Asked = {
  readonly story: Story;
  readonly look: Look;
  readonly life: Life;
  readonly before: Effects;
  readonly operation: string;
  readonly isOver: () => boolean;
};

const COUNTED = ['restores', 'releases', 'captures', 'addons'];

/** Somebody looks at the provider and tells what is so. */
async function answerQuestions({ story, look, life, before, operation, isOver }: Asked): Promise<number> {
  let questions = 0;
  while (!isOver()) {
    await sleep(200);
    if ((await look(operation))?.state !== 'needs_human') continue;
    questions += 1;
    const after = await life.effects(story);
    const expected = life.expected(before, operation);
    const happened = COUNTED.some((what) => what in expected && after[what] === expected[what]);
    await story.clicks('alice', operation, happened ? 'It happened' : 'It did not').catch(() => {});
  }
  return questions;
}
