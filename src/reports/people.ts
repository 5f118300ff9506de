// Whom the logs of an incident name, and what people are, as far as the system file says so.
import type { IncidentEntry, IncidentEvent } from '../core/incident-log.ts';
import type { Linked } from '../core/incident-views.ts';
import type { Event } from '../core/journal.ts';
import type { System } from '../core/system.ts';
import type { People } from './document.ts';

/** Everybody whom the logs of an incident and of its operations name. */
export function peopleOfIncident(entries: readonly IncidentEntry[], operations: readonly Linked[]): string[] {
  const all = [...entries, ...operations.flatMap((linked) => linked.entries)];
  return [
    ...new Set(all.flatMap(({ event }) => [...('by' in event ? [event.by].flat() : []), ...calledIn(event)])),
  ].filter((id) => id !== null);
}

function calledIn(event: IncidentEvent | Event): readonly string[] {
  return event.type === 'overdue' ? event.call : [];
}

/** What each of them is: a contact's title, else the first role that names them. A group's members are not known here. */
export function titlesOf(ids: readonly string[], { roles, contacts }: Pick<System, 'roles' | 'contacts'>): People {
  const named = ids.flatMap((id) => {
    const contact = Object.values(contacts).find(({ users }) => users.includes(id));
    const role = Object.entries(roles).find(([, holders]) => 'users' in holders && holders.users.includes(id));
    const title = contact?.title ?? role?.[0];
    return title === undefined ? [] : [[id, title]];
  });
  return Object.fromEntries(named);
}
