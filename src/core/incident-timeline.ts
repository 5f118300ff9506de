// One timeline of an incident: its own log and the journals of its operations, in the order in which things happened (S12).
import type { IncidentEntry } from './incident-log.ts';
import type { Linked } from './incident-views.ts';
import type { Entry } from './journal.ts';
import type { Operation } from './operation.ts';

export type TimelineItem =
  | { readonly is: 'incident'; readonly at: string; readonly entry: IncidentEntry }
  | { readonly is: 'operation'; readonly at: string; readonly operation: Operation; readonly entry: Entry };

/** Oldest first. At the same moment the incident's own entry comes first. */
export function timelineOf(entries: readonly IncidentEntry[], operations: readonly Linked[]): TimelineItem[] {
  const own = entries.map((entry): TimelineItem => ({ is: 'incident', at: entry.at, entry }));
  const theirs = operations.flatMap(({ operation, entries: journal }) => {
    return journal.map((entry): TimelineItem => ({ is: 'operation', at: entry.at, operation, entry }));
  });
  // The sort is stable.
  return [...own, ...theirs].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
