// What a worker has to do next with an operation: decided from its journal alone, so that any worker can go on.
import type { Operation, StepState } from './operation.ts';
import type { Step } from './plan.ts';

export type Move =
  | { readonly do: 'step'; readonly step: Step }
  /** There is an intent without a result: find out what happened. */
  | { readonly do: 'probe'; readonly step: Step }
  | { readonly do: 'pass_gate' }
  | { readonly do: 'undo'; readonly step: Step }
  | { readonly do: 'finish'; readonly outcome: 'succeeded' | 'unverified' | 'failed' | 'cancelled' | 'expired' }
  /** Somebody has to decide first, or it has ended. */
  | { readonly do: 'nothing' };

export function nextMove(operation: Operation): Move {
  switch (operation.state) {
    case 'awaiting_approval':
    case 'queued':
    case 'running':
      return forward(operation);
    case 'unwinding':
      return backward(operation);
    default:
      return { do: 'nothing' };
  }
}

function forward(operation: Operation): Move {
  const { plan, state, gatePassed } = operation;
  const at = plan.steps.findIndex(({ id }) => !isOver(operation.steps[id]));
  const step = plan.steps[at];
  if (step !== undefined && operation.steps[step.id]?.state === 'running') return { do: 'probe', step };
  const behindGate = step === undefined || plan.gate === null || at >= plan.gate;
  if (behindGate && !gatePassed) return state === 'queued' ? { do: 'pass_gate' } : { do: 'nothing' };
  if (step !== undefined) return { do: 'step', step };
  const unverified = plan.steps.some(({ id }) => operation.steps[id]?.state === 'unverified');
  return { do: 'finish', outcome: unverified ? 'unverified' : 'succeeded' };
}

function backward(operation: Operation): Move {
  const step = lastToUndo(operation);
  if (step !== undefined) return { do: 'undo', step };
  return { do: 'finish', outcome: operation.stopped?.outcome ?? 'failed' };
}

/**
 * Steps are taken back last first; a step that was only intended is taken back too, since it may have happened. What a drill
 * keeps for looking into stays when it fails behind its gate (B11).
 */
export function lastToUndo({ plan, steps, gatePassed, stopped }: Operation): Step | undefined {
  const keeps = gatePassed && stopped?.outcome === 'failed';
  return plan.steps.findLast(({ id, undoable, kept }) => {
    return undoable && !(keeps && kept) && mayHaveHappened(steps[id]);
  });
}

function isOver(state: StepState | undefined): boolean {
  return state?.state === 'done' || state?.state === 'unverified';
}

function mayHaveHappened(state: StepState | undefined): boolean {
  if (state === undefined || state.state === 'waiting' || state.state === 'undone') return false;
  return !(state.outcome?.is === 'failed' && state.outcome.untouched);
}
