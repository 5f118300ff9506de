// One step forward: the intent is written, the act done, the result read back and written; after a crash it is probed first.
import type { Outcome } from '../core/action.ts';
import { LeaseLost, reasonOf } from '../core/errors.ts';
import type { Event } from '../core/journal.ts';
import { nextMove } from '../core/next-move.ts';
import { isEnded, type Operation, stepOf } from '../core/operation.ts';
import { isChange, type Step } from '../core/plan.ts';
import { attempt, reach, type Work } from './work.ts';

/** Intent first, then the act, then the result. */
export async function begin(work: Work, operation: Operation, step: Step): Promise<Operation> {
  const { tenure } = work;
  const before = await attempt(async () => {
    const { action, args, run } = reach(work, operation, step, null);
    return (await action.before?.(args, run)) ?? null;
  });
  tenure.signal.throwIfAborted();
  const intended = await tenure.append((_now, then) => {
    // A person may have stopped it in the meantime.
    if (nextMove(then).do !== 'step') return [];
    return [{ type: 'step_started', step: step.id, before: 'problem' in before ? null : before.value }];
  });
  if (stateOf(intended, step) !== 'running') return intended;
  if ('problem' in before) return ended(work, step, untouched(`it could not be prepared: ${before.problem}`), false);
  return act(work, intended, step);
}

async function act(work: Work, operation: Operation, step: Step): Promise<Operation> {
  let outcome: Outcome;
  // Without a lasting record of who wanted it, nothing is changed (fault 58).
  const recorded = isChange(step) ? await attempt(() => work.deps.audit.secure()) : { value: null };
  if ('problem' in recorded)
    return ended(work, step, untouched(`it could not be written down lastingly: ${recorded.problem}`), false);
  try {
    const { action, args, run } = reachIntended(work, operation, step);
    if (action.asks !== undefined) return ask(work, step, action.asks(args));
    outcome = await action.do(args, run);
  } catch (thrown) {
    if (thrown instanceof LeaseLost || work.tenure.signal.aborted) throw thrown;
    return found(work, operation, step, reasonOf(thrown));
  }
  // Apart from the act: a store that fails here says nothing about the act. The journal and the probe will.
  return ended(work, step, outcome, false);
}

/** An intent without a result, left by a crash. */
export async function resume(work: Work, operation: Operation, step: Step): Promise<Operation> {
  const probed = await probe(work, operation, step);
  if (probed.is === 'happened') return ended(work, step, probed.outcome, true);
  if (probed.is === 'unknown') return ask(work, step, probed.why);
  return act(work, operation, step);
}

/** After a fault: what happened is asked of the provider, never concluded from the exception (I3). */
async function found(work: Work, operation: Operation, step: Step, fault: string): Promise<Operation> {
  const probed = await probe(work, operation, step);
  if (probed.is === 'happened') return ended(work, step, probed.outcome, true);
  if (probed.is === 'not_happened') return ended(work, step, untouched(fault), false);
  return ask(work, step, `${fault}; ${probed.why}`);
}

async function probe(work: Work, operation: Operation, step: Step) {
  const probed = await attempt(async () => {
    const { action, args, run } = reachIntended(work, operation, step);
    if (action.asks !== undefined) return { is: 'unknown', why: action.asks(args) } as const;
    return action.probe(args, run);
  });
  work.tenure.signal.throwIfAborted();
  return 'problem' in probed ? ({ is: 'unknown', why: probed.problem } as const) : probed.value;
}

function reachIntended(work: Work, operation: Operation, step: Step) {
  return reach(work, operation, step, stepOf(operation, step.id).state.before);
}

/** Asks a person, unless one has stopped it in the meantime: then the step is taken back, whatever has happened. */
function ask({ tenure }: Work, step: Step, why: string): Promise<Operation> {
  return tenure.append((_now, then) => (nextMove(then).do === 'probe' ? [{ type: 'asked', step: step.id, why }] : []));
}

function ended({ tenure }: Work, step: Step, outcome: Outcome, adopted: boolean): Promise<Operation> {
  return tenure.append((_now, then) => {
    const event: Event = { type: 'step_ended', step: step.id, outcome, adopted };
    if (isEnded(then.state)) return [];
    // A person stopped it while the step was running: the result is kept, the way is back.
    if (then.state === 'unwinding') return [event];
    const why = failureOf(outcome, then, step);
    if (why === null) return [event];
    const stopped: Event = { type: 'stopped', outcome: 'failed', why, by: null };
    return [event, stopped];
  });
}

/** Before the gate, what could not be read back is not good enough to go on with. */
function failureOf(outcome: Outcome, { gatePassed, plan }: Operation, step: Step): string | null {
  const title = `“${step.title}”`;
  if (outcome.is === 'failed') return `${title} failed: ${outcome.why}`;
  if (outcome.is === 'unverified' && plan.gate !== null && !gatePassed)
    return `${title} could not be verified: ${outcome.why}`;
  return null;
}

function untouched(why: string): Outcome {
  return { is: 'failed', why, evidence: { says: [], checks: [] }, untouched: true };
}

function stateOf(operation: Operation, step: Step) {
  return stepOf(operation, step.id).state.state;
}
