// Gives a project the buckets of another one: their settings, never their objects (B6).
import { Fault } from '../../../core/errors.ts';
import { list } from '../../../core/wording.ts';
import type { Bucket, StorageClient } from './client.ts';

export type Recreated = {
  readonly made: readonly string[];
  /** There before, with the same settings. */
  readonly kept: readonly string[];
  /** There before with other settings, which are left as they are. */
  readonly differing: readonly string[];
};

/** Makes what is missing and reads all of it again; a Fault when a bucket is not there then. Doing it twice changes nothing. */
export async function recreateBuckets(
  client: StorageClient,
  wanted: readonly Bucket[],
  signal: AbortSignal,
): Promise<Recreated> {
  const before = new Set((await client.buckets(signal)).map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !before.has(name));
  const reasons: string[] = [];
  for (const bucket of missing) {
    const why = await client.createBucket(bucket, signal);
    if (why !== null) reasons.push(`${bucket.name}: ${why}`);
  }
  const now = new Map((await client.buckets(signal)).map((bucket) => [bucket.name, bucket]));
  const absent = wanted.filter(({ name }) => !now.has(name)).map(({ name }) => name);
  if (absent.length > 0) {
    const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
    throw new Fault(`making the buckets of ${client.url}: ${list(absent)} cannot be found there afterwards${why}`);
  }
  const alike = wanted.filter((bucket) => settingsOf(now.get(bucket.name)) === settingsOf(bucket));
  const made = missing.map(({ name }) => name);
  return {
    made,
    kept: alike.map(({ name }) => name).filter((name) => before.has(name)),
    differing: wanted.filter((bucket) => !alike.includes(bucket)).map(({ name }) => name),
  };
}

function settingsOf(bucket: Bucket | undefined): string {
  return JSON.stringify([bucket?.public, bucket?.fileSizeLimit, bucket?.allowedMimeTypes?.toSorted() ?? null]);
}
