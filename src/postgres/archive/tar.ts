// Checks the frame of a tar dump as it flows by: pg_restore, at least up to 15.18, reads one that is cut off for ever.
import { damaged, truncated } from './problems.ts';

const BLOCK = 512;

/** The same bytes. Throws a Refusal after the last one when a member or the end of the tar is missing. */
export async function* wholeTar(source: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const header = Buffer.alloc(BLOCK);
  let known = 0;
  let toSkip = 0;
  let isEnded = false;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length && !isEnded; ) {
      if (toSkip > 0) {
        const skipped = Math.min(toSkip, chunk.length - at);
        toSkip -= skipped;
        at += skipped;
        continue;
      }
      const copied = chunk.copy(header, known, at);
      known += copied;
      at += copied;
      if (known < BLOCK) continue;
      known = 0;
      isEnded = header.every((byte) => byte === 0);
      if (!isEnded) toSkip = sizeOf(header, name);
    }
    yield chunk;
  }
  if (!isEnded) throw truncated(name);
}

/** Of the member that follows, in whole blocks. Its header carries the sum of its own bytes, with blanks for the sum. */
function sizeOf(header: Buffer, name: string): number {
  const sum = header.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (octal(header, 148, 8) !== sum) throw damaged(name, 'the header of a member of the tar is not as it was written');
  return Math.ceil(octal(header, 124, 12) / BLOCK) * BLOCK;
}

/** Numbers that are too large for octal digits are written in binary, and marked by their first bit. */
function octal(header: Buffer, at: number, length: number): number {
  if (((header[at] ?? 0) & 0x80) !== 0) return Number(header.readBigUInt64BE(at + length - 8));
  return Number.parseInt(header.toString('latin1', at, at + length), 8);
}
