// What `pg_dump --format=directory` has written, in a bucket: found under its prefix, packed as it is read, and removed.
import type { Readable } from 'node:stream';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { TOC } from '../core/dump-directory.ts';
import { inOrder, isMember, type Member, packed, packedBytes } from './packed.ts';
import { type Bucket, keyOf, read } from './s3-bucket.ts';

type Found = { readonly bytes: number; readonly modifiedAt: string };

/** With the size of its tar; null when there is no table of contents there. */
export async function directoryIn(s3: Bucket, name: string, signal: AbortSignal): Promise<Found | null> {
  const members = await membersIn(s3, name, signal);
  const toc = members.find((member) => member.name === TOC);
  return toc === undefined ? null : { bytes: packedBytes(members), modifiedAt: toc.modifiedAt };
}

export async function readDirectory(
  s3: Bucket,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly body: Readable } | null> {
  const members = await membersIn(s3, name, signal);
  if (members.length === 0) return null;
  const open = async (member: string) => (await read(s3, `${name}/${member}`, signal)).body;
  return { bytes: packedBytes(members), body: packed(members, open) };
}

/** Only what pg_dump has written; the table of contents last: until then it is a backup, if a broken one, and is removed again. */
export async function removeDirectory(s3: Bucket, name: string, signal: AbortSignal): Promise<void> {
  for (const { name: member } of inOrder(await membersIn(s3, name, signal)).reverse()) {
    await s3.client.send(new DeleteObjectCommand(keyOf(s3, `${name}/${member}`)), { abortSignal: signal });
  }
}

async function membersIn(
  s3: Bucket,
  name: string,
  signal: AbortSignal,
): Promise<(Member & { readonly modifiedAt: string })[]> {
  const { Key: prefix } = keyOf(s3, `${name}/`);
  const members: (Member & { readonly modifiedAt: string })[] = [];
  let token: string | undefined;
  do {
    const page = await s3.client.send(
      new ListObjectsV2Command({ Bucket: s3.bucket, Prefix: prefix, Delimiter: '/', ContinuationToken: token }),
      { abortSignal: signal },
    );
    for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
      const file = Key.slice(prefix.length);
      if (isMember(file)) members.push({ name: file, bytes: Size, modifiedAt: LastModified.toISOString() });
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return members;
}
