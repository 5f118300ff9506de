// A click on a card, as it reaches the use cases.

/** Which operation, as it was shown (its digest), by whom. */
export type Click = { readonly operation: string; readonly digest: string; readonly by: string };

/** An approval; `code` where the rule asks for one and it was typed. */
export type Approval = Click & { readonly code?: string };

/** An answer to the question that was shown, by its number: an older card may ask another one about the same step. */
export type Settlement = Click & {
  readonly asks: number;
  readonly verdict: 'happened' | 'did_not' | 'abandon';
};
