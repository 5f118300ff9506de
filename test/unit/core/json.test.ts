// Canonical JSON: one text per value, so that a digest means the value and not the way it was written.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, sha256 } from '../../../src/core/json.ts';

describe('canonical JSON', () => {
  it.each<[string, unknown, string]>([
    [
      'sorts keys at every depth',
      { b: 1, a: { d: [{ f: 1, e: 2 }], c: null } },
      '{"a":{"c":null,"d":[{"e":2,"f":1}]},"b":1}',
    ],
    ['keeps the order of lists', [3, 1, 2], '[3,1,2]'],
    ['leaves undefined members out', { a: undefined, b: 1 }, '{"b":1}'],
    ['writes plain values', 'x', '"x"'],
    ['writes nothing as null', null, 'null'],
  ])('%s', (_claim, value, text) => {
    expect(canonical(value)).toBe(text);
  });

  it('is the same whatever the order in which members were added', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonical(turned)).toBe(canonical(value));
      }),
    );
  });

  it('is read back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonical(JSON.parse(canonical(value)))).toBe(canonical(value));
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('differs for different values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const same = JSON.stringify(JSON.parse(canonical(one))) === JSON.stringify(JSON.parse(canonical(other)));
        expect(sha256(one) === sha256(other)).toBe(same);
      }),
    );
  });
});

describe('the digest', () => {
  it('is the SHA-256 of the canonical text, in lower-case hex', () => {
    // printf '{"a":1,"b":2}' | sha256sum
    expect(sha256({ b: 2, a: 1 })).toBe('43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777');
  });
});
