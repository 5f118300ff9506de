// The outcome of a step that checked data: failing checks fail it, and are named.
import type { Evidence, Outcome } from '../../core/action.ts';
import { type Check, verdictOf } from '../../core/check.ts';
import { count, list } from '../../core/wording.ts';

/** `says` precede the summary of the checks. */
export function dataOutcome(checks: readonly Check[], evidence: Partial<Evidence>): Outcome {
  const failed = checks.filter(({ status }) => status === 'fail');
  const summary = `${checks.length - failed.length} of ${count(checks.length, 'check')} passed.`;
  const full = { ...evidence, says: [...(evidence.says ?? []), summary], checks: [...checks] };
  if (verdictOf(checks) !== 'fail') return { is: 'done', evidence: full, output: null };
  const why = `its data is not as it must be: ${list(failed.map(({ name, figure }) => `${name}: ${figure}`))}`;
  return { is: 'failed', why, evidence: full, untouched: true };
}
