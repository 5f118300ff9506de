// How a single step stands, in words: done, running with what is left of it, waiting, taken back.
import type { Evidence } from '../core/action.ts';
import { outlookOf } from '../core/eta.ts';
import { isEnded, type Operation, type StepState } from '../core/operation.ts';
import type { Step } from '../core/plan.ts';
import { clock, span } from '../core/wording.ts';
import { inert } from './blocks.ts';
import { sentence } from './inline.ts';

/** `done 00:41`, `running 45 %, about 20 s left`, `waiting`, `undone`. */
export function stepWord(operation: Operation, step: Step, now: Date): string {
  const state = operation.steps[step.id];
  if (operation.question?.step === step.id) {
    return { undo: 'TAKING BACK, UNKNOWN', step: 'UNKNOWN', task: "A PERSON'S TURN" }[operation.question.about];
  }
  switch (state?.state) {
    case 'running':
      return isEnded(operation.state) || operation.state === 'unwinding'
        ? 'INTERRUPTED'
        : runningWord(operation, step, state, now);
    case 'done':
      return `done ${took(state)}`.trimEnd();
    case 'unverified':
      return `UNVERIFIED ${took(state)}`.trimEnd();
    case 'failed':
      return `FAILED ${took(state)}`.trimEnd();
    case 'undoing':
      return 'taking back';
    case 'undone':
      return undoneWord(state.undone);
    default:
      return waitingWord(operation, step);
  }
}

/** How long the step took: `00:41`. */
function took({ startedAt, endedAt }: Pick<StepState, 'startedAt' | 'endedAt'>): string {
  return startedAt === null || endedAt === null ? '' : clock((Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
}

function runningWord(operation: Operation, step: Step, { startedAt, progress }: StepState, now: Date): string {
  const percent = progress?.percent ?? null;
  const share = percent === null ? '' : ` ${Math.round(Math.min(100, Math.max(0, percent)))} %`;
  const note = progress === null || progress.note === '' ? '' : ` (${inert(progress.note, 80)})`;
  const elapsed = startedAt === null ? 0 : (now.getTime() - Date.parse(startedAt)) / 1000;
  return `running${share}, ${leftOf(operation, step, elapsed, now)}${note}`;
}

function leftOf(operation: Operation, step: Step, elapsed: number, now: Date): string {
  // The outlook over this step alone.
  const { secondsLeft } = outlookOf({ ...operation, plan: { ...operation.plan, steps: [step] } }, now);
  if (secondsLeft === null) return `for ${span(elapsed)}, never timed here`;
  if (secondsLeft >= 1) return `about ${span(secondsLeft)} left`;
  return `for ${span(elapsed)}, longer than the usual ${span(step.expectedSeconds ?? elapsed)}`;
}

function waitingWord({ state, stopped }: Operation, { expectedSeconds }: Step): string {
  if (stopped !== null || isEnded(state)) return 'not run';
  return expectedSeconds === null || expectedSeconds < 1 ? 'waiting' : `waiting, takes about ${span(expectedSeconds)}`;
}

/** What core/operation.ts writes for evidence when a person decided what becomes of a step. */
const PERSON_SAID = /^<@([A-Z0-9]+)> (says so; it was not read back|decided to leave it as it is|has done it)\.$/;

/** Whether taking a step back was read back, and is not only a person's word. */
export function isRead({ says, checks }: Evidence): boolean {
  return says.length + checks.length > 0 && !says.some((text) => PERSON_SAID.test(text));
}

function undoneWord(undone: Evidence | null): string {
  if (undone === null || isRead(undone)) return 'undone';
  const left = undone.says.some((text) => PERSON_SAID.exec(text)?.[2]?.startsWith('decided') === true);
  return left ? 'LEFT AS IT IS' : 'undone, unverified';
}

/** Evidence as sentences, made inert. */
export function evidenceLines(evidence: Evidence): string[] {
  return evidence.says.map((text) => {
    const by = PERSON_SAID.exec(text)?.[1];
    return sentence(text, 300, by === undefined ? [] : [by]);
  });
}

/** `step 2 of 8, “Restore a001 into it”`; made inert. */
export function stepName({ plan }: Operation, id: string): string {
  const at = plan.steps.findIndex((step) => step.id === id);
  return `step ${at + 1} of ${plan.steps.length}, “${inert(plan.steps[at]?.title ?? id, 120)}”`;
}
