// Backups in a bucket of S3, or of a server that speaks like it.
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Manifest } from '../core/manifest.ts';
import {
  type ArchiveStore,
  checkedName,
  isBackupName,
  manifestOf,
  newestFirst,
  type StoredFile,
  storedFile,
} from './archive-store.ts';
import {
  type Bucket,
  clientFor,
  isThere,
  keyOf,
  mustBeThere,
  plain,
  putManifest,
  read,
  type S3Credentials,
  type S3Place,
  statusOf,
} from './s3-bucket.ts';
import { directoryIn, readDirectory, removeDirectory } from './s3-directory.ts';
import { abandon, send } from './s3-send.ts';
import { alreadyThere, during, receive, sha256Of } from './transfer.ts';

/** An upload is not there at all until its last part was confirmed, so no passing name is needed. It is read back after that. */
export function s3Store(place: S3Place, credentials: S3Credentials): ArchiveStore {
  const { bucket, prefix } = place;
  const name = `s3://${bucket}/${prefix}`;
  const s3: Bucket = { client: clientFor(place, credentials), bucket, prefix, name };
  const doing = <T>(activity: string, signal: AbortSignal, work: () => Promise<T>) =>
    during(activity, signal, () => work().catch((thrown: unknown) => Promise.reject(plain(thrown))));
  return {
    name,
    list: (signal) => doing(`listing the backups in ${name}`, signal, () => list(s3, signal)),
    fetch: (file, toFile, options) =>
      doing(`fetching ${file} from ${name}`, options.signal, async () => {
        const { bytes, body } = await opened(s3, checkedName(file), options.signal);
        await receive(body, toFile, { ...options, bytes });
      }),
    put: (fromFile, file, manifest, { signal }) =>
      doing(`storing ${file} in ${name}`, signal, () => put(s3, { fromFile, name: file, manifest, signal })),
    send: (fromFile, file, manifest, options) =>
      doing(`sending ${file} to ${name}`, options.signal, () =>
        send(s3, { fromFile, name: file, manifest, ...options }),
      ),
    abandon: (file, options) =>
      doing(`clearing away what arrived of ${file} in ${name}`, options.signal, () =>
        abandon(s3, checkedName(file), options),
      ),
    sha256: (file, { signal }) =>
      doing(`reading ${file} in ${name}`, signal, async () =>
        sha256Of((await opened(s3, checkedName(file), signal)).body),
      ),
    remove: (file, { signal }) =>
      doing(`removing ${file} from ${name}`, signal, async () => {
        await removeDirectory(s3, checkedName(file), signal);
        // A manifest alone harms nobody; a file alone would be a backup of which nothing is known.
        for (const one of [checkedName(file), manifestOf(file)]) {
          await s3.client.send(new DeleteObjectCommand(keyOf(s3, one)), { abortSignal: signal });
        }
      }),
  };
}

async function list(s3: Bucket, signal: AbortSignal): Promise<StoredFile[]> {
  const found = new Map<string, { bytes: number; modifiedAt: string }>();
  const folders: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3.client.send(
      new ListObjectsV2Command({ Bucket: s3.bucket, Prefix: s3.prefix, Delimiter: '/', ContinuationToken: token }),
      { abortSignal: signal },
    );
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      const bytes = Size ?? 0;
      found.set((Key ?? '').slice(s3.prefix.length), {
        bytes,
        modifiedAt: (LastModified ?? new Date(0)).toISOString(),
      });
    }
    folders.push(...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix.slice(s3.prefix.length, -1)));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  const files: StoredFile[] = [];
  for (const [name, file] of found) {
    if (!isBackupName(name)) continue;
    const text = found.has(manifestOf(name)) ? await textOf(s3, manifestOf(name), signal) : null;
    files.push(storedFile({ name, ...file }, text));
  }
  for (const name of folders.filter(isBackupName)) {
    const directory = await directoryIn(s3, name, signal);
    if (directory !== null) files.push(storedFile({ name, ...directory }, null));
  }
  return newestFirst(files);
}

/** What a backup is fetched as: itself, or the tar of a directory. */
async function opened(s3: Bucket, name: string, signal: AbortSignal): Promise<{ bytes: number; body: Readable }> {
  return (await readDirectory(s3, name, signal)) ?? (await read(s3, name, signal));
}

async function textOf(s3: Bucket, name: string, signal: AbortSignal): Promise<string> {
  const { body } = await read(s3, name, signal);
  return Buffer.concat(await body.toArray()).toString();
}

type Put = {
  readonly fromFile: string;
  readonly name: string;
  readonly manifest: Manifest;
  readonly signal: AbortSignal;
};

async function put(s3: Bucket, { fromFile, name, manifest, signal }: Put): Promise<void> {
  if (await isThere(s3, checkedName(name), signal)) throw alreadyThere(name, s3.name);
  await putManifest(s3, name, manifest, signal);
  await upload(s3, fromFile, name, signal);
  await mustBeThere(s3, name, manifest, signal);
}

async function upload(s3: Bucket, fromFile: string, name: string, signal: AbortSignal): Promise<void> {
  const uploading = new Upload({
    client: s3.client,
    params: { ...keyOf(s3, name), Body: createReadStream(fromFile), IfNoneMatch: '*' },
    partSize: 16 * 1_048_576,
    queueSize: 2,
    leavePartsOnError: false,
  });
  const abort = () => void uploading.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await uploading.done();
  } catch (thrown) {
    throw statusOf(thrown) === 412 ? alreadyThere(name, s3.name) : thrown;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
