// A reply in the thread of an incident's card, for one entry of its log.
import type { KnownBlock } from '@slack/types';
import type { IncidentEntry } from '../core/incident-log.ts';
import type { IncidentSight } from '../core/incident-views.ts';
import { utcTime } from '../core/wording.ts';
import { context, section } from './blocks.ts';
import { followUpControls } from './incident-controls.ts';
import { incidentLine } from './incident-entry.ts';
import { person } from './inline.ts';
import { type Message, message } from './message.ts';

/** What is to be done by then, at the latest (G29, G30, S12, P19). */
const FOLLOW_UPS: readonly { readonly hours: number; readonly text: string }[] = [
  { hours: 24, text: 'the root cause, the timeline, the blameless post-mortem, a closer watch until now' },
  { hours: 48, text: 'the debrief with everybody who took part, and the runbook brought up to date' },
  {
    hours: Number.POSITIVE_INFINITY,
    text: 'prevention: the action items, the figures (MTTD, MTTR, data lost), the training',
  },
];

/** A reminder can be answered: Done or Dismiss. */
export function incidentNote(sight: IncidentSight, entry: IncidentEntry, now: Date): Message {
  const line = incidentLine(sight, entry, now);
  const more = followUp(sight, entry);
  const { id } = sight.incident;
  return message([line, ...more.lines].join(' '), [
    section([line, ...more.lines].join('\n')),
    ...more.blocks,
    context(`${id} · entry ${entry.seq}, ${entry.hash.slice(0, 12)} · ${utcTime(entry.at)}`),
  ]);
}

type More = { readonly lines: readonly string[]; readonly blocks: readonly (KnownBlock | null)[] };

function followUp({ incident }: IncidentSight, { event }: IncidentEntry): More {
  if (event.type !== 'reminded') return { lines: [], blocks: [] };
  const { hours } = event;
  const due = FOLLOW_UPS.find((one) => hours <= one.hours)?.text ?? '';
  const whom = incident.resolved?.by ?? incident.declaredBy;
  const open = incident.followedUp[String(hours)] === undefined;
  return {
    lines: [`${person(whom)}, this is due: ${due}.`],
    blocks: open ? [followUpControls(incident.id, hours)] : [],
  };
}
