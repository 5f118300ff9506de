// Plans made of parts, one after the other: scenarios and drills.
import type { Statement } from '../core/plan.ts';
import type { PlanDraft, StepDraft } from '../core/runbook.ts';

/** A part of the plan; `gate` counts from its own first step. */
export type Part = Pick<PlanDraft, 'steps' | 'gate' | 'statements'> & Partial<Pick<PlanDraft, 'pinned' | 'undo'>>;

export function free(steps: StepDraft[]): Part {
  return { steps, gate: null, statements: [] };
}

export function gated(steps: StepDraft[]): Part {
  return { steps, gate: 0, statements: [] };
}

/** One part after the other. Steps refer to each other by their place, which moves. */
export function join(before: Part, after: Part): Part {
  const shift = before.steps.length;
  const pinned = before.pinned && after.pinned ? both(before.pinned, after.pinned) : (before.pinned ?? after.pinned);
  const undo = [before.undo, after.undo].find((one) => one?.possible) ?? before.undo ?? after.undo;
  return {
    steps: [...before.steps, ...after.steps.map((step) => moved(step, shift))],
    gate: before.gate ?? (after.gate === null ? null : after.gate + shift),
    statements: [...before.statements, ...after.statements],
    ...(pinned === undefined ? {} : { pinned }),
    ...(undo === undefined ? {} : { undo }),
  };
}

/** What several parts say alike is said once. */
export function onceEach(statements: readonly Statement[]): Statement[] {
  return statements.filter(({ label }, at) => statements.findIndex((one) => one.label === label) === at);
}

function both(one: PlanDraft['pinned'], other: PlanDraft['pinned']): PlanDraft['pinned'] {
  const known = one.targets.map(({ environment }) => environment);
  return {
    targets: [...one.targets, ...other.targets.filter(({ environment }) => !known.includes(environment))],
    backup: one.backup ?? other.backup,
    release: one.release ?? other.release,
  };
}

function moved(step: StepDraft, shift: number): StepDraft {
  if (step.action !== 'database.restore') return step;
  const preimage = `s${Number(step.args.preimage.slice(1)) + shift}`;
  return { ...step, args: { ...step.args, preimage } };
}
