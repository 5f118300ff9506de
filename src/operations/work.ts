// What every part of a worker's work on one operation shares, and how an action is reached from it.
import { type Action, ActionArgs, type ActionName, type Args, type Run } from '../core/action.ts';
import { Fault, LeaseLost, reasonOf } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Operation } from '../core/operation.ts';
import type { Step } from '../core/plan.ts';
import type { System } from '../core/system.ts';
import type { Deps } from './deps.ts';
import type { Tenure } from './tenure.ts';

export type ExecutorOptions = {
  /** Names this worker in the lease. */
  readonly worker: string;
  /** A lease that is not renewed for so long may be taken by another worker. */
  readonly leaseSeconds: number;
  /** How often taking back a step is tried before a person is asked, and the pause between. */
  readonly undoTries: number;
  readonly undoPauseMs: number;
};

export type Work = {
  readonly deps: Deps;
  readonly options: ExecutorOptions;
  readonly system: System;
  readonly tenure: Tenure;
};

/** The code of a step, with its arguments as they were planned. */
export function actionOf(
  { deps, system }: Work,
  step: Step,
): { action: Action<Args<ActionName>>; args: Args<ActionName> } {
  const action = deps.systems.actionsOf(system)[step.action] as Action<Args<ActionName>> | undefined;
  if (action === undefined) throw new Fault(`looking for the action ${step.action} of ${system.name}`);
  return { action, args: ActionArgs[step.action].parse(step.args) };
}

/** What the action gets to work with. `before` is what it read before its intent was journaled. */
export function runFor({ system, tenure }: Work, operation: Operation, step: Step, before: Json): Run {
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

export type Tried<T> = { readonly value: T } | { readonly problem: string };

/** The value, or the reason why there is none. A lost lease is neither: it goes through. */
export async function attempt<T>(read: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { value: await read() };
  } catch (thrown) {
    if (thrown instanceof LeaseLost) throw thrown;
    return { problem: reasonOf(thrown) };
  }
}
