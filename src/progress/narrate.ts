// Which journal events are told, and how: the card always, a note in its thread for what a person would want to read.
import type { Entry, EventType } from '../core/journal.ts';
import type { Operation } from '../core/operation.ts';
import { changesEnvironment } from '../core/plan.ts';
import type { Narrate, Telling } from '../core/ports.ts';

const WORTH_A_NOTE: readonly EventType[] = [
  'confirmed',
  'approved',
  'voided',
  'started',
  'step_ended',
  'asked',
  'answered',
  'stopped',
  'undo_ended',
  'undo_failed',
  'finished',
  'undone',
];

export const narrate: Narrate = (operation, entries) => {
  const notes = entries
    .filter(({ event }) => WORTH_A_NOTE.includes(event.type) || (event.type === 'proposed' && waits(operation)))
    .map(({ seq }): Telling => ({ kind: 'note', seq }));
  const last: Telling[] = isTold(operation) && hasEnded(entries) ? [{ kind: 'update', period: 'last' }] : [];
  return [{ kind: 'card' }, ...notes, ...last];
};

/** Whoever may approve is called: a card that is posted mentions nobody. */
function waits({ plan }: Operation): boolean {
  return plan.gate !== null && plan.consent.kind === 'approvals';
}

/** Status updates are for operations that change a protected environment (G24). */
export function isTold({ plan }: Pick<Operation, 'plan'>): boolean {
  return plan.protected && changesEnvironment(plan);
}

function hasEnded(entries: readonly Entry[]): boolean {
  return entries.some(({ event }) => event.type === 'finished');
}
