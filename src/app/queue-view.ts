// What waits and what is worked on, to be read by whoever runs Holdfast: the queue's jobs beside the operations that are the truth.
import type { OperationStore } from '../core/ports.ts';
import type { Page } from '../lib/health-server.ts';
import type { ConnectedQueue } from '../queue/queue.ts';

type Given = { readonly queue: Pick<ConnectedQueue, 'lanes'>; readonly operations: Pick<OperationStore, 'open'> };

/**
 * A job only wakes a worker: an operation without one is found by the sweeper. Nothing can be changed here. `lanes` is null
 * while the queue does not answer; throws when the store does not.
 */
export function queueView({ queue, operations }: Given): Page {
  return {
    type: 'application/json',
    async text() {
      const [lanes, open] = await Promise.all([queue.lanes().catch(() => null), operations.open(null)]);
      const listed = open.map(({ id, state, requestedBy, last, plan: { system, environment, verb } }) => {
        return { id, state, system, environment, verb, requestedBy, since: last.at };
      });
      return `${JSON.stringify({ at: new Date().toISOString(), lanes, operations: listed }, null, 2)}\n`;
    },
  };
}
