// Backups in a bucket of S3, or of a server that speaks like it.
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Refusal } from '../core/errors.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Secret } from '../core/secret.ts';
import {
  type ArchiveStore,
  checkedName,
  isBackupName,
  manifestOf,
  newestFirst,
  type StoredFile,
  storedFile,
  written,
} from './archive-store.ts';
import type { Place } from './settings.ts';
import { alreadyThere, during, mustBe, receive, sha256Of } from './transfer.ts';

export type S3Credentials = { readonly accessKeyId: Secret; readonly secretAccessKey: Secret };
type S3Place = Omit<Extract<Place, { kind: 's3' }>, 'kind'>;

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
        const { bytes, body } = await read(s3, checkedName(file), options.signal);
        await receive(body, toFile, { ...options, bytes });
      }),
    put: (fromFile, file, manifest, { signal }) =>
      doing(`storing ${file} in ${name}`, signal, () => put(s3, { fromFile, name: file, manifest, signal })),
    remove: (file, { signal }) =>
      doing(`removing ${file} from ${name}`, signal, async () => {
        // A manifest alone harms nobody; a file alone would be a backup of which nothing is known.
        for (const one of [checkedName(file), manifestOf(file)]) {
          await s3.client.send(new DeleteObjectCommand(keyOf(s3, one)), { abortSignal: signal });
        }
      }),
  };
}

type Bucket = {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly name: string;
};

function clientFor({ region, endpoint }: S3Place, { accessKeyId, secretAccessKey }: S3Credentials): S3Client {
  return new S3Client({
    region,
    credentials: { accessKeyId: accessKeyId.open(), secretAccessKey: secretAccessKey.open() },
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 },
    ...(endpoint === undefined ? {} : OTHERS(endpoint)),
  });
}

/** Servers that are not Amazon's know no host name per bucket, and few of them checksums behind the data. */
const OTHERS = (endpoint: string) => ({
  endpoint,
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED' as const,
  responseChecksumValidation: 'WHEN_REQUIRED' as const,
});

function keyOf({ bucket, prefix }: Bucket, name: string) {
  return { Bucket: bucket, Key: `${prefix}${name}` };
}

async function list(s3: Bucket, signal: AbortSignal): Promise<StoredFile[]> {
  const found = new Map<string, { bytes: number; modifiedAt: string }>();
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
    token = page.NextContinuationToken;
  } while (token !== undefined);
  const files: StoredFile[] = [];
  for (const [name, file] of found) {
    if (!isBackupName(name)) continue;
    const text = found.has(manifestOf(name)) ? await textOf(s3, manifestOf(name), signal) : null;
    files.push(storedFile({ name, ...file }, text));
  }
  return newestFirst(files);
}

async function read(s3: Bucket, name: string, signal: AbortSignal): Promise<{ bytes: number; body: Readable }> {
  const { Body, ContentLength } = await s3.client.send(new GetObjectCommand(keyOf(s3, name)), { abortSignal: signal });
  if (!(Body instanceof Readable) || ContentLength === undefined) throw new Error('it was answered without contents');
  return { bytes: ContentLength, body: Body };
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
  const note = { ...keyOf(s3, manifestOf(name)), Body: written(manifest), ContentType: 'application/json' };
  await s3.client.send(new PutObjectCommand(note), { abortSignal: signal });
  await upload(s3, fromFile, name, signal);
  try {
    mustBe(await sha256Of((await read(s3, name, signal)).body), manifest);
  } catch (thrown) {
    await s3.client.send(new DeleteObjectCommand(keyOf(s3, name))).catch(() => {});
    throw thrown;
  }
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

async function isThere(s3: Bucket, name: string, signal: AbortSignal): Promise<boolean> {
  try {
    await s3.client.send(new HeadObjectCommand(keyOf(s3, name)), { abortSignal: signal });
    return true;
  } catch (thrown) {
    if (statusOf(thrown) === 404) return false;
    throw thrown;
  }
}

function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof S3ServiceException ? thrown.$metadata.httpStatusCode : undefined;
}

/** The error of the library holds the whole answer, which may name the key: only what a person needs of it is kept. */
function plain(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof Refusal) return thrown;
  const code = 'code' in thrown ? String(thrown.code) : thrown.name;
  return new Error(thrown.message.includes(code) ? thrown.message : `${code}: ${thrown.message}`);
}
