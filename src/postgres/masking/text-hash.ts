// PostgreSQL's own hash of a text, hashtextextended, so that values can be compared with a database without being sent there.

/**
 * Writes the 64 bits that `hashtextextended(value, seed)` gives, highest byte first, to `target` at `offset`. `bytes` are the
 * first `length` of the text in UTF-8. Source: hash_bytes_extended in PostgreSQL's src/common/hashfn.c (Bob Jenkins'
 * lookup3), the same in 11 to 18. Whoever compares must ask the server first whether it agrees.
 */
export function writeTextHash(target: Buffer, offset: number, bytes: Uint8Array, length: number, seed: bigint): void {
  const s = new State(length, seed);
  let at = 0;
  for (; length - at >= 12; at += 12) {
    s.a = (s.a + word(bytes, at, length)) | 0;
    s.b = (s.b + word(bytes, at + 4, length)) | 0;
    s.c = (s.c + word(bytes, at + 8, length)) | 0;
    s.mix();
  }
  s.a = (s.a + word(bytes, at, length)) | 0;
  s.b = (s.b + word(bytes, at + 4, length)) | 0;
  // The lowest byte of the last word is kept for the length.
  s.c = (s.c + (word(bytes, at + 8, length) << 8)) | 0;
  s.finish();
  target.writeInt32BE(s.b, offset);
  target.writeInt32BE(s.c, offset + 4);
}

/** Four bytes, lowest first; zeros behind the end. */
function word(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = Math.min(3, length - at - 1); i >= 0; i -= 1) value = (value << 8) | (bytes[at + i] ?? 0);
  return value;
}

function turned(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

class State {
  a: number;
  b: number;
  c: number;

  constructor(length: number, seed: bigint) {
    this.a = (0x9e3779b9 + length + 3923095) | 0;
    this.b = this.a;
    this.c = this.a;
    if (seed === 0n) return;
    this.a = (this.a + Number(BigInt.asIntN(32, seed >> 32n))) | 0;
    this.b = (this.b + Number(BigInt.asIntN(32, seed))) | 0;
    this.mix();
  }

  mix(): void {
    let { a, b, c } = this;
    a = ((a - c) | 0) ^ turned(c, 4);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ turned(a, 6);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ turned(b, 8);
    b = (b + a) | 0;
    a = ((a - c) | 0) ^ turned(c, 16);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ turned(a, 19);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ turned(b, 4);
    b = (b + a) | 0;
    this.a = a;
    this.b = b;
    this.c = c;
  }

  finish(): void {
    let { a, b, c } = this;
    c = ((c ^ b) - turned(b, 14)) | 0;
    a = ((a ^ c) - turned(c, 11)) | 0;
    b = ((b ^ a) - turned(a, 25)) | 0;
    c = ((c ^ b) - turned(b, 16)) | 0;
    a = ((a ^ c) - turned(c, 4)) | 0;
    b = ((b ^ a) - turned(a, 14)) | 0;
    c = ((c ^ b) - turned(b, 24)) | 0;
    this.b = b;
    this.c = c;
  }
}
