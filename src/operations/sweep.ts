// The queue is only a wake-up: this looks into the store for whatever is due and nobody is at.
import { reasonOf } from '../core/errors.ts';
import { answerLate } from './answer.ts';
import { stop } from './decide.ts';
import type { Deps } from './deps.ts';
import { findOperation } from './find-system.ts';
import { wake, wakeFor } from './wake.ts';

/** A wake may be lost with the queue, or wait behind others: it is repeated, after a pause that doubles up to the longest. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;

type Woken = { readonly next: number; readonly pause: number };

/** Makes the round that is to be done again and again. What fails in one round hinders nothing else, and is found again. */
export function createSweep(deps: Deps): () => Promise<void> {
  let woken = new Map<string, Woken>();

  async function wakeDue(): Promise<void> {
    const before = woken;
    // Only those that are due still: whatever was worked on since is woken at once when it is due again.
    woken = new Map();
    let reached = true;
    for (const id of await deps.operations.due()) {
      const last = before.get(id);
      if (last !== undefined) woken.set(id, last);
      if (!reached || (last !== undefined && Date.now() < last.next)) continue;
      // Each try of a queue that is down takes a second.
      await tried(deps, `waking ${id}`, async () => {
        reached = await wake(deps, await findOperation(deps.operations, id));
        if (reached) woken.set(id, again(last));
      });
    }
  }

  return async () => {
    await tried(deps, 'waking what is due', wakeDue);
    await each(
      deps,
      'ending what has expired',
      () => deps.operations.expired(),
      (id) => expire(deps, id),
    );
    await each(
      deps,
      'answering what was left',
      () => deps.commands.unanswered(),
      (left) => answerLate(deps, left, new Date()),
    );
  };
}

function again(last: Woken | undefined): Woken {
  const pause = last === undefined ? FIRST_PAUSE_MS : Math.min(last.pause * 2, LONGEST_PAUSE_MS);
  return { next: Date.now() + pause, pause };
}

async function expire(deps: Deps, id: string): Promise<void> {
  const operation = await deps.operations.change(id, (then, now) => {
    const waits = then.state === 'proposed' || then.state === 'awaiting_approval';
    if (!waits || then.expiresAt === null || Date.parse(then.expiresAt) > now.getTime()) return [];
    return stop(then, 'expired', 'nobody agreed in time', null);
  });
  await wakeFor(deps, operation);
}

async function each<T>(
  deps: Deps,
  activity: string,
  list: () => Promise<readonly T[]>,
  work: (one: T) => Promise<void>,
): Promise<void> {
  await tried(deps, activity, async () => {
    for (const one of await list()) await tried(deps, activity, () => work(one));
  });
}

async function tried(deps: Deps, activity: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    deps.log.warn({ activity, reason: reasonOf(thrown) }, 'sweep incomplete');
  }
}
