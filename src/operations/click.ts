// A click on a card, as it reaches the use cases.

/** Which operation, as it was shown (its digest), by whom. */
export type Click = { readonly operation: string; readonly digest: string; readonly by: string };

/** An approval; `second` where the rule asks for a second factor and it was typed, into a dialog shown at that moment (ISO 8601). */
export type Approval = Click & { readonly second?: { readonly typed: string; readonly shownAt: string } };

/** An answer to the question that was shown, by its number: an older card may ask another one about the same step. */
export type Settlement = Click & {
  readonly asks: number;
  readonly verdict: 'happened' | 'did_not' | 'abandon';
};
