// Reads a backup to its end before anybody trusts it: what is in it, and that every byte of it can be read.
import { randomBytes } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { Fault } from '../../core/errors.ts';
import { exec } from '../../lib/exec.ts';
import { newestTools } from '../client-tools.ts';
import { programEnv } from '../program-env.ts';
import type { Archive } from './archive.ts';
import { checksum, checksumOfDirectory } from './checksum.ts';
import { type ClearOptions, type ClearText, clearText, firstBytes } from './clear-text.ts';
import { originIn } from './origin.ts';
import { empty, notAsRecorded, problemOfPgRestore, truncated } from './problems.ts';
import { type Scanned, scanDump } from './scan.ts';
import { wholeTar } from './tar.ts';
import { unpack } from './unpack.ts';

export type ReadOptions = ClearOptions & {
  /** The SHA-256 that was noted when it was made. Without it a flipped bit inside of pg_dump's own zstd, lz4 or plain data passes. */
  readonly recorded?: string | null;
};

/**
 * Reads a file (custom, tar or plain, or the tar of a directory; compressed and encrypted as a whole or not) or a directory of
 * pg_dump completely: a listing succeeds for an archive that is cut off (B11). Throws a Refusal that says what is wrong with it: `not-an-archive`,
 * `archive-truncated`, `archive-damaged`, `archive-empty`, `archive-too-new`, `archive-checksum`, `archive-key-missing`,
 * `archive-key-wrong`.
 */
export async function readArchive(file: string, options: ReadOptions): Promise<Archive> {
  const archive = await inspectArchive(file, options);
  const { tables, contents } = archive;
  if (tables.length === 0) throw empty(basename(file), 'any table data');
  if (tables.every((table) => contents[table]?.rows === 0)) throw empty(basename(file), 'a single row');
  return archive;
}

/** The same, but an archive without data is as good as any: it is what an empty database leaves. */
export async function inspectArchive(file: string, options: ReadOptions): Promise<Archive> {
  const name = basename(file);
  try {
    const isDirectory = await looksLikeADirectory(file);
    const sum = await (isDirectory ? checksumOfDirectory : checksum)(file, options);
    const { recorded } = options;
    if (recorded != null && recorded !== sum.sha256) throw notAsRecorded(name, sum.sha256, recorded);
    const { complete, startedAt, ...read } = await (isDirectory ? readDirectory : readFile)(file, options);
    if (!complete) throw truncated(name);
    return { ...sum, ...read, dumpedAt: startedAt };
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw thrown;
  }
}

type Read = Scanned & Pick<Archive, 'format' | 'compression' | 'encryption'>;

async function readDirectory(directory: string, options: ReadOptions, name = basename(directory)): Promise<Read> {
  const scanned = await throughPgRestore({ file: directory, name }, null, options);
  const database = originIn(await firstBytes(join(directory, 'toc.dat')));
  return { ...scanned, database, format: 'directory', compression: 'none', encryption: 'none' };
}

async function readFile(file: string, options: ReadOptions): Promise<Read> {
  const { stream, database, ...layers } = await clearText(file, options);
  try {
    const read = await scanned(file, { stream, database, ...layers }, options);
    return { ...read, database: database ?? read.database, ...layers };
  } finally {
    stream.destroy();
  }
}

async function scanned(file: string, { stream, ...layers }: ClearText, options: ReadOptions): Promise<Scanned> {
  const name = basename(file);
  if (layers.format === 'plain') return await scanDump(stream);
  if (layers.format === 'tar') return await throughPgRestore({ file, name }, wholeTar(stream, name), options);
  if (layers.format === 'directory') return await unpacked(stream, name, options);
  // By its path, where that is possible: pg_restore knows more about what it can seek in.
  const isBare = layers.compression === 'none' && layers.encryption === 'none';
  return await throughPgRestore({ file, name }, isBare ? null : stream, options);
}

/** pg_restore can read a directory by its path alone. */
async function unpacked(stream: Readable, name: string, options: ReadOptions): Promise<Scanned> {
  const directory = join(options.workDir, `unpacked-${randomBytes(8).toString('hex')}`);
  try {
    await unpack(stream, directory, name);
    return await readDirectory(directory, options, name);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Has all of it written out as SQL: a row that cannot be read fails that. */
async function throughPgRestore(
  { file, name }: { readonly file: string; readonly name: string },
  stream: AsyncIterable<Buffer> | null,
  options: ReadOptions,
): Promise<Scanned> {
  const tools = await newestTools(options, ['pg_restore']);
  let scanned: Scanned | undefined;
  const feeding = stream === null ? null : feed(stream);
  const ran = await exec(tools.program('pg_restore'), ['--verbose', '--file=-', ...(feeding === null ? [file] : [])], {
    env: programEnv(options),
    maxBuffer: 10_000,
    takeStdout: async (stdout) => {
      scanned = await scanDump(stdout);
    },
    ...(feeding === null ? {} : { stdin: feeding.input }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  options.signal?.throwIfAborted();
  if (ran.code !== 0 || scanned === undefined) throw problemOfPgRestore(name, ran);
  await feeding?.done;
  return scanned;
}

/** pg_restore stops reading after the last table, but what is behind it tells whether all of it is whole: it is read as well. */
function feed(stream: AsyncIterable<Buffer>): { readonly input: Readable; readonly done: Promise<void> } {
  const input = new PassThrough();
  let wake = () => {};
  input.on('drain', () => wake());
  input.once('close', () => wake());
  const flow = async () => {
    try {
      for await (const chunk of stream) {
        if (input.destroyed || input.write(chunk)) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      input.end();
    } catch (thrown) {
      input.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
      throw thrown;
    }
  };
  const done = flow();
  // It is waited for later, or not at all when pg_restore has failed first.
  done.catch(() => {});
  return { input, done };
}

async function looksLikeADirectory(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch (cause) {
    throw new Fault(`opening the backup file ${basename(file)}`, { cause });
  }
}
