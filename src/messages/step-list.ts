// The steps of a plan as a numbered list, with the gate marked in it.
import type { SectionBlock } from '@slack/types';
import type { Operation } from '../core/operation.ts';
import type { Step } from '../core/plan.ts';
import { count } from '../core/wording.ts';
import { code, inert } from './blocks.ts';
import { paragraphs } from './paragraphs.ts';
import { stepWord } from './step-words.ts';

/** Longer lists leave out what is not near the work. */
const SHORT = 12;
/** With more steps than this, the commands would bury the list. */
const WITH_COMMANDS = 20;

/** While consent is open every step is shown with what it will run; afterwards long lists are folded. */
export function stepList(operation: Operation, now: Date): SectionBlock[] {
  const { plan } = operation;
  const open = operation.state === 'awaiting_approval' || operation.state === 'proposed';
  const near = open || plan.steps.length <= SHORT ? plan.steps.map(() => true) : nearTheWork(operation);
  const lines: string[] = [`*Steps* (${over(operation)} of ${plan.steps.length} done)`];
  for (const [at, step] of plan.steps.entries()) {
    if (plan.gate === at) lines.push(gateLine(operation));
    if (near[at] === true) lines.push(stepLine(operation, step, at, now, open && plan.steps.length <= WITH_COMMANDS));
    else if (near[at - 1] !== false || plan.gate === at) lines.push(foldedLine(operation, near, at));
  }
  return paragraphs(lines, 3, (left) => `… and ${count(left, 'more line')}; the plan has ${plan.steps.length} steps.`);
}

function stepLine(operation: Operation, step: Step, at: number, now: Date, withCommand: boolean): string {
  const word = stepWord(operation, step, now);
  const title = inert(step.title, 150);
  const line = `${at + 1}. ${word.startsWith('waiting') || word === 'not run' ? word : `*${word}*`} · ${title}`;
  const runs = withCommand ? code(step.runs, 250) : '';
  return runs === '' ? line : `${line}\n      ${runs}`;
}

function gateLine({ plan, gatePassed, state }: Operation): string {
  const what = plan.consent.kind === 'typed' ? 'confirmation' : 'approval';
  if (gatePassed) return `— ${what} given, passed here —`;
  return state === 'queued' ? `— ${what} given, everything is read once more here —` : `— ${what} needed from here —`;
}

/** Every step that is neither over without remark nor far ahead. */
function nearTheWork({ plan, steps }: Operation): boolean[] {
  const quiet = plan.steps.map(({ id }) => ['done', 'waiting'].includes(steps[id]?.state ?? 'waiting'));
  const next = plan.steps.findIndex(({ id }) => steps[id]?.state === 'waiting');
  const here = next === -1 ? plan.steps.length - 1 : next;
  return plan.steps.map((_step, at) => quiet[at] !== true || Math.abs(at - here) <= 2);
}

function foldedLine({ plan, steps }: Operation, near: readonly boolean[], from: number): string {
  const end = near.indexOf(true, from);
  const ahead = end === -1 ? plan.steps.length : end;
  // The line of the gate stands between what was before it and what is behind it.
  const to = plan.gate !== null && plan.gate > from ? Math.min(plan.gate, ahead) : ahead;
  const word = plan.steps.slice(from, to).every(({ id }) => steps[id]?.state === 'done') ? 'done' : 'waiting';
  return to - from === 1 ? `${from + 1}. ${word}` : `${from + 1}–${to}. ${word}`;
}

function over({ plan, steps }: Operation): number {
  return plan.steps.filter(({ id }) => ['done', 'unverified'].includes(steps[id]?.state ?? '')).length;
}
