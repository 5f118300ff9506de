// Our hashtextextended gives what PostgreSQL's gives. The figures were read from PostgreSQL 15.18.
import { describe, expect, it } from 'vitest';
import { writeTextHash } from '../../../src/postgres/masking/text-hash.ts';

describe('the hash of a text', () => {
  it.each([
    ['', 0n, -6939563903564495251n],
    ['a', 0n, 3591986179850072241n],
    ['max@firma.ch', 0n, -7566431500069531851n],
    ['elevenbytes', 1n, 6957884822888677957n],
    ['twelve bytes', -1n, -2842946457677575389n],
    ['thirteen byte', 81985529216486895n, 3988790254562893627n],
    ['Zoë Müller, Zürich, 0041 79 555 00 01', -9223372036854775808n, 8362700081361076473n],
  ])('of "%s" with seed %s is PostgreSQL’s own', (text, seed, hash) => {
    const bytes = Buffer.from(text);
    const target = Buffer.alloc(8);
    writeTextHash(target, 0, bytes, bytes.length, seed);
    expect(target.readBigInt64BE()).toBe(hash);
  });
});
