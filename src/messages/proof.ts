// What was read after the acts: checks with figures, sentences of evidence, and what was taken back.
import type { SectionBlock } from '@slack/types';
import { type Check, verdictOf } from '../core/check.ts';
import { isEnded, type Operation } from '../core/operation.ts';
import { count } from '../core/wording.ts';
import { inert } from './blocks.ts';
import { sentence } from './inline.ts';
import { paragraphs } from './paragraphs.ts';
import { evidenceLines, stepWord } from './step-words.ts';

/** One line per check, in the runbook's order, under the verdict. Empty when nothing was checked. */
export function checksOf({ plan, steps }: Operation): SectionBlock[] {
  return checkList(plan.steps.flatMap(({ id }) => steps[id]?.outcome?.evidence.checks ?? []));
}

/** The same for one step's checks. */
export function checkList(checks: readonly Check[]): SectionBlock[] {
  if (checks.length === 0) return [];
  const of = (status: Check['status']) => checks.filter((check) => check.status === status).length;
  const figures = `${of('pass')} PASS, ${of('warn')} WARN, ${of('fail')} FAIL`;
  // When there are too many for the message, those that are not right must not be the ones left out.
  const ordered = checks.length > 30 ? [...checks].sort((a, b) => Number(isPass(a)) - Number(isPass(b))) : checks;
  const lines = [`*Checks: verdict ${verdictOf(checks).toUpperCase()}* (${figures})`, ...ordered.map(checkLine)];
  return paragraphs(lines, 2, (left) => `… and ${count(left, 'more check')}; see the thread.`);
}

function checkLine({ name, status, figure, source }: Check): string {
  const word = status === 'pass' ? 'PASS' : `*${status.toUpperCase()}*`;
  const from = source === undefined ? '' : ` (${inert(source, 40)})`;
  return `${word} · ${inert(name, 100)}: ${sentence(figure, 300)}${from}`;
}

function isPass({ status }: Check): boolean {
  return status === 'pass';
}

/** The sentences of evidence, step by step: of the rehearsal while people decide, of everything once it has ended. */
export function proof(operation: Operation): SectionBlock[] {
  const { plan, steps, state, gatePassed } = operation;
  // While people decide they see what the rehearsal brought to light: it is what they decide about.
  const rehearsed = plan.gate !== null && !gatePassed && !isEnded(state);
  if (!rehearsed && !isEnded(state)) return [];
  const lines = plan.steps.flatMap(({ id }, at) => {
    const step = steps[id];
    if (step?.state !== 'done' && step?.state !== 'unverified' && step?.state !== 'failed') return [];
    const { outcome } = step;
    if (outcome === null) return [];
    const unclear = outcome.is === 'unverified' ? [`*unverified:* ${sentence(outcome.why, 300)}`] : [];
    return numbered(at + 1, [...unclear, ...evidenceLines(outcome.evidence)]);
  });
  if (lines.length === 0) return [];
  return paragraphs(
    [rehearsed ? '*Read back from the rehearsal*' : '*Read back after the act*', ...lines],
    2,
    (left) => `… and ${count(left, 'more line')}; see the thread.`,
  );
}

/** The lines of one step: the first with its number, the others under it. */
function numbered(number: number, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? `${number}. ${line}` : `    · ${line}`));
}

/** Which steps were taken back, with what was read afterwards, and which stay as they are. */
export function takenBack(operation: Operation, now: Date): SectionBlock[] {
  const { plan, steps, stopped, state } = operation;
  if (stopped === null) return [];
  const back = plan.steps.flatMap((step, at) => {
    const undone = steps[step.id]?.undone;
    if (undone === undefined || undone === null) return [];
    const read = evidenceLines(undone).join(' ');
    const tail = read === '' ? 'nothing was read back' : read;
    return [`${at + 1}. ${stepWord(operation, step, now)} · ${inert(step.title, 150)}: ${tail}`];
  });
  const kept = isEnded(state) ? standing(operation) : [];
  const first = back.length > 0 ? ['*Taken back*', ...back.reverse()] : [];
  const second = kept.length > 0 ? ['*Not taken back, and why*', ...kept] : [];
  if (first.length + second.length === 0) return paragraphs([nothingBack(operation)], 1, String);
  return paragraphs([...first, ...second], 2, (left) => `… and ${count(left, 'more line')}.`);
}

/** Changes that were made, or may have been, and that the plan could not take back. */
function standing({ plan, steps }: Operation): string[] {
  return plan.steps.flatMap(({ id, effect, title, undo, undoable }, at) => {
    const step = steps[id];
    if (effect === 'read' || step === undefined || step.state === 'waiting' || step.undone !== null) return [];
    if (step.outcome?.is === 'failed' && step.outcome.untouched) return [];
    return [`${at + 1}. ${inert(title, 150)}: ${undoable ? 'it was left' : sentence(undo, 200)}`];
  });
}

function nothingBack({ state, plan, gatePassed }: Operation): string {
  if (!isEnded(state)) return '*Taken back:* nothing yet.';
  const change =
    plan.gate !== null && !gatePassed ? ` No step behind the ${gateWord(plan.consent.kind)} was started.` : '';
  return `*Taken back:* nothing, there was nothing to take back.${change}`;
}

function gateWord(kind: Operation['plan']['consent']['kind']): string {
  return kind === 'typed' ? 'confirmation' : 'approval';
}
