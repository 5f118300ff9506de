// A bucket of S3, and the few requests that every work with it is made of.
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Refusal } from '../core/errors.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Secret } from '../core/secret.ts';
import { manifestOf, written } from './archive-store.ts';
import type { Place } from './settings.ts';
import { mustBe, sha256Of } from './transfer.ts';

export type S3Credentials = { readonly accessKeyId: Secret; readonly secretAccessKey: Secret };
export type S3Place = Omit<Extract<Place, { kind: 's3' }>, 'kind'>;

export type Bucket = {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly name: string;
};

export function clientFor({ region, endpoint }: S3Place, { accessKeyId, secretAccessKey }: S3Credentials): S3Client {
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

export function keyOf({ bucket, prefix }: Bucket, name: string) {
  return { Bucket: bucket, Key: `${prefix}${name}` };
}

export async function read(s3: Bucket, name: string, signal: AbortSignal): Promise<{ bytes: number; body: Readable }> {
  const { Body, ContentLength } = await s3.client.send(new GetObjectCommand(keyOf(s3, name)), { abortSignal: signal });
  if (!(Body instanceof Readable) || ContentLength === undefined) throw new Error('it was answered without contents');
  return { bytes: ContentLength, body: Body };
}

export async function isThere(s3: Bucket, name: string, signal: AbortSignal): Promise<boolean> {
  try {
    await s3.client.send(new HeadObjectCommand(keyOf(s3, name)), { abortSignal: signal });
    return true;
  } catch (thrown) {
    if (statusOf(thrown) === 404) return false;
    throw thrown;
  }
}

export async function putManifest(s3: Bucket, name: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const note = { ...keyOf(s3, manifestOf(name)), Body: written(manifest), ContentType: 'application/json' };
  await s3.client.send(new PutObjectCommand(note), { abortSignal: signal });
}

/** Reads all of an object; one that is not what was sent is removed. */
export async function mustBeThere(s3: Bucket, name: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
  try {
    mustBe(await sha256Of((await read(s3, name, signal)).body), manifest);
  } catch (thrown) {
    await s3.client.send(new DeleteObjectCommand(keyOf(s3, name))).catch(() => {});
    throw thrown;
  }
}

export function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof S3ServiceException ? thrown.$metadata.httpStatusCode : undefined;
}

/** The error of the library holds the whole answer, which may name the key: only what a person needs of it is kept. */
export function plain(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof Refusal) return thrown;
  const code = 'code' in thrown ? String(thrown.code) : thrown.name;
  return new Error(thrown.message.includes(code) ? thrown.message : `${code}: ${thrown.message}`);
}
