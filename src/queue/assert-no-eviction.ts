// Refuses a Redis that may throw waiting work away when its memory is full.
import { Redis } from 'ioredis';
import { Fault, Refusal } from '../core/errors.ts';

/** Throws Refusal unless `maxmemory-policy` is `noeviction`, or when it cannot be told; Fault when Redis is away (fault 44). */
export async function assertNoEviction(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
    retryStrategy: () => null,
  });
  let last: Error | undefined;
  client.on('error', (error) => {
    last = error;
  });
  try {
    await client.connect();
    const policy = (await fromConfig(client)) ?? (await fromInfo(client));
    if (policy !== 'noeviction') throw refusal(policy);
  } catch (thrown) {
    if (thrown instanceof Refusal) throw thrown;
    throw new Fault('asking the queue server for its maxmemory-policy', { cause: last ?? thrown });
  } finally {
    client.disconnect();
  }
}

/** Null where the provider does not allow the question. */
async function fromConfig(client: Redis): Promise<string | null> {
  try {
    const answer: unknown = await client.config('GET', 'maxmemory-policy');
    const policy: unknown = Array.isArray(answer) ? answer[1] : null;
    return typeof policy === 'string' ? policy : null;
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'ReplyError') return null;
    throw thrown;
  }
}

async function fromInfo(client: Redis): Promise<string | null> {
  const info = await client.info('memory');
  return /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? null;
}

function refusal(policy: string | null): Refusal {
  const said = policy === null ? 'does not say what its maxmemory-policy is' : `has the maxmemory-policy ${policy}`;
  return new Refusal(
    'redis-may-evict',
    `The Redis at REDIS_URL ${said}; when its memory is full it may throw away accepted work.`,
    'Set `maxmemory-policy noeviction` there, then start Holdfast again.',
  );
}
