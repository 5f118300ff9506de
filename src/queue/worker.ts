// The woken side of the queue: hands operations to the executor, and starts anew whenever Redis was away.
import { Worker } from 'bullmq';
import { reasonOf } from '../core/errors.ts';
import type { Lane } from '../core/ports.ts';
import { sleep } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { within } from '../lib/within.ts';
import type { WakeJob } from './queue.ts';
import { type Outage, outageLog, QUEUES, RECONNECTING } from './redis.ts';

type WorkerOptions = {
  readonly url: string;
  /** What it is woken for. */
  readonly lane: Lane;
  /** How many operations this process works on at the same time. */
  readonly concurrency: number;
  /** Carries the operation on as far as it goes. May be called twice at once for one operation: the lease decides. */
  handle(operation: string): Promise<void>;
  readonly log: Log;
};

export type RunningWorker = {
  /** Takes nothing new and waits for what is being handled, `deadlineMs` at most. */
  close(deadlineMs: number): Promise<void>;
};

const RESTART_MS = 1_000;

/** Works until closed. A handler that throws is logged: the sweeper wakes the operation again. */
export function startWorker({ url, lane, concurrency, handle, log }: WorkerOptions): RunningWorker {
  const outage = outageLog(log, `worker of ${QUEUES[lane]}`);
  const closing = new AbortController();
  let worker = build();
  const over = supervise();

  function build(): Worker<WakeJob> {
    return new Worker<WakeJob>(QUEUES[lane], ({ data }) => handleOne(data.operation), {
      autorun: false,
      concurrency,
      connection: { ...RECONNECTING, url, maxRetriesPerRequest: null },
      // A worker that died is noticed within about 6 seconds, and its job is given to another one, once.
      lockDuration: 5_000,
      stalledInterval: 1_000,
      maxStalledCount: 1,
    })
      .on('error', outage.down)
      .on('ready', outage.up);
  }

  async function handleOne(operation: string): Promise<void> {
    try {
      await handle(operation);
    } catch (thrown) {
      log.error({ operationId: operation, err: thrown }, 'handling an operation failed');
      throw thrown;
    }
  }

  /** The library's worker gives up when one of its first commands fails. */
  async function supervise(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await worker.waitUntilReady();
        await worker.run();
      } catch (thrown) {
        outage.down(thrown instanceof Error ? thrown : new Error(reasonOf(thrown)));
      }
      if (closing.signal.aborted) return;
      await closed(worker, outage, true);
      await sleep(RESTART_MS, closing.signal).catch(() => {});
      if (!closing.signal.aborted) worker = build();
    }
  }

  return {
    async close(deadlineMs) {
      closing.abort();
      const graceful = Promise.all([closed(worker, outage, false), over]);
      try {
        // The library's `close` has no limit of its own.
        await within(deadlineMs, graceful, () => new Error('too late'));
      } catch {
        log.warn({ deadlineMs }, 'worker closed before its operations had come to a stop');
        void worker.disconnect().catch(outage.down);
      }
    },
  };
}

async function closed(worker: Worker<WakeJob>, outage: Outage, force: boolean): Promise<void> {
  await worker.close(force).catch(outage.down);
}
