// A copy of a volume beside it, made by the image that has written it, and read back file by file.
import { Refusal } from '../../core/errors.ts';
import { count, megabytes } from '../../core/wording.ts';
import { removeContainer } from './containers.ts';
import type { Engine } from './engine.ts';

export type Keep = {
  readonly volume: string;
  /** How the copy is called. What an attempt before has left under that name is made anew. */
  readonly as: string;
  /** With sh, cp, find, cksum and sort in it: PostgreSQL's images have them. */
  readonly image: string;
  readonly operation: string;
};

const LABEL = 'io.holdfast.operation';
/** In a copy that was read back; any other is a copy that was broken off. PostgreSQL does not mind it. */
const PROVEN = '/to/.holdfast_kept';
const PATIENCE_MS = 4 * 3_600_000;
/** About sixty characters for each file of a server. */
const LISTING = 200_000_000;
const COPY = `set -e
listing() {
  cd "$1"
  find . -type f -exec cksum {} + | sort
}
cp -a /from/. /to/
listing /from >/tmp/from
listing /to >/tmp/to
if [ "$(cksum </tmp/from)" != "$(cksum </tmp/to)" ]; then
  echo 'error: the copy is not the same, read back file by file' >&2
  exit 1
fi
sync
: >${PROVEN}
cat /tmp/to`;

/** Returns what was kept, in words. Throws Fault when a file could not be read or is not the same in the copy. */
export async function keepVolume(engine: Engine, keep: Keep, signal: AbortSignal): Promise<string> {
  const { volume, as } = keep;
  await makeAnew(engine, keep, signal);
  const mounts = [`type=volume,source=${volume},target=/from,readonly`];
  const listing = await inCopy(engine, keep, { mounts, script: COPY }, signal);
  const files = listing.split('\n').filter((line) => line !== '');
  const bytes = files.reduce((sum, line) => sum + Number(line.split(' ')[1] ?? 0), 0);
  return `${count(files.length, 'file')} of ${megabytes(bytes)} are kept in the volume ${as}, read back one by one.`;
}

/** Is there a copy of this operation that was read back? Nothing of it is to be made anew then. */
export async function isKept(engine: Engine, keep: Omit<Keep, 'volume'>, signal: AbortSignal): Promise<boolean> {
  if ((await ownerOf(engine, keep.as, signal)) !== keep.operation) return false;
  const said = await inCopy(engine, keep, { mounts: [], script: `if [ -e ${PROVEN} ]; then echo kept; fi` }, signal);
  return said.trim() === 'kept';
}

async function inCopy(
  engine: Engine,
  { as, image }: Omit<Keep, 'volume'>,
  { mounts, script }: { readonly mounts: readonly string[]; readonly script: string },
  signal: AbortSignal,
): Promise<string> {
  const helper = `${as}_copy`;
  await removeContainer(engine, helper, signal);
  const args = [
    ...['run', '--rm', '--name', helper, '--network', 'none', '--user', '0:0', '--entrypoint', 'sh'],
    ...[...mounts, `type=volume,source=${as},target=/to,volume-nocopy`].flatMap((mount) => ['--mount', mount]),
    ...[image, '-c', script],
  ];
  const options = { signal, timeoutMs: PATIENCE_MS, maxBuffer: LISTING };
  return await engine.docker(`copying into the volume ${as}`, args, options);
}

async function makeAnew(engine: Engine, { as, operation }: Keep, signal: AbortSignal): Promise<void> {
  const activity = `making the volume ${as}`;
  const owner = await ownerOf(engine, as, signal);
  if (owner !== null && owner !== operation) {
    throw new Refusal('volume-taken', `There is a volume ${as} that is not ours.`, 'Rename or remove it.');
  }
  if (owner !== null) {
    await removeContainer(engine, `${as}_copy`, signal);
    await engine.docker(activity, ['volume', 'rm', as], { signal });
  }
  await engine.docker(activity, ['volume', 'create', '--label', `${LABEL}=${operation}`, as], { signal });
}

/** The operation that has made it, empty when that was somebody else; null when there is none of the name. */
async function ownerOf(engine: Engine, name: string, signal: AbortSignal): Promise<string | null> {
  const activity = `looking for the volume ${name}`;
  const named = ['volume', 'ls', '--quiet', '--filter', `name=^${name}$`];
  if ((await engine.docker(activity, named, { signal })).trim() === '') return null;
  const label = ['volume', 'inspect', '--format', `{{index .Labels "${LABEL}"}}`, name];
  return (await engine.docker(activity, label, { signal })).trim();
}
