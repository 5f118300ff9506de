// The queue is only a wake-up: this looks into the store for whatever is due and nobody is at.
import { reasonOf } from '../core/errors.ts';
import { answer } from './answer.ts';
import { stop } from './decide.ts';
import type { Deps } from './deps.ts';
import { wake } from './propose.ts';

/** One round. Each part is tried even if another fails; what fails is found again in the next round. */
export async function sweep(deps: Deps): Promise<void> {
  await round(deps, 'waking what is due', async () => {
    for (const id of await deps.operations.due()) await wake(deps, id);
  });
  await round(deps, 'ending what has expired', async () => {
    for (const id of await deps.operations.expired()) await expire(deps, id);
  });
  await round(deps, 'answering what was left', async () => {
    for (const accepted of await deps.commands.unanswered()) await answer(deps, accepted);
  });
}

async function expire(deps: Deps, id: string): Promise<void> {
  await deps.operations.change(id, (operation, now) => {
    const waits = operation.state === 'proposed' || operation.state === 'awaiting_approval';
    if (!waits || operation.expiresAt === null || Date.parse(operation.expiresAt) > now.getTime()) return [];
    return stop(operation, 'expired', 'nobody agreed in time', null);
  });
  await wake(deps, id);
}

async function round(deps: Deps, activity: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    deps.log.warn({ activity, reason: reasonOf(thrown) }, 'sweep incomplete');
  }
}
