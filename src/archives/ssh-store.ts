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
import { finish, isThere, removeLater, run, sha256There, type There, WRITE } from './ssh-place.ts';
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
      during(`reading ${file} in ${name}`, signal, () =>
        sha256There(place, `${directory}/${checkedName(file)}`, signal),
      ),
    remove: (file, { signal }) =>
      during(`removing ${file} from ${name}`, signal, async () => {
        // A manifest alone harms nobody; a file alone would be a backup of which nothing is known.
        const files = [`${directory}/${checkedName(file)}`, `${directory}/${manifestOf(file)}`];
        for (const one of files) await run(place, 'rm', ['-f', '--', one], { signal });
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
  return newestFirst(
    records(files.stdout).flatMap(([name, told]) => {
      const [size, seconds] = told.split('/');
      if (!isBackupName(name)) return [];
      const modifiedAt = new Date(Math.floor(Number(seconds) * 1000)).toISOString();
      return [storedFile({ name, bytes: Number(size), modifiedAt }, notes.get(manifestOf(name)) ?? null)];
    }),
  );
}

/** Of a name and what is told about it. A slash stands between them: the only character that cannot be in a name. */
function records(stdout: string): [string, string][] {
  return stdout
    .split('\0')
    .filter((record) => record !== '')
    .map((record) => [record.slice(0, record.indexOf('/')), record.slice(record.indexOf('/') + 1)]);
}

type Fetching = { readonly signal: AbortSignal; onBytes?(bytes: number): void };
const LOOK_MS = 500;

async function fetch(place: There, name: string, toFile: string, { signal, onBytes }: Fetching): Promise<void> {
  const file = `${place.directory}/${name}`;
  const { stdout } = await run(place, 'stat', ['--format=%s', '--', file], { signal });
  await mustNotBeThere(toFile);
  const look = async () => onBytes?.((await stat(toFile)).size);
  const looking = setInterval(() => void look().catch(() => {}), LOOK_MS);
  try {
    await run(place, 'cat', ['--', file], { signal, stdoutFile: toFile });
    await mustHave(toFile, Number(stdout));
    await look();
    signal.throwIfAborted();
  } catch (thrown) {
    await rm(toFile, { force: true });
    throw thrown;
  } finally {
    clearInterval(looking);
  }
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
