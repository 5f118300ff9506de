// A storage manifest: which objects the buckets held, in a file with one line for each, and a summary beside it (B5).
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { Fault } from '../../../core/errors.ts';
import { Moment } from '../../../core/names.ts';
import { Bucket, type StorageClient } from './client.ts';
import { listObjects, type StoredObject } from './listing.ts';

const BucketSummary = Bucket.extend({
  objects: z.int().nonnegative(),
  /** Of all objects whose upload is finished. */
  bytes: z.int().nonnegative(),
  unfinished: z.int().nonnegative(),
});
export type BucketSummary = z.infer<typeof BucketSummary>;

/** The summary; it lies beside the file of entries as `<file>.json`, and is written after it. */
export const StorageManifest = z.strictObject({
  version: z.literal(1),
  project: z.string(),
  startedAt: Moment,
  finishedAt: Moment,
  /** Of the file of entries. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  buckets: z.array(BucketSummary),
  /** Asked for, but not there, or not to be seen with this key. */
  missing: z.array(z.string()),
  /** There, but in no list of the system file: nobody has a manifest of these. */
  unlisted: z.array(z.string()),
});
export type StorageManifest = z.infer<typeof StorageManifest>;

const Entry = z.strictObject({
  bucket: z.string(),
  key: z.string(),
  bytes: z.number().nullable(),
  contentType: z.string().nullable(),
  updatedAt: z.string().nullable(),
  etag: z.string().nullable(),
}) satisfies z.ZodType<StoredObject & { bucket: string }>;
export type Entry = z.infer<typeof Entry>;

export type ManifestOptions = {
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Objects so far. */
  onObjects?(objects: number): void;
};

/**
 * Lists the buckets and writes `file` and `<file>.json`, readable by us alone and under passing names until they are whole.
 * Memory does not grow with the number of objects. Buckets that are not there are told in `missing`.
 */
export async function makeManifest(
  client: StorageClient,
  buckets: readonly string[],
  file: string,
  { signal, now, onObjects }: ManifestOptions,
): Promise<StorageManifest> {
  const startedAt = now().toISOString();
  const there = await client.buckets(signal);
  const summaries = there
    .filter(({ name }) => buckets.includes(name))
    .map((bucket): BucketSummary => ({ ...bucket, objects: 0, bytes: 0, unfinished: 0 }));
  const sha256 = await written(file, linesOf(client, summaries, signal, onObjects), signal);
  const manifest: StorageManifest = {
    version: 1,
    project: client.url,
    startedAt,
    finishedAt: now().toISOString(),
    sha256,
    buckets: summaries,
    missing: buckets.filter((wanted) => !there.some(({ name }) => name === wanted)),
    unlisted: there.map(({ name }) => name).filter((name) => !buckets.includes(name)),
  };
  await written(`${file}.json`, [JSON.stringify(manifest)], signal);
  return manifest;
}

/** The summary of a manifest; a Fault when there is none, or another. */
export async function readManifest(file: string): Promise<StorageManifest> {
  try {
    return StorageManifest.parse(JSON.parse(await readFile(`${file}.json`, 'utf8')));
  } catch (cause) {
    throw new Fault(`reading the storage manifest ${file}.json`, { cause });
  }
}

/** All entries, read as they are taken; a Fault after the last one when the file is not what its summary says. */
export async function* entriesOf(file: string, signal: AbortSignal): AsyncGenerator<Entry> {
  const { sha256 } = await readManifest(file);
  const hash = createHash('sha256');
  let rest = '';
  for await (const chunk of createReadStream(file, { signal, encoding: 'utf8' })) {
    hash.update(chunk);
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const entry = Entry.safeParse(parsed(line));
      if (!entry.success) throw new Fault(`reading the storage manifest ${file}: a line of it is damaged`);
      yield entry.data;
    }
  }
  if (rest !== '' || hash.digest('hex') !== sha256) {
    throw new Fault(`reading the storage manifest ${file}: its SHA-256 is not the one in its summary`);
  }
}

async function* linesOf(
  client: StorageClient,
  summaries: readonly BucketSummary[],
  signal: AbortSignal,
  onObjects: ManifestOptions['onObjects'],
): AsyncGenerator<string> {
  let all = 0;
  for (const summary of summaries) {
    for await (const object of listObjects(client, summary.name, signal)) {
      summary.objects += 1;
      summary.bytes += object.bytes ?? 0;
      summary.unfinished += object.bytes === null ? 1 : 0;
      all += 1;
      if (all % 1_000 === 0) onObjects?.(all);
      yield `${JSON.stringify({ bucket: summary.name, ...object } satisfies Entry)}\n`;
    }
  }
}

/** The SHA-256 of what was written, read again from the disk. */
async function written(file: string, lines: AsyncIterable<string> | Iterable<string>, signal: AbortSignal) {
  const arriving = `${file}.${randomBytes(4).toString('hex')}`;
  const given = createHash('sha256');
  const hashed = async function* (chunks: AsyncIterable<string>) {
    for await (const chunk of chunks) {
      given.update(chunk);
      yield chunk;
    }
  };
  try {
    await writeFile(arriving, '', { flag: 'wx', mode: 0o600 });
    await pipeline(Readable.from(lines), hashed, createWriteStream(arriving, { flush: true }), { signal });
    const found = createHash('sha256');
    await pipeline(createReadStream(arriving), found, { signal });
    const sha256 = given.digest('hex');
    if (found.read().toString('hex') !== sha256) throw new Fault(`writing ${file}: it was not kept as it was written`);
    await rename(arriving, file);
    return sha256;
  } finally {
    await rm(arriving, { force: true });
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
