// The plan: ordered steps for one command against pinned facts, as plain data with a digest.
import { z } from 'zod';
import { ActionArgs, ActionName, type Args, Effect } from './action.ts';
import { OPERATION_VERBS } from './command.ts';
import { Backup, Target } from './facts.ts';
import { Json, sha256 } from './json.ts';
import { Moment, OperationId, Slug } from './names.ts';
import { Consent } from './system.ts';

export const Step = z.strictObject({
  id: z.string().regex(/^s[1-9][0-9]?$/),
  action: ActionName,
  effect: Effect,
  title: z.string(),
  /** What will run, as a person would type it. */
  runs: z.string(),
  args: z.record(z.string(), Json),
  /** How it is taken back, or why not. */
  undo: z.string(),
  undoable: z.boolean(),
  /** How long it took last time; null when it never ran here. */
  expectedSeconds: z.number().nullable(),
  /**
   * Of a drill: which of its parts the step belongs to, counted from 0 as in the system file. A part has passed when each of its
   * steps is done and none of their checks has failed; failed when a step has failed or a check has; it did not run when one
   * of its steps is waiting still. The plan's statements `Part 1`, `Part 2`, … say what each of them is.
   */
  part: z.int().nonnegative().optional(),
  /** It stays as it is when the operation fails behind its gate, for looking into what went wrong (B11). */
  kept: z.literal(true).optional(),
});
export type Step = z.infer<typeof Step>;

/** What must still be so when the gate is passed. Compared with fresh facts by `driftOf`. */
export const Pinned = z.strictObject({
  targets: z.array(Target),
  backup: z.strictObject({ environment: Slug, backup: Backup }).nullable(),
  release: z
    .strictObject({ environment: Slug, current: z.string(), code: z.string().nullable(), to: z.string().nullable() })
    .nullable(),
});
export type Pinned = z.infer<typeof Pinned>;

/** One line of the card: what the approvers agree to. `tone: warn` is shown as a warning. */
export const Statement = z.strictObject({
  label: z.string(),
  text: z.string(),
  tone: z.enum(['plain', 'warn']).default('plain'),
});
export type Statement = z.infer<typeof Statement>;

export const Plan = z.strictObject({
  version: z.literal(1),
  operation: OperationId,
  system: Slug,
  environment: Slug,
  verb: z.enum(OPERATION_VERBS),
  /** The command with every default spelled out. */
  command: z.string(),
  headline: z.string(),
  target: Target,
  /** Whether the target is a protected environment, by the identity of its database. */
  protected: z.boolean(),
  statements: z.array(Statement),
  pinned: Pinned,
  steps: z.array(Step).min(1),
  /** Index of the first step that waits for consent; null when none does. */
  gate: z.int().nonnegative().nullable(),
  consent: Consent,
  /** Whether `/dr undo` will be possible afterwards, and how, or why not. */
  undo: z.strictObject({ possible: z.boolean(), text: z.string() }),
  /** The operation that this one takes back. */
  undoes: OperationId.nullable(),
  proposedAt: Moment,
});
export type Plan = z.infer<typeof Plan>;

/** SHA-256 over the canonical JSON of the plan. Consent binds to it. */
export function digestOf(plan: Plan): string {
  return sha256(plan);
}

/** Whether the plan alters an environment: then it holds the environment for itself until it ends. */
export function changesEnvironment(plan: Pick<Plan, 'steps'>): boolean {
  return plan.steps.some(isChange);
}

/** Whether the step alters something that people live on. */
export function isChange({ effect }: Pick<Step, 'effect'>): boolean {
  return effect === 'change' || effect === 'destroy';
}

/** Whether a step takes that database or schema, built by another operation, as it stands; to remove it is not to need it. */
export function uses({ steps }: Pick<Plan, 'steps'>, name: string): boolean {
  return steps.some(({ action, args }) => action !== 'candidate.drop' && Object.values(args).includes(name));
}

/** The arguments of the first step with this action; null when it has none. */
export function argsOf<N extends ActionName>({ steps }: Pick<Plan, 'steps'>, action: N): Args<N> | null {
  const step = steps.find((candidate) => candidate.action === action);
  return step === undefined ? null : (ActionArgs[action].parse(step.args) as Args<N>);
}
