// A directory that `pg_dump --format=directory` has written, as one file: a tar of what it holds, so that it travels and is kept like any other backup.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { MEMBERS, TOC } from '../core/dump-directory.ts';

const MEMBER = new RegExp(`^${MEMBERS}$`);

/** Whether a file that lies in a directory is one of pg_dump's: anything else is left there. */
export function isMember(name: string): boolean {
  return MEMBER.test(name);
}

export type Member = { readonly name: string; readonly bytes: number };

const BLOCK = 512;

/** How long the tar is: a head for each, whole blocks, and two empty ones at the end. */
export function packedBytes(members: readonly Member[]): number {
  return members.reduce((sum, { bytes }) => sum + BLOCK + Math.ceil(bytes / BLOCK) * BLOCK, 2 * BLOCK);
}

/** The table of contents first, and then by name: the same bytes whenever and wherever it is packed. */
export function inOrder(members: readonly Member[]): Member[] {
  const rank = ({ name }: Member) => (name === TOC ? '' : name);
  return [...members].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** Packs as fast as it is read. A member that is not as long as it was is an error of the stream. */
export function packed(members: readonly Member[], open: (name: string) => Promise<Readable> | Readable): Readable {
  const tar = pack();
  const flow = async () => {
    for (const { name, bytes } of inOrder(members)) {
      await pipeline(await open(name), tar.entry({ name, size: bytes, mode: 0o600, mtime: new Date(0) }));
    }
    tar.finalize();
  };
  flow().catch((error: Error) => tar.destroy(error));
  return Readable.from(tar, { objectMode: false });
}
