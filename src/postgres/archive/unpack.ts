// A directory of pg_dump that travels as a tar: told from the tar that pg_dump itself writes, and laid out again.
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { MEMBERS, TOC } from '../../core/dump-directory.ts';
import { Refusal } from '../../core/errors.ts';
import { notAnArchive } from './problems.ts';
import { wholeTar } from './tar.ts';

/** In the head of every member of its own tars pg_dump gives 2048 and 1024 as user and group (pg_backup_tar.c). */
const OWNER = { at: 108, form: /^0004000[ \0]0002000[ \0]$/ };

/** Whether a tar, by its first block, is one that pg_dump has written itself: `--format=tar`. */
export function isWrittenByPgDump(head: Buffer): boolean {
  return OWNER.form.test(head.toString('latin1', OWNER.at, OWNER.at + 16));
}

/** A member may lie in one folder: that is how people pack it. */
const MEMBER = new RegExp(`^(\\./)?([^/]+/)?(?<file>${MEMBERS})$`);

/**
 * Lays out the files in `directory`, which is made. Throws a Refusal when the tar is cut off or damaged, or holds anything else:
 * names in it lead nowhere, since only those of pg_dump are taken, and without their folder.
 */
export async function unpack(stream: AsyncIterable<Buffer>, directory: string, name: string): Promise<void> {
  await mkdir(directory, { mode: 0o700 });
  const entries = extract();
  const feeding = pipeline(Readable.from(wholeTar(stream, name), { objectMode: false }), entries);
  // It is waited for at the end, and must not be unhandled until then.
  feeding.catch(() => {});
  const found = new Set<string>();
  try {
    for await (const entry of entries) {
      const { name: path, type } = entry.header;
      if (type !== 'directory') {
        const file = type === 'file' ? MEMBER.exec(path)?.groups?.['file'] : undefined;
        if (file === undefined || found.has(file)) throw foreign(name, path);
        found.add(file);
        await pipeline(entry, createWriteStream(join(directory, file), { flags: 'wx', mode: 0o600 }));
      }
      entry.resume();
    }
  } catch (thrown) {
    // What broke off the tar is the reason, not that a member of it ended early.
    if (!(thrown instanceof Refusal)) await feeding;
    throw thrown;
  }
  await feeding;
  if (!found.has(TOC)) throw notAnArchive(name, `it is a tar without a ${TOC}`);
}

function foreign(name: string, path: string): Error {
  return notAnArchive(name, `in the tar there is ${JSON.stringify(path.slice(0, 80))}, which pg_dump does not write`);
}
