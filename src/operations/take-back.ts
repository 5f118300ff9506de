// One step back: what a step did is undone, and that is read back too.
import { Fault } from '../core/errors.ts';
import { type Operation, stepOf } from '../core/operation.ts';
import type { Step } from '../core/plan.ts';
import { actionOf, attempt, runFor, type Work } from './work.ts';

/** Tries a few times; then a person is asked. */
export async function takeBack(work: Work, operation: Operation, step: Step): Promise<Operation> {
  const { deps, options, tenure } = work;
  const { action, args } = actionOf(work, step);
  const { undo } = action;
  if (!('how' in undo)) throw new Fault(`taking back ${step.id}: ${step.action} has no undo`);
  const { state } = stepOf(operation, step.id);
  const output = state.outcome?.is === 'done' || state.outcome?.is === 'unverified' ? state.outcome.output : null;
  await tenure.append(() => [{ type: 'undo_started', step: step.id }]);
  for (let tried = 1; ; tried += 1) {
    const run = runFor(work, operation, step, state.before);
    const undone = await attempt(() => undo.run(args, output, run));
    tenure.signal.throwIfAborted();
    if ('value' in undone) {
      return tenure.append(() => [{ type: 'undo_ended', step: step.id, evidence: undone.value }]);
    }
    const why = undone.problem;
    deps.log.warn({ operationId: operation.id, stepId: step.id, tried, reason: why }, 'step not taken back');
    if (tried >= options.undoTries) return tenure.append(() => [{ type: 'undo_failed', step: step.id, why }]);
    await tenure.pause(options.undoPauseMs);
  }
}
