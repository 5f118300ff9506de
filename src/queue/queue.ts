// The waking side of the queue: a job says which operation to look at, and nothing else.
import { Queue as BullQueue } from 'bullmq';
import { Redis } from 'ioredis';
import { Fault } from '../core/errors.ts';
import type { Lane, Queue } from '../core/ports.ts';
import type { Log } from '../lib/log.ts';
import { within } from '../lib/within.ts';
import { outageLog, QUEUES, RECONNECTING } from './redis.ts';

/** A person is waiting for the answer: after this the operation is left to the sweeper. */
const PATIENCE_MS = 1_000;

/** Of each state so many jobs are shown. */
const LISTED = 50;

export type WakeJob = { readonly operation: string };

/** How many jobs there are by BullMQ's own states, and the oldest of those that are worked on or wait. */
export type LaneView = {
  readonly workers: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly jobs: readonly {
    readonly operation: string;
    readonly state: 'active' | 'waiting';
    readonly since: string;
  }[];
};

export type ConnectedQueue = Queue & {
  /** Rejects when it does not answer within about a second. */
  ping(): Promise<void>;
  /** What is in it now. Rejects with a Fault when it does not answer in time. */
  lanes(): Promise<Readonly<Record<Lane, LaneView>>>;
  close(): Promise<void>;
};

/** Connects in the background. `wake` rejects with a Fault within about a second when Redis cannot be reached. */
export function connectQueue({ url, log }: { readonly url: string; readonly log: Log }): ConnectedQueue {
  const outage = outageLog(log, 'queue');
  const client = new Redis(url, { ...RECONNECTING, enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  client.on('error', outage.down).on('ready', outage.up);
  const queues = new Map<Lane, BullQueue<WakeJob>>();

  function queueOf(lane: Lane): BullQueue<WakeJob> {
    const queue =
      queues.get(lane) ?? new BullQueue<WakeJob>(QUEUES[lane], { connection: client }).on('error', outage.down);
    queues.set(lane, queue);
    return queue;
  }

  /** A queue object whose first commands failed stays broken: it is thrown away with the failure. */
  async function withQueue<T>(lane: Lane, work: (queue: BullQueue<WakeJob>) => Promise<T>): Promise<T> {
    await ready(client);
    const queue = queueOf(lane);
    try {
      return await work(queue);
    } catch (thrown) {
      // Somebody else may have made a new one since.
      if (queues.get(lane) === queue) queues.delete(lane);
      void queue.close().catch(outage.down);
      throw thrown;
    }
  }

  function add(operation: string, lane: Lane): Promise<unknown> {
    // No job id: an id that is in use, or was, would swallow this wake. The lease keeps workers apart.
    const once = { removeOnComplete: true, removeOnFail: true, attempts: 1 };
    return withQueue(lane, (queue) => queue.add('wake', { operation }, once));
  }

  async function look(queue: BullQueue<WakeJob>): Promise<LaneView> {
    const [counts, workers, active, waiting] = await Promise.all([
      queue.getJobCounts(),
      queue.getWorkersCount(),
      queue.getJobs('active', 0, LISTED - 1, true),
      queue.getJobs('waiting', 0, LISTED - 1, true),
    ]);
    const listed = (jobs: typeof active, state: 'active' | 'waiting') =>
      jobs.map(({ data: { operation }, timestamp }) => ({
        ...{ operation, state },
        since: new Date(timestamp).toISOString(),
      }));
    return { workers, counts, jobs: [...listed(active, 'active'), ...listed(waiting, 'waiting')] };
  }

  return {
    async wake(operation, lane) {
      const work = add(operation, lane);
      try {
        await within(PATIENCE_MS, work, () => new Error(`no answer within ${PATIENCE_MS} ms`));
      } catch (cause) {
        throw new Fault(`waking a worker for ${operation}`, { cause });
      }
    },
    async ping() {
      await within(PATIENCE_MS, client.ping(), () => new Error(`no answer within ${PATIENCE_MS} ms`));
    },
    async lanes() {
      const read = Promise.all([withQueue('people', look), withQueue('scheduled', look)]);
      try {
        const [people, scheduled] = await within(PATIENCE_MS, read, () => new Error(`no answer in ${PATIENCE_MS} ms`));
        return { people, scheduled };
      } catch (cause) {
        throw new Fault('looking into the queue', { cause });
      }
    },
    async close() {
      for (const queue of queues.values()) await queue.close().catch(outage.down);
      client.disconnect();
    },
  };
}

/** Waits only so long, so that a wake which was given up is not sent much later. */
function ready(client: Redis): Promise<void> {
  if (client.status === 'ready') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const onReady = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      client.off('ready', onReady);
      reject(new Error('the queue server cannot be reached'));
    }, PATIENCE_MS * 0.8);
    client.once('ready', onReady);
  });
}
