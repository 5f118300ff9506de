// Backups in a directory of another machine, with the programs that every Debian has: find, cat, dd, sha256sum, ln.
import { rm, stat } from 'node:fs/promises';
import type { Manifest } from '../core/manifest.ts';
import type { Ran } from '../lib/exec.ts';
import type { Host, HostOptions } from '../lib/host.ts';
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
import { alreadyThere, during, mustBe, mustHave, passingName } from './transfer.ts';

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
    remove: (file, { signal }) =>
      during(`removing ${file} from ${name}`, signal, async () => {
        // A manifest alone harms nobody; a file alone would be a backup of which nothing is known.
        const files = [`${directory}/${checkedName(file)}`, `${directory}/${manifestOf(file)}`];
        for (const one of files) await run(place, 'rm', ['-f', '--', one], { signal });
      }),
  };
}

type There = { readonly host: Host; readonly directory: string; readonly name: string };

/** Throws what the program said when it did not end well. */
async function run({ host }: There, program: string, args: readonly string[], options: HostOptions): Promise<Ran> {
  const ran = await host.run(program, args, options);
  options.signal?.throwIfAborted();
  if (ran.code === 0) return ran;
  throw new Error(ran.stderr.trim().split('\n').at(-1) || `${program} ended with ${ran.code ?? ran.signal}`);
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
  const at = (file: string) => `${place.directory}/${file}`;
  const file = at(checkedName(name));
  const passing = at(passingName(name));
  const note = at(passingName(manifestOf(name)));
  try {
    if (await isThere(place, file, signal)) throw alreadyThere(name, place.name);
    await run(place, 'sh', ['-c', WRITE, 'sh', passing], { signal, stdinFile: fromFile });
    const { stdout } = await run(place, 'sha256sum', ['--binary', '--', passing], { signal });
    mustBe(stdout.slice(0, 64), manifest);
    await run(place, 'sh', ['-c', WRITE, 'sh', note], { signal, stdin: written(manifest) });
    await run(place, 'mv', ['-f', '-T', '--', note, at(manifestOf(name))], { signal });
    await giveName(place, passing, file, { name, signal });
  } finally {
    // Not with the signal: it may be the reason why there is something left.
    await place.host.run('rm', ['-f', '--', passing, note], { timeoutMs: 30_000 }).catch(() => {});
  }
}

const WRITE = 'umask 077; exec dd of="$1" bs=1M iflag=fullblock conv=excl,fsync status=none';

async function isThere({ host }: There, file: string, signal: AbortSignal): Promise<boolean> {
  const { code, stderr } = await host.run('test', ['-e', file], { signal });
  if (code === 0 || code === 1) return code === 0;
  throw new Error(stderr.trim() || `test ended with ${code}`);
}

/** Unlike `mv`, which with -n says nothing, `ln` fails when the name is taken. */
async function giveName(
  place: There,
  passing: string,
  file: string,
  { name, signal }: Pick<Put, 'name' | 'signal'>,
): Promise<void> {
  const ran = await place.host.run('ln', ['-T', '--', passing, file], { signal });
  signal.throwIfAborted();
  if (/File exists/.test(ran.stderr)) throw alreadyThere(name, place.name);
  if (ran.code !== 0) throw new Error(ran.stderr.trim());
}
