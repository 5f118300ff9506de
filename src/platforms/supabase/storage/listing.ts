// Every object of a bucket, folder by folder, page by page, as fast as they are taken.
import { Fault } from '../../../core/errors.ts';
import type { Listed, StorageClient } from './client.ts';

export type StoredObject = {
  /** The whole key: `customers/7/contract.pdf`. */
  readonly key: string;
  /** Null while its upload is not finished, like the etag. */
  readonly bytes: number | null;
  readonly contentType: string | null;
  readonly updatedAt: string | null;
  /** Without quotes; the MD5 of the content unless it was uploaded in parts. */
  readonly etag: string | null;
};

const PAGE = 1_000;
/** How far pages overlap: so many objects may be added or removed meanwhile without one being overlooked. */
const OVERLAP = 20;
/** The longest key that storage takes. */
const LONGEST_KEY = 1_024;

/**
 * All objects, in no promised order. Holds one page and the names of folders yet to be listed, nothing more.
 * Throws a Fault when a folder changes faster than it can be listed.
 */
export async function* listObjects(
  client: StorageClient,
  bucket: string,
  signal: AbortSignal,
): AsyncGenerator<StoredObject> {
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    // A server that names a folder's folder like itself would lead us on for ever.
    if (folder.length > LONGEST_KEY) throw new Fault(`listing ${bucket}: its folders have no end`);
    for await (const entry of folderOf(client, bucket, folder, signal)) {
      if (isFolder(entry)) folders.push(`${folder}${entry.name}/`);
      else yield objectOf(folder, entry);
    }
  }
}

async function* folderOf(client: StorageClient, bucket: string, prefix: string, signal: AbortSignal) {
  let offset = 0;
  let before: readonly Listed[] = [];
  for (;;) {
    const page = await client.page(bucket, { prefix, limit: PAGE, offset: offset - before.length }, signal);
    const fresh = after(before, page);
    if (fresh === null) throw new Fault(`listing ${bucket}/${prefix}: it changes faster than it can be listed`);
    yield* fresh;
    // A server may give fewer than asked for, and such limits are round: a round page is never taken for the last one.
    if (fresh.length === 0 || page.length % 10 !== 0) return;
    offset += page.length - before.length;
    before = page.slice(page.length - Math.min(OVERLAP, Math.floor(page.length / 2)));
  }
}

/** What follows in the page on the last entry known from the one before it; null when it knows none of them. */
function after(before: readonly Listed[], page: readonly Listed[]): readonly Listed[] | null {
  if (before.length === 0) return page;
  const known = new Set(before.map(nameOf));
  const last = page.findLastIndex((entry) => known.has(nameOf(entry)));
  return last === -1 ? null : page.slice(last + 1);
}

/** A folder and an object may have the same name. */
function nameOf(entry: Listed): string {
  return isFolder(entry) ? `${entry.name}/` : entry.name;
}

function isFolder({ id }: Listed): boolean {
  return id === null || id === undefined;
}

function objectOf(folder: string, { name, updated_at, metadata }: Listed): StoredObject {
  return {
    key: `${folder}${name}`,
    bytes: metadata?.size ?? null,
    contentType: metadata?.mimetype ?? null,
    updatedAt: updated_at ?? null,
    etag: metadata?.eTag?.replace(/^(?:W\/)?"|"$/g, '') ?? null,
  };
}
