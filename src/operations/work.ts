// What every part of a worker's work on one operation shares, and how the code of a step is reached from it.
import { type Action, ActionArgs, type ActionName, type Args, type Run } from '../core/action.ts';
import { Fault, LeaseLost, reasonOf } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Operation } from '../core/operation.ts';
import { type Step, uses } from '../core/plan.ts';
import type { Deps } from './deps.ts';
import { bySystemName } from './find-system.ts';
import type { Tenure } from './tenure.ts';

export type ExecutorOptions = {
  /** Names this worker in the lease. */
  readonly worker: string;
  /** A lease that is not renewed for so long may be taken by another worker. */
  readonly leaseSeconds: number;
  /** How often taking back a step is tried before a person is asked, and the pause between. */
  readonly undoTries: number;
  readonly undoPauseMs: number;
  /** How often facts and roles are asked for at the gate before it stays closed, and the pause between. */
  readonly gateTries: number;
  readonly gatePauseMs: number;
};

export type Work = {
  readonly deps: Deps;
  readonly options: ExecutorOptions;
  readonly tenure: Tenure;
};

/** The code of a step, its arguments as they were planned, and what it gets to work with. */
export type Reached = {
  readonly action: Action<Args<ActionName>>;
  readonly args: Args<ActionName>;
  readonly run: Run;
};

/**
 * Reaches the code of a step. `before` is what it read before its intent was journaled. Throws when this installation has
 * lost what the plan needs (the system file, the action, arguments of that form), which is to be told like any other fault.
 */
export function reach({ deps, tenure }: Work, operation: Operation, step: Step, before: Json): Reached {
  const system = bySystemName(deps.systems.all, operation.plan.system);
  const action = deps.systems.actionsOf(system)[step.action] as Action<Args<ActionName>> | undefined;
  if (action === undefined) throw new Fault(`looking for the action ${step.action} of ${system.name}`);
  const run: Run = {
    system,
    operation: operation.id,
    step: step.id,
    signal: tenure.signal,
    before,
    outputs: outputsOf(operation),
    progress: (progress) => tenure.progress(step.id, progress),
    fence: () => tenure.fence(),
    neededBy: async (name) => {
      const open = await deps.operations.open(system.name);
      return open.find(({ id, plan }) => id !== operation.id && uses(plan, name))?.id ?? null;
    },
  };
  return { action, args: ActionArgs[step.action].parse(step.args), run };
}

/** What the steps that were done have put out, by step id. */
export function outputsOf({ plan, steps }: Operation): Readonly<Record<string, Json>> {
  const outputs = plan.steps.flatMap(({ id }) => {
    const outcome = steps[id]?.outcome;
    return outcome?.is === 'done' || outcome?.is === 'unverified' ? [[id, outcome.output] as const] : [];
  });
  return Object.fromEntries(outputs);
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
