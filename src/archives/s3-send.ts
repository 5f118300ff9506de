// Sends a large file to a bucket in parts; after a break only the parts are sent that have not arrived.
import { open, stat } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { Manifest } from '../core/manifest.ts';
import { checkedName, type Notes, type Sending } from './archive-store.ts';
import { type Bucket, isThere, keyOf, mustBeThere, putManifest, statusOf } from './s3-bucket.ts';
import { alreadyThere } from './transfer.ts';

const PART = 16 * 1_048_576;
/** S3 takes 10,000. */
const MOST_PARTS = 9_000;

/** An upload under way. `tags` are what the bucket has answered to each part that has arrived, in their order. */
const Upload = z.strictObject({
  key: z.string(),
  /** Of the file, which must be the same when it goes on. */
  sha256: z.string(),
  id: z.string(),
  partBytes: z.int().positive(),
  tags: z.array(z.string()),
});
type Upload = z.infer<typeof Upload>;

type Send = Sending & { readonly fromFile: string; readonly name: string; readonly manifest: Manifest };

export async function send(s3: Bucket, sending: Send): Promise<void> {
  const { name, manifest, notes, signal } = sending;
  if (await isThere(s3, checkedName(name), signal)) throw alreadyThere(name, s3.name);
  const begun = await noted(notes);
  const isOurs = begun?.sha256 === manifest.sha256 && begun.key === keyOf(s3, name).Key;
  // Not needed for going on: whatever cannot be forgotten now must not stand in the way.
  if (begun !== null && !isOurs) await forget(s3, begun, signal).catch(() => {});
  const upload = isOurs ? await goneOn(s3, sending, begun) : await sendParts(s3, sending, await begin(s3, sending));
  if (await isThere(s3, name, signal)) throw alreadyThere(name, s3.name);
  await putManifest(s3, name, manifest, signal);
  await complete(s3, name, upload, signal);
  await mustBeThere(s3, name, manifest, signal);
  // Another one that was at the same name, and a moment too late for it, may have put its own there meanwhile.
  await putManifest(s3, name, manifest, signal);
  await notes.write('');
}

/** An upload that the bucket no longer knows (it was given up there, by a rule of its own) is begun anew. */
async function goneOn(s3: Bucket, sending: Send, begun: Upload): Promise<Upload> {
  try {
    return await sendParts(s3, sending, begun);
  } catch (thrown) {
    if (statusOf(thrown) !== 404) throw thrown;
    return await sendParts(s3, sending, await begin(s3, sending));
  }
}

async function begin(s3: Bucket, { fromFile, name, manifest, notes, signal }: Send): Promise<Upload> {
  const { size } = await stat(fromFile);
  const key = keyOf(s3, name);
  const { UploadId: id } = await s3.client.send(new CreateMultipartUploadCommand(key), { abortSignal: signal });
  if (id === undefined) throw new Error('an upload was begun without a number');
  const partBytes = Math.max(PART, Math.ceil(size / MOST_PARTS));
  const upload: Upload = { key: key.Key, sha256: manifest.sha256, id, partBytes, tags: [] };
  await notes.write(JSON.stringify(upload));
  return upload;
}

/** What is noted of a part was answered by the bucket; whether it holds what it should, reading all of it back tells. */
async function sendParts(s3: Bucket, { fromFile, name, notes, signal, onBytes }: Send, begun: Upload): Promise<Upload> {
  const { id, partBytes } = begun;
  const tags = [...begun.tags];
  const file = await open(fromFile);
  try {
    const { size } = await file.stat();
    onBytes?.(Math.min(size, tags.length * partBytes));
    while (tags.length * partBytes < size) {
      const from = tags.length * partBytes;
      const part = Buffer.alloc(Math.min(partBytes, size - from));
      const { bytesRead } = await file.read(part, 0, part.length, from);
      if (bytesRead < part.length) throw new Error('the file has become shorter while it was sent');
      const number = { UploadId: id, PartNumber: tags.length + 1 };
      const sent = await s3.client.send(new UploadPartCommand({ ...keyOf(s3, name), ...number, Body: part }), {
        abortSignal: signal,
      });
      if (sent.ETag === undefined) throw new Error('a part was taken without a tag');
      tags.push(sent.ETag);
      await notes.write(JSON.stringify({ ...begun, tags }));
      onBytes?.(from + part.length);
    }
    return { ...begun, tags };
  } finally {
    await file.close();
  }
}

async function complete(s3: Bucket, name: string, { id, tags }: Upload, signal: AbortSignal): Promise<void> {
  const Parts = tags.map((ETag, at) => ({ ETag, PartNumber: at + 1 }));
  const request = { ...keyOf(s3, name), UploadId: id, MultipartUpload: { Parts }, IfNoneMatch: '*' };
  try {
    await s3.client.send(new CompleteMultipartUploadCommand(request), { abortSignal: signal });
  } catch (thrown) {
    throw statusOf(thrown) === 412 ? alreadyThere(name, s3.name) : thrown;
  }
}

/** Whoever gives up must say so: parts that have arrived cost money for as long as they are kept. */
export async function abandon(
  s3: Bucket,
  name: string,
  { notes, signal }: { readonly notes: Notes; readonly signal: AbortSignal },
): Promise<void> {
  const begun = await noted(notes);
  if (begun === null || begun.key !== keyOf(s3, name).Key) return;
  await forget(s3, begun, signal);
  await notes.write('');
}

async function forget({ client, bucket }: Bucket, { key, id }: Upload, signal: AbortSignal): Promise<void> {
  const request = { Bucket: bucket, Key: key, UploadId: id };
  try {
    await client.send(new AbortMultipartUploadCommand(request), { abortSignal: signal });
  } catch (thrown) {
    if (statusOf(thrown) !== 404) throw thrown;
  }
}

/** Null when nothing was begun, or when nobody can read what was noted. */
async function noted(notes: Notes): Promise<Upload | null> {
  try {
    return Upload.parse(JSON.parse((await notes.read()) ?? 'null'));
  } catch {
    return null;
  }
}
