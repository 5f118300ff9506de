// Takes off what lies around a dump, encryption and then compression, as it flows. What there is, the bytes themselves tell.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Fault } from '../../core/errors.ts';
import type { ToolPath } from '../client-tools.ts';
import { ageDecrypted } from './age.ts';
import type { ArchiveKeys, Compression, Encryption, Format } from './archive.ts';
import { gpgDecrypted } from './gpg.ts';
import { originIn } from './origin.ts';
import { notAnArchive, problemOf } from './problems.ts';
import { HEAD, type Recognised, recognise } from './recognise.ts';
import { isWrittenByPgDump } from './unpack.ts';
import { zstdDecompressed } from './zstd.ts';

export type ClearOptions = ToolPath & {
  readonly keys?: ArchiveKeys;
  /** Closed to others: what a program needs meanwhile is kept here. */
  readonly workDir: string;
  readonly signal?: AbortSignal;
};

export type ClearText = {
  /** `directory`: the stream is a tar of its files. */
  readonly format: Format;
  readonly compression: Compression;
  readonly encryption: Encryption;
  /** The database that was dumped, where the head says it. */
  readonly database: string | null;
  /** From the first byte of the dump. Breaks off with a Refusal where the file is cut off or damaged. */
  readonly stream: Readable;
};

/** The dump in a file. Throws a Refusal when there is none in it, or no key for it. The caller destroys `stream`. */
export async function clearText(file: string, options: ClearOptions): Promise<ClearText> {
  const name = basename(file);
  const outer = recognise(await firstBytes(file));
  const encryption = outer.is === 'encryption' ? outer.encryption : 'none';
  let { stream, head } = await peeked(decrypted(file, encryption, options));
  try {
    let inner = recognise(head);
    // A copy out of the house is encrypted as a whole, whatever the backup was before.
    if (encryption !== 'none' && inner.is === 'encryption') {
      ({ stream, head } = await peeked(decryptedOnce(stream, inner.encryption, name, options)));
      inner = recognise(head);
    }
    const compression = inner.is === 'compression' ? inner.compression : 'none';
    if (inner.is === 'compression') {
      ({ stream, head } = await peeked(decompressed(stream, inner.compression)));
      inner = recognise(head);
    }
    if (inner.is !== 'format') throw notAnArchive(name, whatIs(inner));
    const format = inner.format === 'tar' && !isWrittenByPgDump(head) ? 'directory' : inner.format;
    return { format, compression, encryption, database: originIn(head), stream: told(stream, name) };
  } catch (thrown) {
    stream.destroy();
    throw problemOf(name, thrown);
  }
}

function whatIs(inner: Exclude<Recognised, { is: 'format' }>): string {
  if (inner.is === 'other') return inner.what;
  return `under one layer there is another, of ${inner.is === 'compression' ? inner.compression : inner.encryption}`;
}

function decrypted(file: string, encryption: Encryption, options: ClearOptions): Readable {
  const { path, keys = {}, workDir, signal } = options;
  const maybeSignal = signal === undefined ? {} : { signal };
  const name = basename(file);
  if (encryption === 'gpg') return gpgDecrypted(file, { name, path, keys, workDir, ...maybeSignal });
  const raw = createReadStream(file, { highWaterMark: 262_144, ...maybeSignal });
  return encryption === 'none' ? raw : linked(raw, ageDecrypted(raw, name, keys));
}

function decryptedOnce(
  stream: Readable,
  encryption: Exclude<Encryption, 'none'>,
  name: string,
  { path, keys = {}, workDir, signal }: ClearOptions,
): Readable {
  const maybeSignal = signal === undefined ? {} : { signal };
  if (encryption === 'gpg') return gpgDecrypted(stream, { name, path, keys, workDir, ...maybeSignal });
  return linked(stream, ageDecrypted(stream, name, keys));
}

function decompressed(stream: Readable, compression: Exclude<Compression, 'none'>): Readable {
  if (compression === 'zstd') return linked(stream, zstdDecompressed(stream));
  // Its errors reach whoever reads from the end of it.
  return pipeline(stream, createGunzip({ chunkSize: 262_144 }), () => {});
}

/** Looks at the beginning of a stream, and gives back one that still has it. */
async function peeked(source: Readable): Promise<{ stream: Readable; head: Buffer }> {
  const chunks = source[Symbol.asyncIterator]();
  const begun: Buffer[] = [];
  let length = 0;
  while (length < HEAD) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    begun.push(value);
    length += value.length;
  }
  async function* whole() {
    yield* begun;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return { stream: linked(source, whole()), head: Buffer.concat(begun).subarray(0, HEAD) };
}

/** Whoever looks away from the end closes the beginning too: a generator that was never asked would not. */
function linked(source: Readable, chunks: AsyncIterable<Buffer>): Readable {
  const stream = Readable.from(chunks, { objectMode: false });
  stream.once('close', () => source.destroy());
  return stream;
}

function told(stream: Readable, name: string): Readable {
  async function* chunks() {
    try {
      yield* stream;
    } catch (thrown) {
      throw problemOf(name, thrown);
    }
  }
  return linked(stream, chunks());
}

export async function firstBytes(file: string): Promise<Buffer> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new Fault(`opening the backup file ${basename(file)}`, { cause });
  }
}
