// A reply in the thread of a card, for one journal entry.
import type { Entry } from '../core/journal.ts';
import type { Operation } from '../core/operation.ts';
import type { System } from '../core/system.ts';
import { utcTime } from '../core/wording.ts';
import { calledLine } from './approvals.ts';
import { context, section } from './blocks.ts';
import { tell } from './entry-line.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';
import { checkList } from './proof.ts';

/** Null for entries that are not worth telling. `roles`: those of the system, so that whoever is waited for hears of it. */
export function note(operation: Operation, entry: Entry, roles: System['roles']): Message | null {
  const told = entry.event.type === 'proposed' ? null : tell(operation, entry);
  const called = ['proposed', 'voided'].includes(entry.event.type) ? calledLine(operation, roles) : null;
  if (told === null) return called === null ? null : message(called, [section(called)]);
  const details = told.details.map((detail) => `• ${detail}`);
  return message([told.line, ...told.details.slice(0, 3)].join(' '), [
    section([told.line, called].filter((line) => line !== null).join('\n')),
    ...paragraphs(details, 2, (left) => `… and ${left} more.`),
    ...checkList(told.checks),
    context(`${operation.id} · entry ${entry.seq}, ${entry.hash.slice(0, 12)} · ${utcTime(entry.at)}`),
  ]);
}
