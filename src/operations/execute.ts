// A worker's work on one operation: move by move, each decided from the journal, each written before and after the act.
import { type Action, ActionArgs, type ActionName, type Args, type Outcome, type Run } from '../core/action.ts';
import { staleVotes } from '../core/consent.ts';
import { driftOf } from '../core/drift.ts';
import { Fault, LeaseLost, reasonOf } from '../core/errors.ts';
import type { Event } from '../core/journal.ts';
import type { Json } from '../core/json.ts';
import { type Move, nextMove } from '../core/next-move.ts';
import { isEnded, type Operation, stepOf } from '../core/operation.ts';
import type { Step } from '../core/plan.ts';
import type { System } from '../core/system.ts';
import { rolesOf } from './authority.ts';
import { stop } from './decide.ts';
import type { Deps } from './deps.ts';
import { bySystemName, findOperation } from './find-system.ts';
import { wake } from './propose.ts';
import { hold, type Tenure } from './tenure.ts';

export type ExecutorOptions = {
  /** Names this worker in the lease. */
  readonly worker: string;
  /** A lease that is not renewed for so long may be taken by another worker. */
  readonly leaseSeconds: number;
  /** How often taking back a step is tried before a person is asked, and the pause between. */
  readonly undoTries: number;
  readonly undoPauseMs: number;
};

type Context = {
  readonly deps: Deps;
  readonly options: ExecutorOptions;
  readonly system: System;
  readonly tenure: Tenure;
};

/**
 * Carries an operation on as far as it goes without a person: to its gate, its end, or an open question.
 * Returns at once when another worker has it. `signal` stops waiting; what was begun is found again by its journal.
 */
export async function execute(deps: Deps, options: ExecutorOptions, id: string, signal: AbortSignal): Promise<void> {
  const lease = await deps.operations.claim(id, options.worker, options.leaseSeconds);
  if (lease === null) return;
  const operation = await findOperation(deps.operations, id);
  const tenure = hold(deps, lease, { seconds: options.leaseSeconds, from: operation.state, stop: signal });
  try {
    const system = bySystemName(deps.systems.all, operation.plan.system);
    await carryOn({ deps, options, system, tenure }, operation);
  } catch (thrown) {
    // A lost lease or a stop is not a failure of the operation: whoever holds it next goes on from the journal.
    if (!(thrown instanceof LeaseLost) && !tenure.signal.aborted) throw thrown;
    deps.log.info({ operationId: id, reason: reasonOf(thrown) }, 'work on the operation was handed on');
  } finally {
    await tenure.end();
  }
  if (tenure.signal.aborted && !signal.aborted) await wake(deps, id);
}

async function carryOn(context: Context, first: Operation): Promise<void> {
  let operation = first;
  for (let move = nextMove(operation); move.do !== 'nothing'; move = nextMove(operation)) {
    context.tenure.signal.throwIfAborted();
    operation = await make(move, context, operation);
  }
}

function make(move: Exclude<Move, { do: 'nothing' }>, context: Context, operation: Operation): Promise<Operation> {
  switch (move.do) {
    case 'pass_gate':
      return passGate(context, operation);
    case 'step':
      return begin(context, operation, move.step);
    case 'probe':
      return resume(context, operation, move.step);
    case 'undo':
      return takeBack(context, operation, move.step);
    case 'finish':
      return finish(context, operation, move.outcome);
  }
}

/** Before the first step that changes something: approvers are asked for their roles again, facts are read again (I2, fault 19, 22). */
async function passGate({ deps, system, tenure }: Context, operation: Operation): Promise<Operation> {
  const { plan } = operation;
  if (plan.gate === null) return tenure.append(() => [{ type: 'started' }]);
  const read = await attempt(async () => {
    const { consent } = plan;
    const names = consent.kind === 'approvals' ? consent.roles : [];
    const held = operation.votes.map(async ({ by }) => [by, await rolesOf(deps.people, system, by, names)] as const);
    const roles = new Map(await Promise.all(held));
    const environments = plan.pinned.targets.map(({ environment }) => environment);
    const sources = plan.pinned.backup === null ? [] : [plan.pinned.backup.environment];
    const facts = await deps.systems.facts(system, [...new Set([...environments, ...sources])]);
    return { roles, drift: driftOf(plan, facts) };
  });
  return tenure.append((now, then) => {
    if (then.state !== 'queued') return [];
    if ('problem' in read) return stop(then, 'failed', `it could not be checked once more: ${read.problem}`, null);
    const { roles, drift } = read.value;
    const stale = staleVotes(then, roles, now);
    if (stale !== null) return [{ type: 'voided', ...stale }];
    if (drift.length === 0) return [{ type: 'started' }];
    return stop(
      then,
      'cancelled',
      `things have changed since it was planned, so consent is void. ${drift.join(' ')}`,
      null,
    );
  });
}

type Tried<T> = { readonly value: T } | { readonly problem: string };

async function attempt<T>(read: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { value: await read() };
  } catch (thrown) {
    if (thrown instanceof LeaseLost) throw thrown;
    return { problem: reasonOf(thrown) };
  }
}

