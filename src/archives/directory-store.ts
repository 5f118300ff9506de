// Backups in a directory of this machine, or of a disk that is mounted here.
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, link, open, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TOC } from '../core/dump-directory.ts';
import type { Manifest } from '../core/manifest.ts';
import {
  type ArchiveStore,
  checkedName,
  isBackupName,
  manifestOf,
  newestFirst,
  type Sending,
  type StoredFile,
  storedFile,
  written,
} from './archive-store.ts';
import { inOrder, isMember, type Member, packed, packedBytes } from './packed.ts';
import {
  alreadyThere,
  during,
  isSendingOf,
  mustBe,
  passingName,
  receive,
  sendingName,
  sha256Of,
  sha256OfBeginning,
} from './transfer.ts';

/** Links are not followed: only what lies in the directory itself is a backup, files and what `pg_dump --format=directory` has written. */
export function directoryStore(path: string): ArchiveStore {
  const at = (name: string) => join(path, name);
  return {
    name: path,
    list: (signal) => during(`listing the backups in ${path}`, signal, () => list(path)),
    fetch: (name, toFile, options) =>
      during(`fetching ${name} from ${path}`, options.signal, async () => {
        const { bytes, stream } = await opened(at(checkedName(name)));
        await receive(stream, toFile, { ...options, bytes });
      }),
    put: (fromFile, name, manifest, { signal }) =>
      during(`storing ${name} in ${path}`, signal, () => put({ path, fromFile, name, manifest, signal })),
    send: (fromFile, name, manifest, options) =>
      during(`sending ${name} to ${path}`, options.signal, () => send({ path, fromFile, name, manifest, ...options })),
    abandon: (name, { signal }) =>
      during(`clearing away what arrived of ${name} in ${path}`, signal, () => clear(path, checkedName(name))),
    sha256: (name, { signal }) =>
      during(`reading ${name} in ${path}`, signal, async () => {
        const { stream } = await opened(at(checkedName(name)));
        return await sha256Of(addAbortSignal(signal, stream));
      }),
    remove: (name, { signal }) =>
      during(`removing ${name} from ${path}`, signal, async () => {
        // A manifest alone harms nobody; a file alone would be a backup of which nothing is known.
        for (const file of [at(checkedName(name)), at(manifestOf(name))]) await removed(file);
      }),
  };
}

async function list(path: string): Promise<StoredFile[]> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const there = new Set(names);
  const files: StoredFile[] = [];
  for (const name of names.filter(isBackupName)) {
    const { size: bytes, mtime } = await stat(join(path, name));
    const manifest = there.has(manifestOf(name)) ? await readFile(join(path, manifestOf(name)), 'utf8') : null;
    files.push(storedFile({ name, bytes, modifiedAt: mtime.toISOString() }, manifest));
  }
  for (const name of entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)) {
    const toc = await stat(join(path, name, TOC)).catch(() => null);
    if (toc === null || !isBackupName(name)) continue;
    const bytes = packedBytes(await membersOf(join(path, name)));
    files.push(storedFile({ name, bytes, modifiedAt: toc.mtime.toISOString() }, null));
  }
  return newestFirst(files);
}

async function membersOf(directory: string): Promise<Member[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && isMember(entry.name)).map(({ name }) => name);
  return await Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(directory, name))).size })));
}

/** What a backup is fetched as: itself, or the tar of a directory. */
async function opened(path: string): Promise<{ readonly bytes: number; readonly stream: Readable }> {
  const found = await stat(path);
  const open = (file: string) => createReadStream(file, { highWaterMark: 1_048_576 });
  if (!found.isDirectory()) return { bytes: found.size, stream: open(path) };
  const members = await membersOf(path);
  return { bytes: packedBytes(members), stream: packed(members, (name) => open(join(path, name))) };
}

/** Of a directory only what pg_dump has written is removed: one that holds something else besides stays, as an error. */
async function removed(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() !== true) return await rm(path, { force: true });
  // The table of contents last: until then it is a backup, if a broken one, and is removed again.
  for (const { name } of inOrder(await membersOf(path)).reverse()) await rm(join(path, name), { force: true });
  await rmdir(path);
}

