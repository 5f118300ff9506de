// Where an incident is told that has a channel of its own: said in the channel of its system, and as the topic of its own.
import type { IncidentSight } from '../core/incident-views.ts';
import { inert, section } from './blocks.ts';
import { LEVEL_WORDS } from './incident-words.ts';
import { type Message, message } from './message.ts';

/** `channel` is the id of its own. */
export function pointer({ incident, system }: IncidentSight, channel: string): Message {
  const { id, level, seen } = incident;
  const text = `${id}, ${LEVEL_WORDS[level]}, ${inert(system.title, 80)}: ${inert(seen, 300)}`;
  return message(`${text} It is told in a channel of its own.`, [section(`${text}\nIt is told in <#${channel}>.`)]);
}

/** At most 250 characters, which nothing is made of. */
export function topicOf({ incident, system }: IncidentSight): string {
  return `${incident.id} of ${system.title}: ${incident.seen}`.replaceAll(/[<>&\s]+/g, ' ').slice(0, 240);
}
