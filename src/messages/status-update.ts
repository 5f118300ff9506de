// The update that is due every 15 minutes while an operation is open, and the closing one. Composed from the journal only.

import { ruleText } from '../core/consent.ts';
import { outlookOf } from '../core/eta.ts';
import type { Entry } from '../core/journal.ts';
import { isEnded, type Operation } from '../core/operation.ts';
import { ago, count, utcShort } from '../core/wording.ts';
import { tallyText } from './approvals.ts';
import { context, header, inert, section } from './blocks.ts';
import { tell } from './entry-line.ts';
import { person } from './inline.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';
import { checksOf, proof, takenBack } from './proof.ts';
import { situation, timeLeft, work } from './situation.ts';
import { headlineOf, stateWord } from './state-words.ts';
import { undoLine } from './undo-line.ts';

/** `period`: the n-th interval since the proposal, or the last update of all. */
type When = { readonly period: number | 'last'; readonly now: Date; readonly everyMinutes: number };

/** Says what happened since the last update, also when that is nothing. */
export function statusUpdate(operation: Operation, entries: readonly Entry[], when: When): Message {
  return when.period === 'last' ? closing(operation, entries, when) : between(operation, entries, when.period, when);
}

function between(
  operation: Operation,
  entries: readonly Entry[],
  period: number,
  { now, everyMinutes }: When,
): Message {
  const { id, plan } = operation;
  const since = momentOf(operation, period - 1, everyMinutes);
  const told = happened(operation, entries, since, now);
  const { over, all } = outlookOf(operation, now);
  const lines = [
    `*Now:* ${situation(operation, now)}`,
    isEnded(operation.state)
      ? ''
      : `*Steps:* ${over} of ${all} are over; ${work(operation, now)}. *Time left, waiting not counted:* ${timeLeft(operation, now)}.`,
    waitingLine(operation, entries, now),
  ];
  const next = isEnded(operation.state)
    ? 'No further update is due.'
    : `Next update due at ${nextDue(operation, everyMinutes, now)}.`;
  const text = `Update ${period} on ${id}, ${inert(headlineOf(operation), 250)}. ${situation(operation, now)} ${next}`;
  return message(text, [
    header(`Update ${period}: ${headlineOf(operation)}`),
    section(lines.filter((line) => line !== '').join('\n')),
    ...sinceList(told, since, now),
    context(`${id} · ${inert(plan.target.name, 80)}`, next),
  ]);
}

function closing(operation: Operation, entries: readonly Entry[], { now, everyMinutes }: When): Message {
  const { id, plan } = operation;
  const number = 1 + periodsUntil(operation, operation.endedAt ?? now.toISOString(), everyMinutes);
  const since = momentOf(operation, number - 1, everyMinutes);
  const text = `Last update on ${id}, ${inert(headlineOf(operation), 250)}. ${situation(operation, now)}`;
  return message(text, [
    header(`Last update: ${headlineOf(operation)}`),
    section(`*Outcome: ${stateWord(operation)}*. ${situation(operation, now)}`),
    ...takenBack(operation, now),
    ...checksOf(operation),
    ...proof(operation),
    section(undoLine(operation)),
    ...sinceList(happened(operation, entries, since, now), since, now),
    context(`${id} · ${inert(plan.target.name, 80)}`, 'No further update is due.'),
  ]);
}

function sinceList(told: readonly string[], since: string, now: Date) {
  const from = utcShort(since, now);
  if (told.length === 0) return [section(`*Nothing changed since ${from}.*`)];
  return paragraphs(
    [`*Since ${from}:*`, ...told],
    3,
    (left) => `… and ${count(left, 'more event')}; see the thread of the card.`,
  );
}

function happened(operation: Operation, entries: readonly Entry[], since: string, now: Date): string[] {
  return entries
    .filter(({ at, event }) => (at > since || event.type === 'proposed') && at >= since)
    .flatMap((entry) => {
      if (entry.event.type === 'proposed')
        return [`• ${utcShort(entry.at, now)} ${person(entry.event.by)} asked for it.`];
      const told = tell(operation, entry);
      return told === null ? [] : [`• ${utcShort(entry.at, now)} ${told.line}`];
    });
}

/** Who has to do something before it goes on, and since when. */
function waitingLine(operation: Operation, entries: readonly Entry[], now: Date): string {
  const { state, plan, requestedBy, expiresAt } = operation;
  const until = expiresAt === null ? '' : `, until ${utcShort(expiresAt, now)}`;
  const since = waitingSince(operation, entries);
  const how = `since ${utcShort(since, now)} (${ago(since, now)})${until}`;
  switch (state) {
    case 'proposed':
      return `*Waiting for:* ${person(requestedBy)} to confirm, ${how}.`;
    case 'awaiting_approval':
      return `*Waiting for:* ${tallyText(operation)}, ${how}. Rule: ${inert(ruleText(plan.consent), 400)}.`;
    case 'needs_human':
      return `*Waiting for:* a person's answer on the card, ${how}.`;
    default:
      return '*Waiting for:* nobody.';
  }
}

function waitingSince({ state, last, proposedAt }: Operation, entries: readonly Entry[]): string {
  const beginnings = state === 'needs_human' ? ['asked', 'undo_failed'] : ['voided'];
  const begun = entries.findLast(({ event }) => beginnings.includes(event.type));
  return begun?.at ?? (state === 'needs_human' ? last.at : proposedAt);
}

function periodsUntil({ proposedAt }: Operation, moment: string, everyMinutes: number): number {
  return Math.max(0, Math.floor((Date.parse(moment) - Date.parse(proposedAt)) / (everyMinutes * 60_000)));
}

/** The end of the n-th interval. */
function momentOf({ proposedAt }: Operation, period: number, everyMinutes: number): string {
  return new Date(Date.parse(proposedAt) + Math.max(0, period) * everyMinutes * 60_000).toISOString();
}

function nextDue(operation: Operation, everyMinutes: number, now: Date): string {
  const passed = periodsUntil(operation, now.toISOString(), everyMinutes);
  return utcShort(momentOf(operation, passed + 1, everyMinutes), now);
}
