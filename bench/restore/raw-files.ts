// Looks for clear text in the files of a cluster, as somebody would who gets hold of the disk: rows, indexes, dead rows, WAL.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The files that hold one of the texts, relative to `dir`; at most `atMost` of them. The server must have written everything out. */
export async function filesWith(dir: string, texts: readonly string[], atMost: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || found.length >= atMost) continue;
    const file = join(entry.parentPath, entry.name);
    if (await holds(file, texts)) found.push(file.slice(dir.length + 1));
  }
  return found;
}

async function holds(file: string, texts: readonly string[]): Promise<boolean> {
  const overlap = Math.max(...texts.map((text) => Buffer.byteLength(text))) - 1;
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1_048_576 })) {
    const bytes = Buffer.concat([rest, chunk]);
    if (texts.some((text) => bytes.includes(text))) return true;
    rest = bytes.subarray(-overlap);
  }
  return false;
}
