// What one journal entry tells a person, as a line with its evidence; null for entries that are not worth telling.
import type { Check } from '../core/check.ts';
import type { Entry, Event } from '../core/journal.ts';
import { lastToUndo } from '../core/next-move.ts';
import type { Operation } from '../core/operation.ts';
import { clock, list, span } from '../core/wording.ts';
import { tallyText } from './approvals.ts';
import { code, inert } from './blocks.ts';
import { capital, ended, person, sentence } from './inline.ts';
import { evidenceLines, stepName } from './step-words.ts';

/** `line` is one paragraph of markup, `details` are sentences of evidence; all made inert. */
export type Told = { readonly line: string; readonly details: readonly string[]; readonly checks: readonly Check[] };

/** The entry as it reads in the thread and in status updates. `operation` may be further than the entry. */
export function tell(operation: Operation, { event, at }: Entry): Told | null {
  const { id, plan } = operation;
  switch (event.type) {
    case 'confirmed':
      return line(`${person(event.by)} confirmed ${id} by typing the name of the target.`);
    case 'approved':
      return line(approvedLine(operation, event, at));
    case 'voided':
      return line(`${ended(`${voided(event.by)}: ${sentence(event.why)}`)} ${id} waits for approval again.`);
    case 'started':
      return plan.gate === null ? null : line(gateLine(operation));
    case 'step_ended':
      return stepLine(operation, event, at);
    case 'asked':
      if (isTask(operation, event.step)) {
        return line(
          `${capital(stepName(operation, event.step))}: a person's turn. ${ended(sentence(event.why, 1000))}`,
        );
      }
      return line(
        `${capital(needs(operation, event.step, event.why))} Nothing is done until a person answers on the card.`,
      );
    case 'undo_failed':
      return line(`Taking back ${needs(operation, event.step, event.why)} A person must decide on the card.`);
    case 'answered':
      return line(`${person(event.by)} answered about ${stepName(operation, event.step)}: ${answer(operation, event)}`);
    case 'stopped':
      return line(stoppedLine(operation, event));
    case 'undo_ended':
      return {
        line: `Taken back: ${stepName(operation, event.step)}.${event.evidence.says.length === 0 ? ' Unverified: nothing was read back.' : ''}`,
        details: evidenceLines(event.evidence),
        checks: event.evidence.checks,
      };
    case 'finished':
      return line(finishedLine(operation, event, at));
    case 'joined':
      return line(`${person(event.by)} takes part in ${id}.`);
    case 'undone':
      return line(`${id} was taken back by ${event.operation}.`);
    case 'proposed':
    case 'consented':
    case 'step_started':
    case 'step_progress':
    case 'undo_started':
      return null;
  }
}

function line(text: string): Told {
  return { line: text, details: [], checks: [] };
}

function approvedLine(operation: Operation, { by, roles, factor }: Event & { type: 'approved' }, at: string): string {
  // Approvals as they stood then: later ones are not counted yet.
  const votes = operation.votes.filter((vote) => vote.at <= at);
  const standing = votes.some((vote) => vote.by === by && vote.at === at);
  const tail = standing ? ` ${tallyText({ plan: operation.plan, votes })}.` : '';
  const how = factor === undefined ? '' : ', with a one-time code';
  return `${person(by)} approved ${operation.id} as ${inert(list(roles), 200)}${how}.${tail}`;
}

function voided(by: readonly string[]): string {
  const people = list(by.map(person));
  return by.length === 1 ? `The approval by ${people} no longer counts` : `The approvals by ${people} no longer count`;
}

function gateLine({ plan }: Operation): string {
  const read = 'The target, the backup and the release were read again and are as planned';
  const people = plan.consent.kind === 'approvals' ? '; the approvers still hold their roles' : '';
  return `${read}${people}. From here on ${inert(plan.target.name, 80)} is changed.`;
}

function stepLine(operation: Operation, { step, outcome, adopted }: Event & { type: 'step_ended' }, at: string): Told {
  const startedAt = operation.steps[step]?.startedAt ?? null;
  const seconds = startedAt === null ? null : (Date.parse(at) - Date.parse(startedAt)) / 1000;
  const took = seconds === null || seconds < 0 ? '' : ` in ${clock(seconds)}`;
  const name = capital(stepName(operation, step));
  const before = adopted ? ' It had happened when the step was taken up again; it was not done twice.' : '';
  const rest = { details: evidenceLines(outcome.evidence), checks: outcome.evidence.checks };
  switch (outcome.is) {
    case 'done':
      return { line: `${name}: done${took}.${before}`, ...rest };
    case 'unverified':
      return { line: `${name}: ended${took}, *unverified*. ${ended(sentence(outcome.why))}${before}`, ...rest };
    case 'failed': {
      const untouched = outcome.untouched ? ' It is certain that it changed nothing.' : '';
      return { line: `${name}: *failed*${took}. ${ended(sentence(outcome.why))}${untouched}${before}`, ...rest };
    }
  }
}

function needs(operation: Operation, step: string, why: string): string {
  return `${stepName(operation, step)}: it is not known what happened: ${ended(sentence(why))}`;
}

function isTask({ plan }: Operation, id: string): boolean {
  return plan.steps.some((step) => step.id === id && step.action === 'person.task');
}

/** Whether the question was about the step or about taking it back is no longer known, unless the answer left a trace. */
function answer(operation: Operation, { verdict, step, by }: Event & { type: 'answered' }): string {
  const { steps } = operation;
  if (verdict === 'happened' && isTask(operation, step)) return 'done.';
  if (verdict === 'happened') return 'it happened. It was not read back, so it counts as unverified.';
  if (verdict === 'did_not') return 'it did not happen. It is tried again.';
  const left = steps[step]?.undone?.says.some((text) => text.startsWith(`<@${by}> decided to leave`)) ?? false;
  return left ? 'it is left as it is.' : 'abandon. No further step; what was done is taken back.';
}

function stoppedLine(operation: Operation, { why, by }: Event & { type: 'stopped' }): string {
  const reason = ended(sentence(why, 600, by === null ? [] : [by]));
  return `${operation.id} was stopped: ${reason} ${backLine(operation)}`;
}

/** The note may be composed when everything has been taken back already. */
function backLine(operation: Operation): string {
  const isBack = Object.values(operation.steps).some(({ state }) => state === 'undoing' || state === 'undone');
  if (isBack || lastToUndo(operation) !== undefined) return 'What was done is taken back, last step first.';
  return 'There was nothing to take back.';
}

function finishedLine(
  { id, proposedAt, plan }: Operation,
  { outcome }: Event & { type: 'finished' },
  at: string,
): string {
  const after = span((Date.parse(at) - Date.parse(proposedAt)) / 1000);
  const way =
    plan.undo.possible && ['succeeded', 'unverified'].includes(outcome) ? ` Undo: ${code(`/dr undo ${id}`)}.` : '';
  return `${id} ended: *${outcome.toUpperCase()}*, ${after} after it was asked for.${way}`;
}
