// What the public reads on the status page: the line of the system file, sentences that people meant for it, and the end (G24).
import type { IncidentEntry } from '../../core/incident-log.ts';
import type { Notice } from '../../core/incident-ports.ts';
import type { IncidentSight } from '../../core/incident-views.ts';
import { plain } from '../blocks.ts';
import { publicText } from '../incident-public.ts';
import { ended } from '../inline.ts';
import { words } from './words.ts';

type Sight = Pick<IncidentSight, 'incident' | 'system'>;

/** Nothing of what is seen inside: not the words of the declaration, no name, no number. */
export function pageTitle({ system }: Pick<Sight, 'system'>): string {
  return `Problem with ${plain(system.title, 80)}`;
}

/** By it an incident is known again on pages that keep no metadata; a customer may quote it. */
export function pageReference({ incident }: Pick<Sight, 'incident'>): string {
  return `(Reference: ${incident.id})`;
}

/** Null when there is nothing in it for the public. */
export function pageText(sight: Sight, { is }: Notice, entry: IncidentEntry | null, now: Date): string | null {
  switch (is) {
    case 'declared':
      return `${firstText(sight)} ${pageReference(sight)}`;
    case 'updated':
      return entry?.event.type === 'updated' && entry.event.public ? ended(words(entry.event.text, 1000)) : null;
    case 'ongoing':
    case 'resolved':
      return publicText(sight, now);
    case 'acknowledged':
    case 'escalated':
      return null;
  }
}

/** The line of the system file, as it was at the declaration: it reads the same in every attempt. */
function firstText({ incident, system }: Sight): string {
  const atFirst = { ...incident, words: [], resolved: null };
  return publicText({ incident: atFirst, system }, new Date(incident.declaredAt));
}
