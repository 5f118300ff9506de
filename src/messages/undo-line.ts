// The line that tells the way back, or why there is none.
import type { Operation } from '../core/operation.ts';
import { code } from './blocks.ts';
import { ended, sentence } from './inline.ts';

/** `Undo: /dr undo op-41 — the old database is kept and can be made the live one again.` */
export function undoLine({ id, plan, state, undoneBy }: Operation): string {
  const text = ended(sentence(plan.undo.text, 300));
  switch (state) {
    case 'undone':
      return `*Undo:* done by ${undoneBy ?? 'another operation'}.`;
    case 'failed':
    case 'cancelled':
    case 'expired':
      return '*Undo:* none is left; the card says what was taken back.';
    case 'succeeded':
    case 'unverified':
      return plan.undo.possible ? `*Undo:* ${code(`/dr undo ${id}`)} — ${text}` : `*Undo:* none: ${text}`;
    default:
      return plan.undo.possible ? `*Undo afterwards:* ${code(`/dr undo ${id}`)} — ${text}` : `*Undo:* none: ${text}`;
  }
}
