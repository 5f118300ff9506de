// Wakes workers. A queue that is down loses nothing: the sweeper looks into the store.
import { reasonOf } from '../core/errors.ts';
import { SCHEDULE } from '../core/names.ts';
import { nextMove } from '../core/next-move.ts';
import type { Operation } from '../core/operation.ts';
import type { Lane } from '../core/ports.ts';
import type { Deps } from './deps.ts';

type Waking = Pick<Deps, 'queue' | 'log'>;

/** Wakes a worker. False when the queue could not be reached. */
export async function wake({ queue, log }: Waking, operation: Operation): Promise<boolean> {
  const { id } = operation;
  try {
    await queue.wake(id, laneOf(operation));
    return true;
  } catch (cause) {
    log.warn({ operationId: id, reason: reasonOf(cause) }, 'queue not reached, the sweeper will wake it');
    return false;
  }
}

/** Wakes a worker if there is something for one to do. False when it will be done late. */
export async function wakeFor(deps: Waking, operation: Operation): Promise<boolean> {
  return nextMove(operation).do === 'nothing' || wake(deps, operation);
}

/** Drills and whatever runs by itself have workers of their own: a busy night skips none of them, and they hold up nobody. */
function laneOf({ requestedBy, plan }: Operation): Lane {
  return requestedBy === SCHEDULE || plan.verb === 'drill' ? 'scheduled' : 'people';
}
