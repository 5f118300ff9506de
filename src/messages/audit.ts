// The journal of an operation as numbered lines: when, who, what, with what evidence, under which hash.
import type { Entry, Event } from '../core/journal.ts';
import type { Operation } from '../core/operation.ts';
import type { View } from '../core/views.ts';
import { count, list, utc } from '../core/wording.ts';
import { context, cut, header, inert, section } from './blocks.ts';
import { tell } from './entry-line.ts';
import { ended, person } from './inline.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';
import { stepName } from './step-words.ts';

/** How much of a long journal is shown: its beginning says who asked for what, its end where it stands. */
const FIRST = 5;
const NEWEST = 35;

/** Progress is left out, and the middle of a long journal; both is said. A broken entry is always shown. */
export function auditMessage({ operation, entries, broken }: View & { is: 'audit' }): Message {
  const { id, plan } = operation;
  const told = entries.filter(({ event, seq }) => event.type !== 'step_progress' || seq === broken);
  const progress = entries.length - told.length;
  const middle = told.slice(FIRST, Math.max(FIRST, told.length - NEWEST));
  const lines = told.flatMap((entry) => {
    if (!middle.includes(entry) || entry.seq === broken) return [lineOf(operation, entry, entry.seq === broken)];
    return entry === middle[0]
      ? [`_… entries ${entry.seq} to ${middle.at(-1)?.seq ?? entry.seq} are not shown …_`]
      : [];
  });
  const chain = broken === null ? 'The chain holds' : `The chain is BROKEN at entry ${broken}`;
  const all = count(entries.length, 'entry', 'entries');
  const omitted = progress === 0 ? '' : ` ${count(progress, 'entry', 'entries')} about progress not listed.`;
  return message(`Journal of ${id}: ${all}. ${chain}.`, [
    header(`Journal of ${id}: ${plan.headline}`),
    section(`*${chain}* (${all}). Times are UTC.${omitted}`),
    ...paragraphs(lines, 5, (left) => `_… and ${count(left, 'newer entry', 'newer entries')} not shown._`),
    context(`plan ${operation.digest} · head ${entries.at(-1)?.hash ?? 'none'}`),
  ]);
}

function lineOf(operation: Operation, entry: Entry, broken: boolean): string {
  const { seq, at, hash } = entry;
  const mark = broken ? '*BROKEN* ' : '';
  return `${seq}. ${mark}${utc(at).slice(0, 10)} ${at.slice(11, 19)} ${cut(whatOf(operation, entry), 500)} _${inert(hash.slice(0, 8))}_`;
}

function whatOf(operation: Operation, entry: Entry): string {
  const told = tell(operation, entry);
  if (told === null) return quietLine(operation, entry.event);
  const checks = told.checks.map(({ name, status, figure }) => {
    return ended(`${status.toUpperCase()} ${inert(name, 60)}: ${inert(figure, 100)}`);
  });
  return [told.line, ...told.details, ...checks].join(' ');
}

/** Entries that nobody is told of but that an audit must show. */
function quietLine(operation: Operation, event: Event): string {
  switch (event.type) {
    case 'proposed':
      return `${person(event.by)} asked for it; plan ${inert(event.digest.slice(0, 12))}.`;
    case 'consented':
      return `The rule is satisfied${votersOf(operation)}.`;
    case 'started':
      return 'Work began.';
    case 'step_started':
      return `About to do ${stepName(operation, event.step)}.`;
    case 'undo_started':
      return `About to take back ${stepName(operation, event.step)}.`;
    case 'step_progress':
      return `Progress of ${stepName(operation, event.step)}.`;
    default:
      return `${inert(event.type)}.`;
  }
}

function votersOf({ votes }: Operation): string {
  return votes.length === 0 ? '' : `; approvals that count: ${list(votes.map(({ by }) => person(by)))}`;
}
