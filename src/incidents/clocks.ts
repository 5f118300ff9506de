// What time brings: the events of an incident that are due now. Pure, and each is returned until it stands in the log: once.
import type { Incident } from '../core/incident.ts';
import { tickKey } from '../core/incident.ts';
import { clocksOf, ladderOf } from '../core/incident-clocks.ts';
import type { IncidentEvent, Milestone } from '../core/incident-log.ts';
import { CHECKLISTS } from '../core/incident-rules.ts';
import type { Operation } from '../core/operation.ts';
import type { System } from '../core/system.ts';
import { evidenceOf, type Looked } from './evidence.ts';

const HOUR = 3_600_000;

export type Given = Looked & { readonly system: System; readonly now: Date };

/** In the order in which they are to be appended. Points that are reached now are not overdue. */
export function dueEvents(given: Given): IncidentEvent[] {
  const reached = reachedNow(given);
  const known = new Set(reached.map(({ milestone }) => milestone));
  return [
    ...reached,
    ...overdueNow(given).filter(({ what }) => what === 'rto' || !known.has(what)),
    ...callsNow(given),
    ...ticksNow(given),
    ...remindersNow(given),
  ];
}

type Of<T extends IncidentEvent['type']> = Extract<IncidentEvent, { type: T }>;

/** Points that Holdfast sees for itself. After the end only the review is still of interest. */
function reachedNow({ incident, system, operations }: Given): Of<'reached'>[] {
  const open = incident.resolved === null;
  const notes: Readonly<Record<Milestone, string | null>> = {
    diagnosed: open ? diagnosis(incident, operations) : null,
    decided: open ? noteOf(operations[0], 'was planned') : null,
    started: open
      ? noteOf(
          operations.find(({ gatePassed }) => gatePassed),
          'has passed its gate',
        )
      : null,
    review: isReviewTicked(incident, system) ? 'the review is scheduled, as ticked on the checklist' : null,
  };
  return (Object.keys(notes) as Milestone[]).flatMap((milestone) => {
    const note = notes[milestone];
    if (note === null || incident.reached[milestone] !== undefined) return [];
    return [{ type: 'reached', milestone, by: null, note }];
  });
}

/** Whoever plans a recovery has found out what is wrong. */
function diagnosis({ scenario }: Incident, [operation]: readonly Operation[]): string | null {
  return scenario === null ? noteOf(operation, 'was planned') : `the scenario is ${scenario}`;
}

function noteOf(operation: Operation | undefined, what: string): string | null {
  return operation === undefined ? null : `${operation.id} ${what}`;
}

function isReviewTicked({ ticks }: Incident, { incidents }: System): boolean {
  return CHECKLISTS.some((list) => {
    return incidents.checklists[list].some(({ seen }, item) => seen === 'review' && tickKey(list, item) in ticks);
  });
}

/** Said once, to whom the clocks belong. After the end only the review can be missing. */
function overdueNow({ incident, system, operations, now }: Given): Of<'overdue'>[] {
  const call = ownersOf(system);
  return clocksOf(incident, system, operations)
    .filter(({ what, dueAt, reachedAt }) => {
      const isOver = incident.resolved !== null && what !== 'review';
      return reachedAt === null && !isOver && !incident.overdue.includes(what) && Date.parse(dueAt) <= now.getTime();
    })
    .map(({ what }) => ({ type: 'overdue', what, call: [...call] }));
}

/** The people of the contact who owns the clocks, else of whoever is called first. */
function ownersOf({ incidents, contacts }: System): readonly string[] {
  const owner = incidents.owner ?? ladderOf(incidents)[0]?.call[0];
  return (owner === undefined ? undefined : contacts[owner]?.users) ?? [];
}

/** Rungs whose time has come while nobody has said that they are at it (F20). */
function callsNow({ incident, system, now }: Given): Of<'escalated'>[] {
  if (incident.acknowledged !== null || incident.resolved !== null) return [];
  const minutes = (now.getTime() - Date.parse(incident.declaredAt)) / 60_000;
  return ladderOf(system.incidents).flatMap(({ afterMinutes, levels, call }, rung) => {
    const isDue = afterMinutes <= minutes && levels.includes(incident.level) && !incident.rungs.includes(rung);
    return isDue ? [{ type: 'escalated' as const, rung, call: [...call] }] : [];
  });
}

/** Items that name something which was seen. What a person has unticked stays so. */
function ticksNow({ system, ...looked }: Given): Of<'ticked'>[] {
  const { ticks, unticked } = looked.incident;
  return CHECKLISTS.flatMap((list) =>
    system.incidents.checklists[list].flatMap(({ seen }, item) => {
      const key = tickKey(list, item);
      if (seen === undefined || key in ticks || unticked.includes(key)) return [];
      const evidence = evidenceOf(seen, looked);
      return evidence === null ? [] : [{ type: 'ticked' as const, list, item, by: null, evidence }];
    }),
  );
}

/** Work that follows the end, until somebody says that it is done or not wanted (G28-G30, S12). */
function remindersNow({ incident, system, now }: Given): Of<'reminded'>[] {
  const { resolved, reminded, followedUp } = incident;
  if (resolved === null) return [];
  const since = (now.getTime() - Date.parse(resolved.at)) / HOUR;
  return system.incidents.followUpHours
    .filter((hours) => hours <= since && !reminded.includes(hours) && !(String(hours) in followedUp))
    .map((hours) => ({ type: 'reminded', hours }));
}
