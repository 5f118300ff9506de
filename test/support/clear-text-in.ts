// Looks into the raw files of a server's data directory: what a deleted row or the write-ahead log still holds.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The needles that stand in any file: tables, indexes, TOAST, write-ahead log, server log. Compressed values are not seen. */
export async function clearTextIn(dataDirectory: string, needles: readonly string[]): Promise<string[]> {
  const files = await readdir(dataDirectory, { recursive: true, withFileTypes: true });
  const wanted = needles.map((needle) => ({ needle, bytes: Buffer.from(needle) }));
  const longest = Math.max(...wanted.map(({ bytes }) => bytes.length));
  const found = new Set<string>();
  for (const file of files) {
    if (!file.isFile()) continue;
    let end: Buffer = Buffer.alloc(0);
    for await (const chunk of createReadStream(join(file.parentPath, file.name), { highWaterMark: 4_000_000 })) {
      const text: Buffer = Buffer.concat([end, chunk]);
      for (const { needle, bytes } of wanted) if (text.includes(bytes)) found.add(needle);
      end = text.subarray(-longest);
    }
  }
  return needles.filter((needle) => found.has(needle));
}
