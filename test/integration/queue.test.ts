// The queue: wakes workers, fails quickly when Redis is away, and never stands in the way of a later wake.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../sandbox/servers/free-port.ts';
import { type RedisOptions, type RedisServer, startRedis } from '../../sandbox/servers/redis.ts';
import { Fault, Refusal } from '../../src/core/errors.ts';
import type { Lane } from '../../src/core/ports.ts';
import { assertNoEviction } from '../../src/queue/assert-no-eviction.ts';
import { type ConnectedQueue, connectQueue } from '../../src/queue/queue.ts';
import { startWorker } from '../../src/queue/worker.ts';
import { silentLog } from '../support/stores.ts';

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0).reverse()) await one();
});

let redis: RedisServer;
const serverWith = async (options: RedisOptions) => {
  const server = await startRedis(options);
  cleanup.push(() => server.stop());
  return server;
};
const queueAt = (url: string): ConnectedQueue => {
  const queue = connectQueue({ url, log: silentLog });
  cleanup.push(() => queue.close());
  return queue;
};
const workerOf = (url: string, handle: (operation: string) => Promise<void>, lane: Lane = 'people') => {
  const worker = startWorker({ url, lane, concurrency: lane === 'people' ? 4 : 1, handle, log: silentLog });
  cleanup.push(() => worker.close(500));
  return worker;
};
/** A worker that remembers what it was woken for. */
const listening = (url: string) => {
  const woken: string[] = [];
  workerOf(url, async (operation) => {
    woken.push(operation);
  });
  return woken;
};
const faultAfter = async (work: Promise<void>) => {
  const before = performance.now();
  await expect(work).rejects.toThrow(Fault);
  return performance.now() - before;
};

describe.each(['redis-server', 'js-redis-server'] as const)('on %s', (kind) => {
  beforeEach(async () => {
    redis = await serverWith({ kind });
  });

  it('shows what is worked on and what waits, and who is there for it', async () => {
    const queue = queueAt(redis.url);
    expect(await queue.lanes()).toMatchObject({
      people: { workers: 0, jobs: [] },
      scheduled: { workers: 0, jobs: [] },
    });
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    workerOf(redis.url, () => finished, 'scheduled');
    await queue.wake('op-1', 'scheduled');
    await queue.wake('op-2', 'scheduled');
    await queue.wake('op-3', 'people');
    await expect
      .poll(async () => {
        const { people, scheduled } = await queue.lanes();
        return [
          scheduled.workers,
          scheduled.counts['active'],
          ...[...scheduled.jobs, ...people.jobs].map((job) => `${job.operation} ${job.state}`),
        ];
      })
      .toEqual([1, 1, 'op-1 active', 'op-2 waiting', 'op-3 waiting']);
    finish();
    await expect.poll(async () => (await queue.lanes()).scheduled.jobs).toEqual([]);
  });

  it('wakes a worker, and again for the same operation', async () => {
    const woken = listening(redis.url);
    const queue = queueAt(redis.url);
    await queue.wake('op-1', 'people');
    await expect.poll(() => woken).toEqual(['op-1']);
    await queue.wake('op-1', 'people');
    await expect.poll(() => woken).toEqual(['op-1', 'op-1']);
  });

  it('wakes again for an operation whose handling failed', async () => {
    let calls = 0;
    workerOf(redis.url, async () => {
      calls += 1;
      throw new Error('no');
    });
    const queue = queueAt(redis.url);
    for (const expected of [1, 2]) {
      await queue.wake('op-1', 'people');
      await expect.poll(() => calls).toBe(expected);
    }
  });

  it('is accepted, since it never throws keys away', async () => {
    await expect(assertNoEviction(redis.url)).resolves.toBeUndefined();
  });
});

describe('while Redis is away', () => {
  it('rejects a wake within about a second, from the start', async () => {
    const queue = queueAt(`redis://127.0.0.1:${await freePort()}`);
    expect(await faultAfter(queue.wake('op-1', 'people'))).toBeLessThan(1_300);
  });

  it('rejects quickly when Redis dies, and wakes again when it is back', async () => {
    redis = await serverWith({});
    const woken = listening(redis.url);
    const queue = queueAt(redis.url);
    await queue.wake('op-1', 'people');
    await expect.poll(() => woken).toEqual(['op-1']);
    await redis.kill();
    expect(await faultAfter(queue.wake('op-2', 'people'))).toBeLessThan(1_300);
    await redis.restart();
    await expect.poll(() => queue.wake('op-3', 'people').catch(String), { timeout: 10_000 }).toBeUndefined();
    await expect.poll(() => woken, { timeout: 15_000 }).toContain('op-3');
  });

  it('rejects quickly when Redis is stopped in the middle, without an answer', async () => {
    redis = await serverWith({ kind: 'redis-server' });
    const queue = queueAt(redis.url);
    await queue.wake('op-1', 'people');
    process.kill(redis.pid, 'SIGSTOP');
    try {
      expect(await faultAfter(queue.wake('op-2', 'people'))).toBeLessThan(1_300);
    } finally {
      process.kill(redis.pid, 'SIGCONT');
    }
  });

  it('lets a worker start, which works as soon as Redis is there', async () => {
    const port = await freePort();
    const woken = listening(`redis://127.0.0.1:${port}`);
    await sleep(500);
    redis = await serverWith({ port });
    await queueAt(redis.url).wake('op-1', 'people');
    await expect.poll(() => woken, { timeout: 10_000 }).toEqual(['op-1']);
  });

  it('lets a worker close', async () => {
    const worker = workerOf(`redis://127.0.0.1:${await freePort()}`, async () => {});
    const before = performance.now();
    await worker.close(500);
    expect(performance.now() - before).toBeLessThan(3_000);
  });
});

