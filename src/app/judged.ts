// What one look of the doctor comes to.

/** `problem`: Holdfast does not work so. `warning`: it does, and somebody should know. */
export type Judged = { readonly is: 'ok' | 'warning' | 'problem'; readonly says: string };

export const ok = (says: string): Judged => ({ is: 'ok', says });
export const warning = (says: string): Judged => ({ is: 'warning', says });
export const problem = (says: string): Judged => ({ is: 'problem', says });
