// Gives loaders an archive in the form that they can take: a file for pg_restore's jobs, or SQL that flows.
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault, Refusal } from '../../core/errors.ts';
import type { Archive } from './archive.ts';
import { type ClearOptions, clearText } from './clear-text.ts';
import { offsetFinder } from './offsets.ts';
import { unpack } from './unpack.ts';

export type OpenArchive = (
  | {
      readonly is: 'for-pg-restore';
      /** A file or a directory that pg_restore can seek in. */
      readonly file: string;
      /** Whether `--jobs` can be given: pg_restore refuses it for tar. */
      readonly parallel: boolean;
    }
  | {
      readonly is: 'sql';
      /** From the beginning, as often as it is asked for. Breaks off with a Refusal where the file is damaged. Destroy it. */
      sql(): Promise<Readable>;
    }
) & {
  /** Removes what opening has written. */
  close(): Promise<void>;
};

/** What `openArchive` must know of the archive: what reading it has told. */
type Layers = Pick<Archive, 'format' | 'compression' | 'encryption'>;

/**
 * Opens what `readArchive` has read. A dump for pg_restore that is compressed or encrypted as a whole, and a directory that was
 * packed as a tar, is laid out in clear in `workDir`, which needs room for all of the database's data, until `close`.
 */
export async function openArchive(file: string, archive: Layers, options: ClearOptions): Promise<OpenArchive> {
  const { format, compression, encryption } = archive;
  if (format === 'plain') {
    return { is: 'sql', sql: async () => (await clearText(file, options)).stream, close: async () => {} };
  }
  const isPacked = format === 'directory' && !(await stat(file)).isDirectory();
  const isBare = compression === 'none' && encryption === 'none' && !isPacked;
  const laidOut = isBare ? null : await layOut(file, isPacked, options);
  return {
    is: 'for-pg-restore',
    file: laidOut ?? file,
    parallel: format !== 'tar',
    async close() {
      if (laidOut !== null) await rm(laidOut, { recursive: true, force: true });
    },
  };
}

async function layOut(file: string, isPacked: boolean, options: ClearOptions): Promise<string> {
  const clear = join(options.workDir, `clear-${randomBytes(8).toString('hex')}.dump`);
  try {
    const { stream } = await clearText(file, options);
    if (isPacked) {
      await unpack(stream, clear, basename(file));
      return clear;
    }
    const offsets = offsetFinder();
    await pipeline(stream, (chunks) => offsets.watched(chunks), createWriteStream(clear, { flags: 'wx', mode: 0o600 }));
    await offsets.noteIn(clear);
    return clear;
  } catch (thrown) {
    await rm(clear, { recursive: true, force: true });
    options.signal?.throwIfAborted();
    if (thrown instanceof Refusal || thrown instanceof Fault) throw thrown;
    throw new Fault(`laying out ${basename(file)} in ${options.workDir}`, { cause: thrown });
  }
}
