// Which entries of an incident are told, and where: its card and thread in Slack, and by its level what is told outside.
import type { Incident } from '../core/incident.ts';
import type { IncidentEntry, IncidentEventType } from '../core/incident-log.ts';
import { notifiersFor } from '../core/incident-notices.ts';
import type { AddressedNotice, NarrateIncident, Notice, NotifierName } from '../core/incident-ports.ts';
import type { Telling } from '../core/ports.ts';
import type { System } from '../core/system.ts';

const WORTH_A_NOTE: readonly IncidentEventType[] = [
  'acknowledged',
  'level_set',
  'scenario_set',
  'updated',
  'channel',
  'linked',
  'overdue',
  'escalated',
  'resolved',
  'reminded',
  'followed_up',
];

/** Notices go by the rules of the incident's system; one whose system is gone is told in Slack only. */
export function createNarrateIncident(systems: readonly System[]): NarrateIncident {
  return (incident, entries) => {
    const notes = entries
      .filter(({ event }) => WORTH_A_NOTE.includes(event.type))
      .map(({ seq }): Telling => ({ kind: 'note', seq }));
    const over = entries.some(({ event }) => event.type === 'resolved');
    const last: Telling[] = over ? [{ kind: 'update', period: 'last' }] : [];
    const system = systems.find(({ name }) => name === incident.system);
    const notices = system === undefined ? [] : entries.flatMap((entry) => noticesOf(incident, entry, system));
    return { tellings: [{ kind: 'card' }, ...notes, ...last], notices };
  };
}

function noticesOf(incident: Incident, { seq, event }: IncidentEntry, system: System): AddressedNotice[] {
  const to = (is: Notice['is'], names: readonly NotifierName[]) => names.map((notifier) => ({ notifier, is, seq }));
  switch (event.type) {
    case 'level_set': {
      // Those whom the former levels did not concern hear of it as of something new.
      const known = notifiersFor('declared', { levels: incident.levels.slice(0, -1) }, system);
      const all = notifiersFor('declared', incident, system);
      return to(
        'declared',
        all.filter((name) => !known.includes(name)),
      );
    }
    case 'updated':
      return event.public ? to('updated', notifiersFor('updated', incident, system)) : [];
    case 'declared':
    case 'acknowledged':
    case 'escalated':
    case 'resolved':
      return to(event.type, notifiersFor(event.type, incident, system));
    default:
      return [];
  }
}
