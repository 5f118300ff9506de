// Wakes workers. A queue that is down loses nothing: the sweeper looks into the store.
import { reasonOf } from '../core/errors.ts';
import { nextMove } from '../core/next-move.ts';
import type { Operation } from '../core/operation.ts';
import type { Deps } from './deps.ts';

type Waking = Pick<Deps, 'queue' | 'log'>;

/** Wakes a worker. False when the queue could not be reached. */
export async function wake({ queue, log }: Waking, operation: string): Promise<boolean> {
  try {
    await queue.wake(operation);
    return true;
  } catch (cause) {
    log.warn({ operationId: operation, reason: reasonOf(cause) }, 'queue not reached, the sweeper will wake it');
    return false;
  }
}

/** Wakes a worker if there is something for one to do. False when it will be done late. */
export async function wakeFor(deps: Waking, operation: Operation): Promise<boolean> {
  return nextMove(operation).do === 'nothing' || wake(deps, operation.id);
}
