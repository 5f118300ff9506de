// Tells Slack that its request arrived: once, and without ever stopping what the request has set going.
import { reasonOf } from '../core/errors.ts';
import type { Log } from '../operations/deps.ts';

/** Wraps Bolt's `ack`: further calls do nothing, and a connection that is gone is only logged. */
export function acknowledgement<A extends unknown[]>(ack: (...args: A) => Promise<void>, log: Log) {
  let done = false;
  return async (...args: A): Promise<void> => {
    if (done) return;
    done = true;
    await ack(...args).catch((thrown: unknown) =>
      log.warn({ reason: reasonOf(thrown) }, 'Slack was gone before the ack'),
    );
  };
}
