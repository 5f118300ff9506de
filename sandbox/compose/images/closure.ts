// Which files of this machine a program needs to run elsewhere: itself and every library that it is linked to.
import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The files themselves and their libraries, as paths without symbolic links in their directories. */
export async function closureOf(files: readonly string[]): Promise<string[]> {
  const libraries = await Promise.all(inPortions(files, 50).map(librariesOf));
  return [...new Set([...files, ...libraries.flat()].map(settled))].sort();
}

async function librariesOf(files: readonly string[]): Promise<string[]> {
  // ldd ends with 1 as soon as one of them is linked to nothing, such as a script.
  const said = await run('ldd', [...files], { maxBuffer: 10_000_000 }).catch((error: { stdout?: string }) => error);
  const lines = (said.stdout ?? '').split('\n');
  return lines.flatMap((line) => /^\s+(?:\S+ => )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

// /lib is a link to /usr/lib on Debian: in an archive each file has to stand where its directory really is.
function settled(file: string): string {
  return join(realpathSync(dirname(file)), basename(file));
}

function inPortions<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}
