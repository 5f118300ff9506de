// Frames of zstd, one after the other, whole and cut off, in pieces of any size.
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { zstdDecompressed } from '../../../../src/postgres/archive/zstd.ts';

/** A frame that says nothing to a decoder, with four bytes in it. */
const SKIPPED = Buffer.from('542a4d1804000000deadbeef', 'hex');

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function clear(bytes: Buffer, size = 65_536): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of zstdDecompressed(inPieces(bytes, size))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const parts = fc.array(
  fc.uint8Array({ maxLength: 5_000 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 5 },
);

it('gives the bytes of every frame, whatever the pieces are in which they come', async () => {
  await fc.assert(
    fc.asyncProperty(parts, fc.integer({ min: 1, max: 3_000 }), async (contents, size) => {
      const frames = contents.flatMap((content) => [SKIPPED, zstdCompressSync(content)]);
      expect((await clear(Buffer.concat(frames), size)).equals(Buffer.concat(contents))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

it('gives frames of many blocks, with a checksum and without, also of the same byte again and again', async () => {
  const contents = [Buffer.alloc(700_000, 'a'), Buffer.from(Array.from({ length: 400_000 }, (_, n) => (n * n) >>> 3))];
  const frames = contents.map((content, n) => zstdCompressSync(content, { params: { 201: n } }));
  expect((await clear(Buffer.concat(frames))).equals(Buffer.concat(contents))).toBe(true);
});

it('breaks off wherever it is cut in its second frame', async () => {
  const first = zstdCompressSync(Buffer.from('first'));
  const second = zstdCompressSync(Buffer.from('second'.repeat(20)));
  const whole = Buffer.concat([first, second]);
  for (const length of [first.length + 2, first.length + 6, whole.length - 1]) {
    await expect(clear(whole.subarray(0, length))).rejects.toMatchObject({ code: 'Z_BUF_ERROR' });
  }
});

it('breaks off where something else is behind its end, and at a block that cannot be', async () => {
  const frame = zstdCompressSync(Buffer.from('some'));
  await expect(clear(Buffer.concat([frame, Buffer.from('else')]))).rejects.toThrow('something else behind its end');
  const bent = Buffer.from(frame);
  const at = bent.indexOf('some') - 3;
  bent.writeUInt8(bent.readUInt8(at) | 0b110, at);
  await expect(clear(bent)).rejects.toThrow('a block of an unknown type');
});
