// Decompresses zstd to its end: Node's own decoder stops, without a word, behind the first of several frames.
import { pipeline, Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';

/** Little-endian, as they are read. RFC 8878, 3.1. */
const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

const BLOCK = { raw: 0, rle: 1, reserved: 3 } as const;

/**
 * The clear bytes of all frames, one after the other, as `zstd -d` gives them: parallel compressors and `cat` make several.
 * Breaks off with an error of zlib, whose code begins with `Z_` or `ZSTD_`, where the stream is cut off or damaged.
 */
export async function* zstdDecompressed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const bytes = cursorOf(source);
  for (;;) {
    const begin = await bytes.upTo(4);
    if (begin.length === 0) return;
    if (begin.length < 4) throw cutOff();
    const magic = begin.readUInt32LE();
    if (magic === MAGIC) {
      const frame = Readable.from(frameBehind(begin, bytes), { objectMode: false });
      // Its errors reach whoever reads from the end of it.
      yield* pipeline(frame, createZstdDecompress({ chunkSize: 262_144 }), () => {});
    } else if (magic >>> 4 === SKIPPABLE >>> 4) {
      const length = (await bytes.take(4)).readUInt32LE();
      for await (const _skipped of bytes.pass(length));
    } else throw trouble('ZSTD_error_prefix_unknown', 'there is something else behind its end');
  }
}

/** One frame in its compressed form. */
async function* frameBehind(magic: Buffer, bytes: Cursor): AsyncGenerator<Buffer> {
  yield magic;
  const descriptor = await bytes.take(1);
  const flags = descriptor.readUInt8();
  yield descriptor;
  yield await bytes.take(headerLength(flags));
  for (let isLast = false; !isLast; ) {
    const header = await bytes.take(3);
    yield header;
    const block = header.readUIntLE(0, 3);
    isLast = (block & 1) === 1;
    const type = (block >>> 1) & 3;
    if (type === BLOCK.reserved) throw trouble('ZSTD_error_corruption_detected', 'a block of an unknown type');
    yield* bytes.pass(type === BLOCK.rle ? 1 : block >>> 3);
  }
  if ((flags & 0b100) !== 0) yield await bytes.take(4);
}

/** What follows the descriptor: window, dictionary, size of the content (3.1.1.1). */
function headerLength(flags: number): number {
  const isSingleSegment = (flags & 0b10_0000) !== 0;
  const sizes = [isSingleSegment ? 1 : 0, 2, 4, 8] as const;
  const dictionaries = [0, 1, 2, 4] as const;
  return (isSingleSegment ? 0 : 1) + (dictionaries[flags & 0b11] ?? 0) + (sizes[flags >>> 6] ?? 0);
}

type Cursor = {
  /** Exactly so many bytes; throws where there are fewer. */
  take(length: number): Promise<Buffer>;
  /** Fewer only at the end of the stream. */
  upTo(length: number): Promise<Buffer>;
  /** So many bytes as they come; throws where there are fewer. */
  pass(length: number): AsyncGenerator<Buffer>;
};

function cursorOf(source: AsyncIterable<Buffer>): Cursor {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);

  async function fill(): Promise<boolean> {
    const { done, value } = await chunks.next();
    if (done === true) return false;
    rest = rest.length === 0 ? value : Buffer.concat([rest, value]);
    return true;
  }
  function cut(length: number): Buffer {
    const piece = rest.subarray(0, length);
    rest = rest.subarray(length);
    return piece;
  }
  async function upTo(length: number): Promise<Buffer> {
    while (rest.length < length && (await fill()));
    return cut(length);
  }
  return {
    upTo,
    async take(length) {
      const piece = await upTo(length);
      if (piece.length < length) throw cutOff();
      return piece;
    },
    async *pass(length) {
      for (let left = length; left > 0; ) {
        if (rest.length === 0 && !(await fill())) throw cutOff();
        const piece = cut(left);
        left -= piece.length;
        if (piece.length > 0) yield piece;
      }
    },
  };
}

function cutOff(): Error {
  return trouble('Z_BUF_ERROR', 'unexpected end of file');
}

function trouble(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
