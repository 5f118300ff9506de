// Backups in a directory of another machine, with the programs that every Debian has: find, cat, dd, sha256sum, ln.
import { rm, stat } from 'node:fs/promises';
import type { Manifest } from '../core/manifest.ts';
import type { Host } from '../lib/host.ts';
import {
  type ArchiveStore,
  checkedName,
  isBackupName,
  manifestOf,
  newestFirst,
  type StoredFile,
  storedFile,
} from './archive-store.ts';
import { packedBytes } from './packed.ts';
import { listDirectories, membersThere, packing, removeDirectory, sha256OfDirectory } from './ssh-directory.ts';
import { finish, isThere, records, removeLater, run, sha256There, type There, WRITE } from './ssh-place.ts';
import { clear, send } from './ssh-send.ts';
import { alreadyThere, during, mustHave, passingName } from './transfer.ts';

/** `directory`: an absolute path on that host, as `Place` has it. */
export function sshStore(host: Host, directory: string): ArchiveStore {
  const name = `${host.name}:${directory}`;
  const place: There = { host, directory, name };
  return {
    name,
    list: (signal) => during(`listing the backups in ${name}`, signal, () => list(place, signal)),
    fetch: (file, toFile, options) =>
      during(`fetching ${file} from ${name}`, options.signal, () => fetch(place, checkedName(file), toFile, options)),
    put: (fromFile, file, manifest, { signal }) =>
      during(`storing ${file} in ${name}`, signal, () => put(place, { fromFile, name: file, manifest, signal })),
    send: (fromFile, file, manifest, options) =>
      during(`sending ${file} to ${name}`, options.signal, () =>
        send(place, { fromFile, name: file, manifest, ...options }),
      ),
    abandon: (file, { signal }) =>
      during(`clearing away what arrived of ${file} in ${name}`, signal, () => clear(place, checkedName(file), signal)),
    sha256: (file, { signal }) =>
      during(`reading ${file} in ${name}`, signal, () => sha256(place, `${directory}/${checkedName(file)}`, signal)),
    remove: (file, { signal }) =>
      during(`removing ${file} from ${name}`, signal, async () => {
        // A manifest alone harms nobody; a file alone would be a backup of which nothing is known.
        await remove(place, `${directory}/${checkedName(file)}`, signal);
        await run(place, 'rm', ['-f', '--', `${directory}/${manifestOf(file)}`], { signal });
      }),
  };
}

/** Longer is no manifest: even one of 10,000 tables is shorter. */
const LONGEST_MANIFEST = '1024k';

async function list(place: There, signal: AbortSignal): Promise<StoredFile[]> {
  const only = ['-H', place.directory, '-maxdepth', '1', '-type', 'f'];
  const options = { signal, maxBuffer: 100_000_000 };
  const files = await run(place, 'find', [...only, '-printf', '%f/%s/%T@\\0'], options);
  const manifests = await run(
    place,
    'find',
    [
      ...[...only, '-name', manifestOf('*'), '-size', `-${LONGEST_MANIFEST}`],
      ...['-printf', '%f/', '-exec', 'cat', '--', '{}', ';', '-printf', '\\0'],
    ],
    options,
  );
  const notes = new Map(records(manifests.stdout));
  const directories = (await listDirectories(place, signal)).filter(({ name }) => isBackupName(name));
  return newestFirst([
    ...directories.map((found) => storedFile(found, null)),
    ...records(files.stdout).flatMap(([name, told]) => {
      const [size, seconds] = told.split('/');
      if (!isBackupName(name)) return [];
      const modifiedAt = new Date(Math.floor(Number(seconds) * 1000)).toISOString();
      return [storedFile({ name, bytes: Number(size), modifiedAt }, notes.get(manifestOf(name)) ?? null)];
    }),
  ]);
}

type Fetching = { readonly signal: AbortSignal; onBytes?(bytes: number): void };
const LOOK_MS = 500;

async function fetch(place: There, name: string, toFile: string, { signal, onBytes }: Fetching): Promise<void> {
  const file = `${place.directory}/${name}`;
  const members = await membersThere(place, file, signal);
  const bytes = members === null ? await sizeOf(place, file, signal) : packedBytes(members);
  await mustNotBeThere(toFile);
  const look = async () => onBytes?.((await stat(toFile)).size);
  const looking = setInterval(() => void look().catch(() => {}), LOOK_MS);
  try {
    const { program, args, ...input } =
      members === null ? { program: 'cat', args: ['--', file] } : { program: 'tar', ...packing(file, members) };
    await run(place, program, args, { ...input, signal, stdoutFile: toFile });
    await mustHave(toFile, bytes);
    await look();
    signal.throwIfAborted();
  } catch (thrown) {
    await rm(toFile, { force: true });
    throw thrown;
  } finally {
    clearInterval(looking);
  }
}

async function sizeOf(place: There, file: string, signal: AbortSignal): Promise<number> {
  return Number((await run(place, 'stat', ['--format=%s', '--', file], { signal })).stdout);
}

async function sha256(place: There, file: string, signal: AbortSignal): Promise<string> {
  const members = await membersThere(place, file, signal);
  return members === null ? sha256There(place, file, signal) : sha256OfDirectory(place, file, members, signal);
}

async function remove(place: There, file: string, signal: AbortSignal): Promise<void> {
  const members = (await isThere(place, file, signal)) ? await membersThere(place, file, signal) : null;
  if (members === null) await run(place, 'rm', ['-f', '--', file], { signal });
  else await removeDirectory(place, file, signal);
}

/** What was there before is not ours to remove. */
async function mustNotBeThere(file: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found !== null) throw new Error(`${file} exists already`);
}

type Put = {
  readonly fromFile: string;
  readonly name: string;
  readonly manifest: Manifest;
  readonly signal: AbortSignal;
};

async function put(place: There, { fromFile, name, manifest, signal }: Put): Promise<void> {
  const passing = `${place.directory}/${passingName(checkedName(name))}`;
  try {
    if (await isThere(place, `${place.directory}/${name}`, signal)) throw alreadyThere(name, place.name);
    await run(place, 'sh', ['-c', WRITE, 'sh', passing], { signal, stdinFile: fromFile });
    await finish(place, { passing, name, manifest, signal });
  } finally {
    await removeLater(place, passing);
  }
}
