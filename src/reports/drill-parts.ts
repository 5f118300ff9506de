// The parts of a drill, each judged for itself by what the journal says was read back (G26, G27).
import { z } from 'zod';
import type { ActionName } from '../core/action.ts';
import { type Check, verdictOf } from '../core/check.ts';
import { type Operation, type StepState, stepOf } from '../core/operation.ts';
import type { Plan, Step } from '../core/plan.ts';
import type { ReportPart } from '../core/report.ts';

export type Result = ReportPart['result'];

/** A step with how it went. */
export type Done = { readonly step: Step; readonly state: StepState };

export type Part = { readonly title: string; readonly steps: readonly Done[] };

/** Actions that bring data back: what a recovery consists of. */
const RESTORING: readonly ActionName[] = [
  'backup.rehearse',
  'database.restore',
  'candidate.load',
  'moment.recover',
  'drill.disaster',
];

/** The worst first: a part is as good as its worst step. */
const WORST: readonly Result[] = ['fail', 'unverified', 'not run', 'confirmed', 'pass'];

/** In the order of the plan. A step without a number belongs to the part that its action makes. */
export function partsOf(operation: Operation): Part[] {
  const parts = new Map<number | string, { title: string; steps: Done[] }>();
  for (const { id } of operation.plan.steps) {
    const done = stepOf(operation, id);
    const kind = kindOf(done.step, operation.plan);
    const { part } = done.step;
    const known = parts.get(part ?? kind) ?? { title: titleOf(part, operation.plan) ?? kind, steps: [] };
    known.steps.push(done);
    parts.set(part ?? kind, known);
  }
  return [...parts.values()];
}

/** As the plan's statement `Part 1` says it; undefined where none does. */
function titleOf(part: number | undefined, { statements }: Plan): string | undefined {
  return part === undefined ? undefined : statements.find(({ label }) => label === `Part ${part + 1}`)?.text;
}

function kindOf({ action, args, title }: Step, plan: Plan): string {
  switch (action) {
    case 'backups.verify':
      return 'Backup verification';
    case 'backup.fetch':
    case 'backup.rehearse':
      return 'Scratch restore';
    case 'drill.disaster':
      return 'Simulated disaster';
    case 'person.task':
      return title;
    default: {
      const { environment } = args;
      return `Restore into ${typeof environment === 'string' ? environment : plan.environment}`;
    }
  }
}

export function reportPart({ title, steps }: Part): ReportPart {
  return {
    title,
    result: worst(steps.map(resultOf)),
    seconds: workSeconds(steps),
    says: steps.flatMap(saysOf),
    checks: steps.flatMap(checksOf),
  };
}

/** `not run` when there is nothing to judge. */
export function worst(results: readonly Result[]): Result {
  return WORST.find((result) => results.includes(result)) ?? 'not run';
}

/** Never better than what was read back: a sentence without a reading is no proof, and a person's word is its own result. */
function resultOf({ step, state: { outcome, startedAt } }: Done): Result {
  if (outcome === null) return startedAt === null ? 'not run' : 'unverified';
  if (outcome.is === 'failed') return 'fail';
  if (outcome.is === 'unverified') return 'unverified';
  if (step.action === 'person.task') return 'confirmed';
  const { says, checks } = outcome.evidence;
  if (checks.length > 0) return verdictOf(checks) === 'fail' ? 'fail' : 'pass';
  return says.length > 0 ? 'pass' : 'unverified';
}

function saysOf({ step, state: { outcome, startedAt } }: Done): string[] {
  if (outcome === null) return startedAt === null ? [] : [`${step.title}: begun; how it ended was not read back.`];
  return outcome.is === 'done' ? outcome.evidence.says : [...outcome.evidence.says, `${step.title}: ${outcome.why}.`];
}

export function checksOf({ state }: Done): Check[] {
  return state.outcome?.evidence.checks ?? [];
}

/** How long the steps took, without what lay between them; null when none has begun and ended. */
export function workSeconds(steps: readonly Done[]): number | null {
  return total(steps.map(secondsOf));
}

/** The same, but of a disaster only the recovery: it was made and destroyed before, in the same step. */
export function recoverySeconds(steps: readonly Done[]): number | null {
  return total(steps.map((done) => measured(done.state.outcome) ?? secondsOf(done)));
}

function secondsOf({ state: { startedAt, endedAt } }: Done): number | null {
  return startedAt === null || endedAt === null ? null : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
}

function total(seconds: readonly (number | null)[]): number | null {
  const known = seconds.filter((each) => each !== null);
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0);
}

/** What the action itself has measured. */
const Measured = z.object({ output: z.object({ recoverySeconds: z.number() }) });

function measured(outcome: StepState['outcome']): number | null {
  return Measured.safeParse(outcome).data?.output.recoverySeconds ?? null;
}

/** Every step was read back, and nothing was wrong but that it took longer than promised: the data is there. */
export function hasRecovered({ steps }: Part): boolean {
  const right = steps.every((done) => {
    const wrong = checksOf(done).filter(({ status }) => status === 'fail');
    return resultOf(done) === 'pass' || (wasDone(done) && wrong.length > 0 && wrong.every(isRto));
  });
  return right && steps.some(isRestoring);
}

function isRto({ name }: Check): boolean {
  return name.startsWith('RTO ');
}

export function isRestoring({ step }: Done): boolean {
  return RESTORING.includes(step.action);
}

/** Of what was done: what failed or could not be read back has no duration worth comparing. */
export function wasDone({ state }: Done): boolean {
  return state.outcome?.is === 'done';
}
