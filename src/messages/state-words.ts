// The state of an operation as a word, and its headline.
import { type Verdict, verdictOf } from '../core/check.ts';
import type { Operation, State } from '../core/operation.ts';

export const STATE_WORDS: Readonly<Record<State, string>> = {
  proposed: 'PLANNED',
  awaiting_approval: 'WAITING FOR APPROVAL',
  queued: 'QUEUED',
  running: 'RUNNING',
  unwinding: 'TAKING BACK',
  needs_human: 'NEEDS A PERSON',
  succeeded: 'SUCCEEDED',
  unverified: 'UNVERIFIED',
  failed: 'FAILED',
  undone: 'UNDONE',
  cancelled: 'CANCELLED',
  expired: 'EXPIRED',
};

/**
 * The word, and the verdict where something was judged: a verification that ran to its end has succeeded,
 * though the backups may have failed it.
 */
export function stateWord(operation: Operation): string {
  const word = STATE_WORDS[operation.state];
  const verdict = operation.state === 'succeeded' || operation.state === 'unverified' ? verdictIn(operation) : null;
  if (verdict === null || (verdict === 'pass' && operation.plan.verb !== 'verify')) return word;
  return `${word}, verdict ${verdict.toUpperCase()}`;
}

/** The worst of all checks that were made; null when there was none. */
function verdictIn({ plan, steps }: Operation): Verdict | null {
  const checks = plan.steps.flatMap(({ id }) => steps[id]?.outcome?.evidence.checks ?? []);
  return checks.length === 0 ? null : verdictOf(checks);
}

/** Not escaped. The word comes first, so that nothing can push it out of sight. */
export function headlineOf(operation: Operation): string {
  return `${stateWord(operation)}: ${operation.plan.headline}`;
}