type Put = {
  readonly path: string;
  readonly fromFile: string;
  readonly name: string;
  readonly manifest: Manifest;
  readonly signal: AbortSignal;
};

async function put({ path, fromFile, name, manifest, signal }: Put): Promise<void> {
  const passing = join(path, passingName(checkedName(name)));
  try {
    if ((await readdir(path)).includes(name)) throw alreadyThere(name, path);
    const target = createWriteStream(passing, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(createReadStream(fromFile, { highWaterMark: 1_048_576 }), target, { signal });
    await finish({ path, passing, name, manifest });
  } finally {
    await rm(passing, { force: true });
  }
}

async function send({ path, fromFile, name, manifest, signal, onBytes }: Put & Sending): Promise<void> {
  const passing = join(path, sendingName(checkedName(name), manifest));
  if ((await readdir(path)).includes(name)) throw alreadyThere(name, path);
  let bytes = await arrived(passing, fromFile);
  onBytes?.(bytes);
  const counting = new Transform({
    transform(chunk, _encoding, done) {
      bytes += chunk.length;
      onBytes?.(bytes);
      done(null, chunk);
    },
  });
  const rest = createReadStream(fromFile, { start: bytes, highWaterMark: 1_048_576 });
  const target = createWriteStream(passing, { flags: 'r+', start: bytes, flush: true });
  await pipeline(rest, counting, target, { signal });
  try {
    await finish({ path, passing, name, manifest });
  } catch (thrown) {
    // What is not what it should be is no beginning to go on with.
    await rm(passing, { force: true });
    throw thrown;
  }
  await clear(path, name);
}

/** How much of the file is there already and is as it must be; there is a file to go on with after that, though it may be empty. */
async function arrived(passing: string, fromFile: string): Promise<number> {
  const handle = await open(passing, 'a', 0o600);
  try {
    const { size } = await handle.stat();
    const isBeginning =
      size <= (await stat(fromFile)).size &&
      (await sha256Of(createReadStream(passing))) === (await sha256OfBeginning(fromFile, size));
    if (isBeginning) return size;
    await handle.truncate(0);
    return 0;
  } finally {
    await handle.close();
  }
}

async function clear(path: string, name: string): Promise<void> {
  const left = (await readdir(path)).filter((found) => isSendingOf(name, found));
  for (const one of left) await rm(join(path, one), { force: true });
}

type Arrived = Pick<Put, 'path' | 'name' | 'manifest'> & { readonly passing: string };

/** Reads it back, and gives it its name: the manifest first. */
async function finish({ path, passing, name, manifest }: Arrived): Promise<void> {
  mustBe(await sha256Of(createReadStream(passing)), manifest);
  if ((await readdir(path)).includes(name)) throw alreadyThere(name, path);
  await putManifest(path, name, manifest);
  await giveName(passing, join(path, name), alreadyThere(name, path));
  // Another one that was at the same name, and a moment too late for it, may have put its own there meanwhile.
  await putManifest(path, name, manifest);
  await syncDirectory(path);
}

async function putManifest(path: string, name: string, manifest: Manifest): Promise<void> {
  const note = join(path, passingName(manifestOf(name)));
  try {
    await writeFile(note, written(manifest), { flag: 'wx', mode: 0o600, flush: true });
    await rename(note, join(path, manifestOf(name)));
  } finally {
    await rm(note, { force: true });
  }
}

/** Unlike a renaming, a link never replaces what is there. */
async function giveName(passing: string, file: string, refusal: Error): Promise<void> {
  try {
    await link(passing, file);
  } catch (thrown) {
    throw thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST' ? refusal : thrown;
  }
}

async function syncDirectory(path: string): Promise<void> {
  let directory: FileHandle | undefined;
  try {
    directory = await open(path);
    await directory.sync();
  } finally {
    await directory?.close();
  }
}
