// A click on a card, as it reaches the use cases.
import type { Question } from '../core/operation.ts';

/** Which operation, as it was shown (its digest), by whom. */
export type Click = { readonly operation: string; readonly digest: string; readonly by: string };

/** An answer to the question that was shown: an older card may ask another one about the same step. */
export type Settlement = Click & {
  readonly asks: Pick<Question, 'step' | 'about'>;
  readonly verdict: 'happened' | 'did_not' | 'abandon';
};
