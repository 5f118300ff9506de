// Copies the objects of a storage manifest to a directory: what a manifest alone cannot bring back.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { reasonOf } from '../../../core/errors.ts';
import type { StorageClient } from './client.ts';
import { type Entry, entriesOf } from './manifest.ts';

export type CopyOptions = {
  readonly signal: AbortSignal;
  /** Objects at once. Default 4. */
  readonly parallel?: number;
  /** Objects done so far, failed ones too. */
  onObjects?(objects: number): void;
};

export type Copied = {
  readonly copied: number;
  /** There from an earlier run, and still what the manifest says. */
  readonly kept: number;
  /** Of copied and kept ones. */
  readonly bytes: number;
  readonly failed: number;
  /** The first failures, twenty at most. */
  readonly failures: readonly { readonly object: string; readonly why: string }[];
};

const EXAMPLES = 20;
const CHANGED = 'it was changed since the manifest was made, or did not arrive whole';

/**
 * Objects whose copy is there already are kept, so that a run that was interrupted goes on. Each copy is read again from the
 * disk: its size, and its MD5 where the etag is one. Whatever cannot be copied is told, and the others are copied. Rejects
 * when `signal` aborts, when the project does not answer any more, and when the manifest is damaged.
 */
export async function copyObjects(
  client: StorageClient,
  manifest: string,
  directory: string,
  { signal, parallel = 4, onObjects }: CopyOptions,
): Promise<Copied> {
  const stop = new AbortController();
  const all = AbortSignal.any([signal, stop.signal]);
  const entries = entriesOf(manifest, all);
  const done = { copied: 0, kept: 0, bytes: 0, failed: 0, failures: [] as { object: string; why: string }[] };

  const worker = async () => {
    for await (const entry of entries) {
      const outcome = await copyOne(client, entry, pathOf(directory, entry), all);
      if (outcome === 'copied' || outcome === 'kept') {
        done[outcome] += 1;
        done.bytes += entry.bytes ?? 0;
      } else {
        done.failed += 1;
        if (done.failures.length < EXAMPLES) {
          done.failures.push({ object: `${entry.bucket}/${entry.key}`, why: outcome.why });
        }
      }
      onObjects?.(done.copied + done.kept + done.failed);
    }
  };
  const ended = await Promise.allSettled(
    Array.from({ length: parallel }, () =>
      worker().catch((thrown: unknown) => {
        stop.abort();
        throw thrown;
      }),
    ),
  );
  signal.throwIfAborted();
  // The first one that failed stopped the others: they fail by that.
  const failure = ended.find((one) => one.status === 'rejected' && !isAbort(one.reason));
  if (failure?.status === 'rejected') throw failure.reason;
  return done;
}

type Outcome = 'copied' | 'kept' | { readonly why: string };

async function copyOne(client: StorageClient, entry: Entry, file: string, signal: AbortSignal): Promise<Outcome> {
  if (entry.bytes === null) return { why: 'its upload is not finished' };
  const arriving = `${file}.${randomBytes(4).toString('hex')}%`;
  try {
    if ((await problemOf(file, entry, signal)) === null) return 'kept';
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const take = async (response: Response) => {
      const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
      await pipeline(body, createWriteStream(arriving, { flags: 'w', mode: 0o600, flush: true }), { signal });
    };
    if (!(await client.read(entry.bucket, entry.key, take, signal))) return { why: 'it is not there any more' };
    if (entry.updatedAt !== null) await utimes(arriving, new Date(entry.updatedAt), new Date(entry.updatedAt));
    const problem = await problemOf(arriving, entry, signal);
    if (problem !== null) return { why: problem };
    await rename(arriving, file);
    return 'copied';
  } catch (thrown) {
    signal.throwIfAborted();
    // The disk's own errors concern one path; everything else concerns all of them.
    if (!(thrown instanceof Error && 'syscall' in thrown) || isFull(thrown)) throw thrown;
    return { why: reasonOf(thrown) };
  } finally {
    await rm(arriving, { force: true });
  }
}

/** Why a file is not what the manifest says, or null when it is. */
async function problemOf(file: string, { bytes, etag, updatedAt }: Entry, signal: AbortSignal): Promise<string | null> {
  const found = await stat(file).catch(() => null);
  if (found === null) return 'it was not written';
  if (found.size !== bytes) return `${found.size} bytes instead of ${bytes}: ${CHANGED}`;
  if (etag === null || !/^[0-9a-f]{32}$/.test(etag)) {
    // Uploaded in parts: its etag says nothing about its content. A copy carries the date of the object it was made of.
    const of = updatedAt === null ? null : Math.floor(Date.parse(updatedAt) / 1000);
    return of === Math.floor(found.mtimeMs / 1000) ? null : 'it has another date than in the manifest';
  }
  const md5 = createHash('md5');
  await pipeline(createReadStream(file), md5, { signal });
  return md5.read().toString('hex') === etag ? null : `its MD5 is not its etag: ${CHANGED}`;
}

/**
 * Where an object's copy lies: folders as in its key. Keys come from strangers, so whatever could lead elsewhere, or is no
 * name of a file, is written as `%` and its code; a lone `%` is an empty name. @internal
 */
export function pathOf(directory: string, { bucket, key }: Pick<Entry, 'bucket' | 'key'>): string {
  return join(directory, ...[bucket, ...key.split('/')].map(nameOf));
}

function nameOf(part: string): string {
  if (part === '') return '%';
  if (part === '.' || part === '..') return part.replaceAll('.', '%2E');
  return part.replaceAll(/[%\\\p{Cc}]/gu, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError';
}

function isFull(thrown: Error): boolean {
  return 'code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT');
}
