// What was wrong in a drill, each thing said once: failed checks with their figures, steps that failed or stayed unclear.
import type { Entry } from '../core/journal.ts';
import { type Operation, stepOf } from '../core/operation.ts';
import { checksOf, type Done, type Part } from './drill-parts.ts';

/** In the order of the plan; then how it was stopped, and what could not be taken back. */
export function issuesOf(operation: Operation, entries: readonly Entry[], parts: readonly Part[]): string[] {
  const found = parts.flatMap(({ title, steps }) => steps.flatMap(problemsOf).map((problem) => `${title}: ${problem}`));
  return [...new Set([...found, ...stopOf(operation), ...entries.flatMap((entry) => leftOf(operation, entry))])];
}

/** A step that failed because of its checks is told by them. */
function problemsOf(done: Done): string[] {
  const failing = checksOf(done).filter(({ status }) => status === 'fail');
  if (failing.length > 0) return failing.map(({ name, figure }) => `${name}: ${figure}`);
  const { step, state } = done;
  if (state.outcome === null) return state.startedAt === null ? [] : [`“${step.title}” was interrupted`];
  if (state.outcome.is === 'done') return [];
  const word = state.outcome.is === 'failed' ? 'failed' : 'could not be read back';
  return [`“${step.title}” ${word}: ${state.outcome.why}`];
}

function stopOf({ stopped }: Operation): string[] {
  if (stopped === null || stopped.outcome === 'failed') return [];
  const by = stopped.by === null ? '' : ` by <@${stopped.by}>`;
  return [`The drill was ${stopped.outcome}${by}: ${stopped.why}`];
}

function leftOf(operation: Operation, { event }: Entry): string[] {
  if (event.type !== 'undo_failed') return [];
  return [`“${stepOf(operation, event.step).step.title}” could not be taken back: ${event.why}`];
}
