// A click on a card, as it reaches the use cases.

/** Which operation, as it was shown (its digest), by whom. */
export type Click = { readonly operation: string; readonly digest: string; readonly by: string };
