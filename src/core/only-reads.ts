// What all actions have in common that only look.
import type { Probed } from './action.ts';

/** Looking once more is harmless, and there is nothing to take back. */
export const onlyReads = {
  probe: async (): Promise<Probed> => ({ is: 'not_happened' }),
  undo: { not: 'it only reads' },
} as const;
