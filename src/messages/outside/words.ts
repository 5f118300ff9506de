// How people, their words and what happened are written where nothing is Slack: plain text, in which nothing can act.
import type { IncidentEntry } from '../../core/incident-log.ts';
import type { IncidentSight } from '../../core/incident-views.ts';
import type { System } from '../../core/system.ts';
import { asMeant, list } from '../../core/wording.ts';
import { plain } from '../blocks.ts';
import { LEVEL_WORDS } from '../incident-words.ts';
import { ended } from '../inline.ts';

/** Text of a person on one line, as it was meant. */
export function words(text: string, most = 600): string {
  return plain(asMeant(text.slice(0, 4 * most)), most);
}

/** Outside of Slack an id says nothing to anybody: the title under `contacts` does. */
export function personOf({ contacts }: Pick<System, 'contacts'>, id: string): string {
  const contact = Object.values(contacts).find(({ users }) => users.includes(id));
  return contact === undefined ? `Slack user ${plain(id, 40)}` : `${plain(contact.title, 80)} (${plain(id, 40)})`;
}

/** `Database corruption (corruption)` as it is titled, with its name. */
export function scenarioOf(name: string, { scenarios }: Pick<System, 'scenarios'>): string {
  const scenario = scenarios[name];
  return scenario === undefined ? plain(name, 60) : `${plain(scenario.title, 80)} (${plain(name, 60)})`;
}

/** What an entry has changed, as a sentence; null for entries of which nobody is told outside. */
export function newsOf(
  { incident, system }: Pick<IncidentSight, 'incident' | 'system'>,
  entry: IncidentEntry,
): string | null {
  const { id } = incident;
  const { event } = entry;
  switch (event.type) {
    case 'declared':
      return `${personOf(system, event.by)} declared ${id}, ${LEVEL_WORDS[event.level]}: ${ended(words(event.seen))}`;
    case 'level_set':
      return `${personOf(system, event.by)} set ${id} to ${LEVEL_WORDS[event.level]}.`;
    case 'acknowledged':
      return `${personOf(system, event.by)} acknowledged ${id}: nobody else is called.`;
    case 'updated':
      return `${personOf(system, event.by)}: ${ended(words(event.text))}`;
    case 'escalated': {
      const called = event.call.map((name) => plain(system.contacts[name]?.title ?? name, 80));
      return `Escalated: nobody has acknowledged ${id}. Called now: ${list(called)}.`;
    }
    case 'resolved':
      return `${personOf(system, event.by)} resolved ${id}: ${ended(words(event.text))}`;
    default:
      return null;
  }
}