/** Intent first, then the act, then the result. */
async function begin(context: Context, operation: Operation, step: Step): Promise<Operation> {
  const { action, args } = actionOf(context, step);
  const { tenure } = context;
  const before = await attempt(
    async () => (await action.before?.(args, runFor(context, operation, step, null))) ?? null,
  );
  tenure.signal.throwIfAborted();
  const intended = await tenure.append((_now, then) => {
    // A person may have stopped it in the meantime.
    if (nextMove(then).do !== 'step') return [];
    return [{ type: 'step_started', step: step.id, before: 'problem' in before ? null : before.value }];
  });
  if ('problem' in before) return ended(context, step, untouched(`it could not be prepared: ${before.problem}`), false);
  if (intended.steps[step.id]?.state !== 'running') return intended;
  return act(context, intended, step);
}

async function act(context: Context, operation: Operation, step: Step): Promise<Operation> {
  const { action, args } = actionOf(context, step);
  const run = runFor(context, operation, step, stepOf(operation, step.id).state.before);
  try {
    return await ended(context, step, await action.do(args, run), false);
  } catch (thrown) {
    if (thrown instanceof LeaseLost || context.tenure.signal.aborted) throw thrown;
    return found(context, operation, step, reasonOf(thrown));
  }
}

/** An intent without a result, left by a crash. */
async function resume(context: Context, operation: Operation, step: Step): Promise<Operation> {
  const probed = await probe(context, operation, step);
  if (probed.is === 'happened') return ended(context, step, probed.outcome, true);
  if (probed.is === 'unknown') return context.tenure.append(() => [{ type: 'asked', step: step.id, why: probed.why }]);
  return act(context, operation, step);
}

/** After a fault: what happened is asked of the provider, never concluded from the exception (I3). */
async function found(context: Context, operation: Operation, step: Step, fault: string): Promise<Operation> {
  const probed = await probe(context, operation, step);
  if (probed.is === 'happened') return ended(context, step, probed.outcome, true);
  if (probed.is === 'not_happened') return ended(context, step, untouched(fault), false);
  return context.tenure.append(() => [{ type: 'asked', step: step.id, why: `${fault}; ${probed.why}` }]);
}

async function probe(context: Context, operation: Operation, step: Step) {
  const { action, args } = actionOf(context, step);
  const run = runFor(context, operation, step, stepOf(operation, step.id).state.before);
  const probed = await attempt(() => action.probe(args, run));
  context.tenure.signal.throwIfAborted();
  return 'problem' in probed ? ({ is: 'unknown', why: probed.problem } as const) : probed.value;
}

function ended(context: Context, step: Step, outcome: Outcome, adopted: boolean): Promise<Operation> {
  return context.tenure.append((_now, then) => {
    const event: Event = { type: 'step_ended', step: step.id, outcome, adopted };
    // A person stopped it while the step was running: the result is kept, the way is back.
    if (isEnded(then.state)) return [];
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

async function takeBack(context: Context, operation: Operation, step: Step): Promise<Operation> {
  const { deps, options, tenure } = context;
  const { action, args } = actionOf(context, step);
  const { undo } = action;
  if (!('how' in undo)) throw new Fault(`taking back ${step.id}: ${step.action} has no undo`);
  const { state } = stepOf(operation, step.id);
  const output = state.outcome?.is === 'done' || state.outcome?.is === 'unverified' ? state.outcome.output : null;
  await tenure.append(() => [{ type: 'undo_started', step: step.id }]);
  for (let tried = 1; ; tried += 1) {
    const run = runFor(context, operation, step, state.before);
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

/** The operation that was taken back is marked first: were this worker to die in between, the finish is found again. */
async function finish(
  context: Context,
  operation: Operation,
  outcome: Extract<Move, { do: 'finish' }>['outcome'],
): Promise<Operation> {
  const { plan, id } = operation;
  if (plan.undoes !== null && (outcome === 'succeeded' || outcome === 'unverified')) {
    await context.deps.operations.change(plan.undoes, (former) =>
      former.state === 'undone' ? [] : [{ type: 'undone', operation: id }],
    );
  }
  return context.tenure.append(() => [{ type: 'finished', outcome }]);
}

function actionOf({ deps, system }: Context, step: Step): { action: Action<Args<ActionName>>; args: Args<ActionName> } {
  const action = deps.systems.actionsOf(system)[step.action] as Action<Args<ActionName>> | undefined;
  if (action === undefined) throw new Fault(`looking for the action ${step.action} of ${system.name}`);
  return { action, args: ActionArgs[step.action].parse(step.args) };
}

function runFor({ system, tenure }: Context, operation: Operation, step: Step, before: Json): Run {
  const outputs = operation.plan.steps.flatMap(({ id }) => {
    const outcome = operation.steps[id]?.outcome;
    return outcome?.is === 'done' || outcome?.is === 'unverified' ? [[id, outcome.output] as const] : [];
  });
  return {
    system,
    operation: operation.id,
    step: step.id,
    signal: tenure.signal,
    before,
    outputs: Object.fromEntries(outputs),
    progress: (progress) => tenure.progress(step.id, progress),
    fence: () => tenure.fence(),
  };
}

function untouched(why: string): Outcome {
  return { is: 'failed', why, evidence: { says: [], checks: [] }, untouched: true };
}
