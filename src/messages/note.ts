// A reply in the thread of a card, for one journal entry.
import type { Entry } from '../core/journal.ts';
import type { Operation } from '../core/operation.ts';
import { utcTime } from '../core/wording.ts';
import { context, section } from './blocks.ts';
import { tell } from './entry-line.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';
import { checkList } from './proof.ts';

/** Null for entries that are not worth telling. */
export function note(operation: Operation, entry: Entry): Message | null {
  const told = tell(operation, entry);
  if (told === null) return null;
  const details = told.details.map((detail) => `• ${detail}`);
  return message([told.line, ...told.details.slice(0, 3)].join(' '), [
    section(told.line),
    ...paragraphs(details, 2, (left) => `… and ${left} more.`),
    ...checkList(told.checks),
    context(`${operation.id} · entry ${entry.seq}, ${entry.hash.slice(0, 12)} · ${utcTime(entry.at)}`),
  ]);
}
