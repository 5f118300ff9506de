// The action person.task: shows what only a person can do, and waits until one says that it is done.
import type { Action, Args } from '../../core/action.ts';
import { Fault } from '../../core/errors.ts';

/** It is in the journal like every other step: who said so, and how long it took (P9, F8-F10). */
export function personTask(): Action<Args<'person.task'>> {
  return {
    describe: ({ instructions }) => `a person: ${instructions}`,
    asks: ({ instructions }) => instructions,
    do: async ({ title }) => {
      throw new Fault(`doing “${title}”, which only a person can do`);
    },
    probe: async () => ({ is: 'unknown', why: 'only a person knows' }),
    undo: { not: 'what a person has done, a person takes back' },
  };
}
