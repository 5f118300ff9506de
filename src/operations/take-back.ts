// One step back: what a step did is undone, and that is read back too.
import { Fault } from '../core/errors.ts';
import { type Operation, stepOf } from '../core/operation.ts';
import type { Step } from '../core/plan.ts';
import { attempt, outputsOf, reach, type Work } from './work.ts';

/** Tries a few times; then a person is asked. */
export async function takeBack(work: Work, operation: Operation, step: Step): Promise<Operation> {
  const { deps, options, tenure } = work;
  await tenure.append(() => [{ type: 'undo_started', step: step.id }]);
  for (let tried = 1; ; tried += 1) {
    const undone = await attempt(async () => undo(work, operation, step));
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

function undo(work: Work, operation: Operation, step: Step) {
  const { action, args, run } = reach(work, operation, step, stepOf(operation, step.id).state.before);
  if (!('how' in action.undo)) throw new Fault(`taking back ${step.id}: ${step.action} has no undo`);
  return action.undo.run(args, outputsOf(operation)[step.id] ?? null, run);
}
