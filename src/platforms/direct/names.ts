// How databases are called that an operation leaves beside the live one.
import type { Target } from '../../core/facts.ts';
import type { BesideNames } from '../../core/platform.ts';

/** PostgreSQL cuts longer names off without a word. */
const LONGEST = 63;

/** `provote_op41_7f3a` while it is built, `provote_before_op41` for the one that was live until then. */
export function besideNames(
  { database }: Target,
  { operation, nonce }: { readonly operation: string; readonly nonce: string },
): BesideNames {
  const number = operation.replace('-', '');
  const named = (ending: string) => `${database.slice(0, LONGEST - ending.length)}${ending}`;
  return { candidate: named(`_${number}_${nonce}`), previous: named(`_before_${number}`) };
}
