// The root message of an operation: posted once, then edited in place through all its states.
import type { KnownBlock, SectionBlock } from '@slack/types';
import type { Operation } from '../core/operation.ts';
import { utc, utcTime } from '../core/wording.ts';
import { approvals } from './approvals.ts';
import { code, context, divider, header, inert, section } from './blocks.ts';
import { consequences } from './consequences.ts';
import { controls } from './controls.ts';
import { person } from './inline.ts';
import { type Message, message } from './message.ts';
import { checksOf, proof, takenBack } from './proof.ts';
import { question } from './question.ts';
import { situation } from './situation.ts';
import { headlineOf } from './state-words.ts';
import { stepList } from './step-list.ts';
import { undoLine } from './undo-line.ts';

/** Everything about the operation at this moment, from what it will destroy to what was proven. */
export function card(operation: Operation, now: Date): Message {
  const { id, plan } = operation;
  const text = `${id} ${inert(headlineOf(operation), 250)}. ${situation(operation, now)}`;
  const results = [...takenBack(operation, now), ...checksOf(operation), ...proof(operation)];
  const planned = [context(`The plan, as read at ${utc(plan.proposedAt)}`), ...consequences(plan)];
  const blocks: (KnownBlock | null)[] = [
    header(headlineOf(operation)),
    section(askedLine(operation)),
    section(`*Now:* ${situation(operation, now)}${stopLine(operation)}`),
    ...question(operation, now),
    ...(isDeciding(operation) ? [...planned, ...results] : [...results, divider(), ...planned]),
    ...stepList(operation, now),
    approvals(operation, now),
    participants(operation),
    section(undoLine(operation)),
    controls(operation),
    context(stamp(operation, now)),
  ];
  return message(text, blocks);
}

/** Who decides reads first what it would do; afterwards what it did comes first. */
function isDeciding({ state }: Operation): boolean {
  return state === 'proposed' || state === 'awaiting_approval' || state === 'queued';
}

/** Of a drill: who has joined it. */
function participants({ plan, joined }: Operation): SectionBlock | null {
  if (plan.verb !== 'drill') return null;
  return section(`*Take part:* ${joined.length === 0 ? 'nobody has joined yet' : joined.map(person).join(' ')}`);
}

function askedLine({ id, plan, requestedBy, proposedAt }: Operation): string {
  return `*${id}* · ${code(plan.command)} · asked by ${person(requestedBy)} at ${utc(proposedAt)}`;
}

/** Who stopped it; the reason itself is said by the situation. */
function stopLine({ stopped }: Operation): string {
  return stopped === null || stopped.by === null ? '' : ` Stopped by ${person(stopped.by)}.`;
}

/** The plan that was shown, and the newest entry of the journal: a witness against a journal that loses its end. */
function stamp({ digest, last }: Operation, now: Date): string {
  return `plan ${digest.slice(0, 12)} · journal entry ${last.seq}, ${last.hash.slice(0, 12)} · as of ${utcTime(now.toISOString())}`;
}
