// Journals for the tests of core: a proposal, then events, one minute apart.
import type { Outcome } from '../../../src/core/action.ts';
import { chain, type Entry, type Event } from '../../../src/core/journal.ts';
import { apply, type Operation, replay } from '../../../src/core/operation.ts';
import { digestOf, type Plan } from '../../../src/core/plan.ts';

export const ALICE = 'U01ALICE';
export const BOB = 'U02BOB';
export const CAROL = 'U03CAROL';

/** So many minutes after the proposal. */
export function minute(number: number): string {
  return new Date(Date.parse('2025-11-21T14:00:00.000Z') + number * 60_000).toISOString();
}

export function journalOf(plan: Plan, events: readonly Event[]): Entry[] {
  const entries: Entry[] = [];
  for (const event of [proposal(plan), ...events]) {
    entries.push(chain(entries.at(-1) ?? null, plan.operation, minute(entries.length), event));
  }
  return entries;
}

export function operationOf(plan: Plan, events: readonly Event[] = []): Operation {
  return replay(plan, journalOf(plan, events));
}

/** One event further, a minute after the last. */
export function further(operation: Operation, event: Event): Operation {
  return apply(operation, chain(operation.last, operation.id, minute(operation.last.seq), event));
}

export function proposal(plan: Plan): Event {
  return { type: 'proposed', by: ALICE, digest: digestOf(plan) };
}

export const done: Outcome = { is: 'done', evidence: { says: ['It is there.'], checks: [] }, output: { id: 7 } };
export const unverified: Outcome = {
  is: 'unverified',
  why: 'the provider does not answer',
  evidence: { says: [], checks: [] },
  output: null,
};
export const failed: Outcome = { is: 'failed', why: 'disk full', evidence: { says: [], checks: [] }, untouched: false };
export const untouched: Outcome = { ...failed, untouched: true };

export const proposed = (by = ALICE): Event => ({ type: 'proposed', by, digest: 'd' });
export const confirmed: Event = { type: 'confirmed', by: ALICE };
export const approved = (by: string, roles = ['engineering-lead']): Event => ({
  type: 'approved',
  by,
  roles,
  digest: 'd',
});
export const consented: Event = { type: 'consented' };
export const voided = (...by: string[]): Event => ({ type: 'voided', why: 'an approver no longer holds the role', by });
export const started: Event = { type: 'started' };
export const begun = (step: string): Event => ({ type: 'step_started', step, before: { rows: 1 } });
export const progress = (step: string): Event => ({ type: 'step_progress', step, percent: 40, note: '98 of 245 MB' });
export const ended = (step: string, outcome: Outcome = done): Event => ({
  type: 'step_ended',
  step,
  outcome,
  adopted: false,
});
export const asked = (step: string): Event => ({ type: 'asked', step, why: 'it could not be read' });
export const answered = (step: string, verdict: 'happened' | 'did_not' | 'abandon'): Event => ({
  type: 'answered',
  step,
  by: BOB,
  verdict,
});
export const stopped = (outcome: 'failed' | 'cancelled' | 'expired' = 'cancelled'): Event => ({
  type: 'stopped',
  outcome,
  why: 'nobody needs it',
  by: BOB,
});
export const undoing = (step: string): Event => ({ type: 'undo_started', step });
export const undid = (step: string): Event => ({
  type: 'undo_ended',
  step,
  evidence: { says: ['It is gone.'], checks: [] },
});
export const notUndone = (step: string): Event => ({ type: 'undo_failed', step, why: 'the provider does not answer' });
export const finished = (
  outcome: 'succeeded' | 'unverified' | 'failed' | 'cancelled' | 'expired' = 'succeeded',
): Event => ({
  type: 'finished',
  outcome,
});
export const joined = (by: string): Event => ({ type: 'joined', by });
export const undone: Event = { type: 'undone', operation: 'op-2' };
/** A step from its intent to its end. */
export const ran = (step: string, outcome: Outcome = done): Event[] => [begun(step), ended(step, outcome)];
