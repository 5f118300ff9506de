// What `pg_dump --format=directory` has written on another machine: found, packed over there by its tar, and removed.
import { MEMBERS, TOC } from '../core/dump-directory.ts';
import { inOrder, type Member, packedBytes } from './packed.ts';
import { records, run, sha256OfOutput, type There } from './ssh-place.ts';

type Found = { readonly name: string; readonly bytes: number; readonly modifiedAt: string };

/** Characters of a listing: a hundred bytes for each of a million files. */
const MOST = 100_000_000;
const ONLY = ['-type', 'f', '-regextype', 'posix-extended', '-regex', `.*/${MEMBERS}`];
/** The same bytes as those of `packed`, but for the kind of tar: nothing of the machine stands in them. */
const PACK = ['--format=gnu', '--owner=0', '--group=0', '--numeric-owner', '--mode=0600', '--mtime=@0', '-b1'];

/** Each with the size of its tar; one without a table of contents is still being written. */
export async function listDirectories(place: There, signal: AbortSignal): Promise<Found[]> {
  const depth = ['-mindepth', '2', '-maxdepth', '2'];
  const args = ['-H', place.directory, ...depth, ...ONLY, '-printf', '%P/%s/%T@\\0'];
  const { stdout } = await run(place, 'find', args, { signal, maxBuffer: MOST });
  const files = records(stdout).map(([folder, told]) => {
    const [name = '', bytes, seconds] = told.split('/');
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
  const { stdout } = await run(place, 'find', [...inside(path), '-printf', '%f/%s\\0'], { signal, maxBuffer: MOST });
  return records(stdout).map(([name, bytes]) => ({ name, bytes: Number(bytes) }));
}

/** How `tar` writes it to its standard output. It reads the names: a command line has no room for those of a large database. */
export function packing(path: string, members: readonly Member[]): { readonly args: string[]; readonly stdin: string } {
  return {
    args: [...PACK, '-C', path, '-cf', '-', '--null', '--verbatim-files-from', '--files-from=-'],
    stdin: inOrder(members)
      .map(({ name }) => `${name}\0`)
      .join(''),
  };
}

export async function sha256OfDirectory(
  place: There,
  path: string,
  members: readonly Member[],
  signal: AbortSignal,
): Promise<string> {
  const { args, stdin } = packing(path, members);
  return await sha256OfOutput(place, 'tar', args, { signal, stdin });
}

/** Only what pg_dump has written: one that holds something else besides stays, as an error. */
export async function removeDirectory(place: There, path: string, signal: AbortSignal): Promise<void> {
  // The table of contents last: until then it is a backup, if a broken one, and is removed again.
  await run(place, 'find', [...inside(path), '!', '-name', TOC, '-delete'], { signal });
  await run(place, 'rm', ['-f', '--', `${path}/${TOC}`], { signal });
  await run(place, 'rmdir', ['--', path], { signal });
}

function inside(path: string): string[] {
  return ['-H', path, '-mindepth', '1', '-maxdepth', '1', ...ONLY];
}
