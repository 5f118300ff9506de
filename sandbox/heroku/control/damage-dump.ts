// Damages a dump file the way disks and networks do.
import { open, stat, truncate } from 'node:fs/promises';

/** Keeps the first 60 % of the file. */
export async function cutShort(file: string): Promise<void> {
  await truncate(file, Math.floor((await stat(file)).size * 0.6));
}

/** Flips one bit in the middle of the file, where the compressed rows are. */
export async function flipBit(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const at = Math.floor((await handle.stat()).size / 2);
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    buffer[0] = (buffer[0] ?? 0) ^ 0b0001_0000;
    await handle.write(buffer, 0, 1, at);
  } finally {
    await handle.close();
  }
}
