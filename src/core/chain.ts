// The hash chain of every log that is evidence: each entry carries the hash of the one before it, so that no change goes unseen.
import { sha256 } from './json.ts';

/** `hash` is the SHA-256 of everything else in the entry, in lower-case hex. */
export type Link = { readonly seq: number; readonly previous: string; readonly hash: string };

/**
 * What the first entry of a chain has for `previous`.
 * @internal
 */
export const CHAIN_START = '0'.repeat(64);

/** Makes the next entry of the chain. */
export function chained<Body extends object>(last: Link | null, body: Body): Body & Link {
  const entry = { ...body, seq: (last?.seq ?? 0) + 1, previous: last?.hash ?? CHAIN_START };
  return { ...entry, hash: sha256(entry) };
}

/**
 * The sequence number of the first entry that does not follow from those before it, or null when the chain holds. `last` is
 * the one before the first of them, where they are a part of a longer chain.
 */
export function firstBroken(entries: readonly Link[], last: Link | null = null): number | null {
  let before = last;
  for (const { seq, previous, hash, ...body } of entries) {
    const expected: Link = chained(before, body);
    if (seq !== expected.seq || previous !== expected.previous || hash !== expected.hash) return seq;
    before = expected;
  }
  return null;
}
