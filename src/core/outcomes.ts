// Short ways to say how an action ended.
import type { Evidence, Outcome, Run } from './action.ts';
import type { Check } from './check.ts';
import { Fault, Refusal, reasonOf } from './errors.ts';
import type { Json } from './json.ts';

export function evidence(says: readonly string[], checks: readonly Check[] = []): Evidence {
  return { says: [...says], checks: [...checks] };
}

export function done(says: readonly string[], output: Json = null, checks: readonly Check[] = []): Outcome {
  return { is: 'done', evidence: evidence(says, checks), output };
}

export function unverified(why: string, says: readonly string[] = [], output: Json = null): Outcome {
  return { is: 'unverified', why, evidence: evidence(says), output };
}

export function failed(why: string, says: readonly string[] = [], checks: readonly Check[] = []): Outcome {
  return { is: 'failed', why, evidence: evidence(says, checks), untouched: false };
}

/** Nothing was changed: that is certain. */
export function untouched(why: string): Outcome {
  return { is: 'failed', why, evidence: evidence([]), untouched: true };
}

export type Prepared<T> = { readonly value: T } | { readonly refused: Outcome };

/**
 * What is done before anything is changed: a refusal or fault in it leaves everything as it was, so it is no case for a
 * probe. A stop is thrown on.
 */
export async function prepared<T>(run: Run, prepare: () => Promise<T>): Promise<Prepared<T>> {
  try {
    return { value: await prepare() };
  } catch (thrown) {
    run.signal.throwIfAborted();
    if (!(thrown instanceof Refusal) && !(thrown instanceof Fault)) throw thrown;
    return { refused: untouched(reasonOf(thrown)) };
  }
}
