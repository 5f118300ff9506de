// What `pg_dump --format=directory` has written on another machine: found, packed over there by its tar, and removed.
import { MEMBERS, TOC } from '../core/dump-directory.ts';
import { inOrder, type Member, packedBytes } from './packed.ts';
import { run, type There } from './ssh-place.ts';
import { sha256Of } from './transfer.ts';

type Found = { readonly name: string; readonly bytes: number; readonly modifiedAt: string };

const ONLY = ['-type', 'f', '-regextype', 'posix-extended', '-regex', `.*/${MEMBERS}`];
/** The same bytes as those of `packed`, but for the kind of tar: nothing of the machine stands in them. */
const PACK = ['--format=gnu', '--owner=0', '--group=0', '--numeric-owner', '--mode=0600', '--mtime=@0', '-b1'];

/** Each with the size of its tar; one without a table of contents is still being written. */
export async function listDirectories(place: There, signal: AbortSignal): Promise<Found[]> {
  const depth = ['-mindepth', '2', '-maxdepth', '2'];
  const args = ['-H', place.directory, ...depth, ...ONLY, '-printf', '%P/%s/%T@\\0'];
  const { stdout } = await run(place, 'find', args, { signal, maxBuffer: 100_000_000 });
  const files = stdout
    .split('\0')
    .filter((record) => record !== '')
    .map((record) => {
      const [folder = '', name = '', bytes, seconds] = record.split('/');
      return { folder, name, bytes: Number(bytes), seconds: Number(seconds) };
    });
  return [...Map.groupBy(files, ({ folder }) => folder)].flatMap(([name, members]) => {
    const toc = members.find((member) => member.name === TOC);
    if (toc === undefined) return [];
    const modifiedAt = new Date(Math.floor(toc.seconds * 1000)).toISOString();
    return [{ name, bytes: packedBytes(members), modifiedAt }];
  });
}

/** What is in it; null when the path is a file. */
export async function membersThere(place: There, path: string, signal: AbortSignal): Promise<Member[] | null> {
  const { stdout: kind } = await run(place, 'stat', ['--format=%F', '--', path], { signal });
  if (kind.trim() !== 'directory') return null;
  const args = ['-H', path, '-mindepth', '1', '-maxdepth', '1', ...ONLY, '-printf', '%f/%s\\0'];
  const { stdout } = await run(place, 'find', args, { signal, maxBuffer: 100_000_000 });
  return stdout
    .split('\0')
    .filter((record) => record !== '')
    .map((record) => record.split('/'))
    .map(([name = '', bytes]) => ({ name, bytes: Number(bytes) }));
}

/** The arguments with which `tar` writes it to its standard output. */
export function packing(path: string, members: readonly Member[]): string[] {
  return [...PACK, '-C', path, '-cf', '-', '--', ...inOrder(members).map(({ name }) => name)];
}

export async function sha256OfDirectory(
  place: There,
  path: string,
  members: readonly Member[],
  signal: AbortSignal,
): Promise<string> {
  let sum = '';
  const takeStdout = async (stdout: AsyncIterable<Uint8Array>) => {
    sum = await sha256Of(stdout);
  };
  await run(place, 'tar', packing(path, members), { signal, takeStdout });
  return sum;
}

/** Only what pg_dump has written: one that holds something else besides stays, as an error. */
export async function removeDirectory(
  place: There,
  path: string,
  members: readonly Member[],
  signal: AbortSignal,
): Promise<void> {
  // The table of contents last: until then it is a backup, if a broken one, and is removed again.
  const files = inOrder(members)
    .reverse()
    .map(({ name }) => `${path}/${name}`);
  await run(place, 'rm', ['-f', '--', ...files], { signal });
  await run(place, 'rmdir', ['--', path], { signal });
}
