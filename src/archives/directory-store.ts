// Backups in a directory of this machine, or of a disk that is mounted here.
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, link, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Manifest } from '../core/manifest.ts';
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
import { alreadyThere, during, mustBe, passingName, receive, sha256Of } from './transfer.ts';

/** Links are not followed: only files that lie in the directory itself are backups. */
export function directoryStore(path: string): ArchiveStore {
  const at = (name: string) => join(path, name);
  return {
    name: path,
    list: (signal) => during(`listing the backups in ${path}`, signal, () => list(path)),
    fetch: (name, toFile, options) =>
      during(`fetching ${name} from ${path}`, options.signal, async () => {
        const file = at(checkedName(name));
        const { size: bytes } = await stat(file);
        await receive(createReadStream(file, { highWaterMark: 1_048_576 }), toFile, { ...options, bytes });
      }),
    put: (fromFile, name, manifest, { signal }) =>
      during(`storing ${name} in ${path}`, signal, () => put({ path, fromFile, name, manifest, signal })),
    remove: (name, { signal }) =>
      during(`removing ${name} from ${path}`, signal, async () => {
        // A manifest alone harms nobody; a file alone would be a backup of which nothing is known.
        for (const file of [at(checkedName(name)), at(manifestOf(name))]) await rm(file, { force: true });
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
  return newestFirst(files);
}

type Put = {
  readonly path: string;
  readonly fromFile: string;
  readonly name: string;
  readonly manifest: Manifest;
  readonly signal: AbortSignal;
};

async function put({ path, fromFile, name, manifest, signal }: Put): Promise<void> {
  const file = join(path, checkedName(name));
  const passing = join(path, passingName(name));
  const note = join(path, passingName(manifestOf(name)));
  try {
    if ((await readdir(path)).includes(name)) throw alreadyThere(name, path);
    const target = createWriteStream(passing, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(createReadStream(fromFile, { highWaterMark: 1_048_576 }), target, { signal });
    mustBe(await sha256Of(createReadStream(passing)), manifest);
    await writeFile(note, written(manifest), { flag: 'wx', mode: 0o600, flush: true });
    await rename(note, join(path, manifestOf(name)));
    await giveName(passing, file, alreadyThere(name, path));
    await syncDirectory(path);
  } finally {
    for (const left of [passing, note]) await rm(left, { force: true });
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
