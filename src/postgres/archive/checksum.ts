// The SHA-256 of a file, or of all files of a directory: what a manifest is compared with.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

type Checksum = { readonly sha256: string; readonly bytes: number };
type Options = { readonly signal?: AbortSignal };

/** SHA-256 and size of a file, in one reading. */
export async function checksum(file: string, options: Options = {}): Promise<Checksum> {
  const hash = createHash('sha256');
  const bytes = await addFile(hash, file, options);
  return { sha256: hash.digest('hex'), bytes };
}

/** The same of a directory: over the names, sizes and contents of its files in the order of their names. */
export async function checksumOfDirectory(directory: string, options: Options = {}): Promise<Checksum> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const name of (await readdir(directory)).sort()) {
    hash.update(`${name}\0`);
    const size = await addFile(hash, join(directory, name), options);
    hash.update(`\0${size}\0`);
    bytes += size;
  }
  return { sha256: hash.digest('hex'), bytes };
}

async function addFile(hash: Hash, file: string, { signal }: Options): Promise<number> {
  let bytes = 0;
  const stream = createReadStream(file, { highWaterMark: 1_048_576, ...(signal === undefined ? {} : { signal }) });
  for await (const chunk of stream) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return bytes;
}
