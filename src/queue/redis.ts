// How Redis is reached: always trying again, never crashing, and saying once per outage that it is away.
import type { RedisOptions } from 'ioredis';
import type { Lane } from '../core/ports.ts';
import type { Log } from '../lib/log.ts';

/** One queue for each lane of operations: a job only wakes a worker. */
export const QUEUES: Readonly<Record<Lane, string>> = { people: 'operations', scheduled: 'holdfast-scheduled' };

/** Tries for ever, soon at first, then every 2 seconds. */
export const RECONNECTING = {
  connectTimeout: 2_000,
  retryStrategy: (times: number) => Math.min(times * 100, 2_000),
} as const satisfies RedisOptions;

export type Outage = { down(error: Error): void; up(): void };

/** Clients repeat their errors with every try: the log gets the first one, and the end of it. */
export function outageLog(log: Log, client: string): Outage {
  let away = false;
  return {
    down(error) {
      if (!away) log.warn({ client, reason: error.message || error.name }, 'queue server not reached');
      away = true;
    },
    up() {
      if (away) log.info({ client }, 'queue server reached again');
      away = false;
    },
  };
}