it('keeps nothing in Redis but the names of operations, and nothing of what is done', async () => {
  redis = await serverWith({});
  const queue = queueAt(redis.url);
  await queue.wake('op-1', 'people');
  const client = new Redis(redis.url);
  cleanup.push(async () => client.disconnect());
  expect(await client.hget('bull:operations:1', 'data')).toBe('{"operation":"op-1"}');
  const woken = listening(redis.url);
  await expect.poll(() => woken).toEqual(['op-1']);
  await expect.poll(() => client.exists('bull:operations:1')).toBe(0);
});

describe('a closing worker', () => {
  beforeEach(async () => {
    redis = await serverWith({});
  });
  const closingWhileBusy = async (workMs: number, deadlineMs: number) => {
    let [begun, ended] = [false, false];
    const worker = workerOf(redis.url, async () => {
      begun = true;
      await sleep(workMs);
      ended = true;
    });
    await queueAt(redis.url).wake('op-1', 'people');
    await expect.poll(() => begun).toBe(true);
    const before = performance.now();
    await worker.close(deadlineMs);
    return { ended, took: performance.now() - before };
  };

  it('waits for the operation in hand', async () => {
    expect(await closingWhileBusy(300, 5_000)).toMatchObject({ ended: true });
  });

  it('does not wait longer than its deadline', async () => {
    const { ended, took } = await closingWhileBusy(4_000, 300);
    expect(ended).toBe(false);
    expect(took).toBeLessThan(3_000);
  });
});

it('gives the job of a worker that died to another one within 15 seconds', async () => {
  redis = await serverWith({});
  const queue = queueAt(redis.url);
  const client = new Redis(redis.url);
  cleanup.push(async () => client.disconnect());
  // As a worker leaves it that was killed: active, with a lock that nobody renews.
  await queue.wake('op-1', 'people');
  await client.rpoplpush('bull:operations:wait', 'bull:operations:active');
  const woken = listening(redis.url);
  await expect.poll(() => woken, { timeout: 15_000 }).toEqual(['op-1']);
});

describe('a Redis that may throw keys away', () => {
  it.each(['allkeys-lru', 'volatile-ttl'])('is refused (%s)', async (policy) => {
    redis = await serverWith({ kind: 'redis-server', policy });
    const thrown = await assertNoEviction(redis.url).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Refusal);
    expect(String(thrown)).toContain(`maxmemory-policy ${policy}`);
  });

  it('is noticed also where CONFIG is forbidden', async () => {
    redis = await serverWith({ kind: 'redis-server', policy: 'allkeys-lru' });
    const client = new Redis(redis.url);
    await client.call('ACL', 'SETUSER', 'default', '-config');
    client.disconnect();
    await expect(assertNoEviction(redis.url)).rejects.toThrow(Refusal);
  });

  it('cannot be judged while it is away', async () => {
    await expect(assertNoEviction(`redis://127.0.0.1:${await freePort()}`)).rejects.toThrow(Fault);
  });
});

describe('what runs by itself', () => {
  beforeEach(async () => {
    redis = await serverWith({});
  });

  it('has workers of its own, one after the other, and holds up nobody', async () => {
    const queue = queueAt(redis.url);
    const [begun, ended]: [string[], string[]] = [[], []];
    let release = () => {};
    const drill = new Promise<void>((resolve) => {
      release = resolve;
    });
    workerOf(
      redis.url,
      async (operation) => {
        begun.push(operation);
        if (operation === 'op-1') await drill;
        ended.push(operation);
      },
      'scheduled',
    );
    const people = listening(redis.url);
    await queue.wake('op-1', 'scheduled');
    await queue.wake('op-2', 'scheduled');
    await expect.poll(() => begun).toEqual(['op-1']);
    await queue.wake('op-3', 'people');
    await expect.poll(() => people).toEqual(['op-3']);
    expect(begun).toEqual(['op-1']);
    release();
    await expect.poll(() => ended).toEqual(['op-1', 'op-2']);
    expect(people).toEqual(['op-3']);
  });

  it('waits in a queue whose name says whose it is', async () => {
    await queueAt(redis.url).wake('op-1', 'scheduled');
    const client = new Redis(redis.url);
    cleanup.push(async () => client.disconnect());
    expect(await client.hget('bull:holdfast-scheduled:1', 'data')).toBe('{"operation":"op-1"}');
    expect(await client.exists('bull:operations:1')).toBe(0);
  });
});
