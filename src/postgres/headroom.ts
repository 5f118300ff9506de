// How much disk is wanted besides the data itself, for sorting indexes and for the write-ahead log that a load makes.

const SHARE = 0.25;
const LEAST = 256_000_000;

export function withHeadroom(bytes: number): number {
  return bytes + Math.max(LEAST, bytes * SHARE);
}
