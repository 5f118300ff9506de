// The timeline of an incident: its own log and the journals of its operations, as numbered lines under their hashes.
import { type TimelineItem, timelineOf } from '../core/incident-timeline.ts';
import type { IncidentSight } from '../core/incident-views.ts';
import type { View } from '../core/views.ts';
import { count } from '../core/wording.ts';
import { context, cut, header, inert, section } from './blocks.ts';
import { tell } from './entry-line.ts';
import { incidentLine } from './incident-entry.ts';
import { headlineText } from './incident-words.ts';
import { ended } from './inline.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';

/** Of a long timeline its beginning and where it stands. */
const FIRST = 10;
const NEWEST = 40;

/** Whether the chain of the incident's log holds is said first. */
export function timelineMessage({ at, sight, broken }: View & { is: 'timeline' }): Message {
  const { incident, entries, operations } = sight;
  const now = new Date(at);
  const lines = timelineOf(entries, operations).flatMap((item) => lineOf(sight, item, now) ?? []);
  const shown =
    lines.length <= FIRST + NEWEST
      ? lines
      : [
          ...lines.slice(0, FIRST),
          `_… ${count(lines.length - FIRST - NEWEST, 'event')} in between not shown …_`,
          ...lines.slice(-NEWEST),
        ];
  const chain = broken === null ? 'The chain of its log holds' : `The chain of its log is BROKEN at entry ${broken}`;
  const all = count(lines.length, 'event');
  return message(`Timeline of ${incident.id}: ${all}. ${chain}. ${ended(headlineText(sight))}`, [
    header(`Timeline of ${incident.id}`),
    section(`*${headlineText(sight)}*\n${chain} (${count(entries.length, 'entry', 'entries')}). Times are UTC.`),
    ...paragraphs(shown, 5, (left) => `_… and ${count(left, 'newer event')} not shown._`),
    context(`${incident.id} · head ${inert(entries.at(-1)?.hash ?? 'none')}`),
  ]);
}

function lineOf(sight: IncidentSight, item: TimelineItem, now: Date): string | null {
  const line = item.is === 'incident' ? incidentLine(sight, item.entry, now) : tell(item.operation, item.entry)?.line;
  if (line === undefined) return null;
  return `• ${item.at.slice(0, 10)} ${item.at.slice(11, 19)} ${cut(line, 500)} _${inert(item.entry.hash.slice(0, 8))}_`;
}
