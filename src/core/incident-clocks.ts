// The clocks of an incident: what must be reached by when (G22), and whether the recovery keeps the time that is promised.
import type { Incident } from './incident.ts';
import type { Milestone } from './incident-log.ts';
import type { Milestones, Rung } from './incident-rules.ts';
import { type Clock, objectivesOf } from './incident-views.ts';
import { isEnded, type Operation } from './operation.ts';
import { changesEnvironment } from './plan.ts';
import type { System } from './system.ts';

const MINUTES: Readonly<Record<Milestone, keyof Milestones>> = {
  diagnosed: 'diagnosisMinutes',
  decided: 'decisionMinutes',
  started: 'executionMinutes',
  review: 'reviewMinutes',
};

/** The milestones count from the declaration, the recovery time from when it began. In the order in which they are due. */
export function clocksOf(incident: Incident, system: System, operations: readonly Operation[]): Clock[] {
  const { milestones } = system.incidents;
  const points = (Object.keys(MINUTES) as Milestone[]).map((what): Clock => {
    const dueAt = after(incident.declaredAt, milestones[MINUTES[what]]);
    return { what, dueAt, reachedAt: incident.reached[what]?.at ?? null };
  });
  const objectives = objectivesOf(incident, system);
  const rto: Clock[] =
    objectives === null
      ? []
      : [
          {
            what: 'rto',
            dueAt: after(incident.startedAt, objectives.rtoMinutes),
            reachedAt: recoveredAt(incident, operations) ?? incident.resolved?.at ?? null,
          },
        ];
  return [...points, ...rto].toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
}

/**
 * When the newest of its operations brought the system back; null while one is open, and when none did. `operations` are those
 * that are linked to it.
 */
export function recoveredAt({ operations: ids }: Incident, operations: readonly Operation[]): string | null {
  const ours = operations.filter(({ id }) => ids.includes(id));
  // Taking back what was done about it is no recovery: what was broken before is live again.
  const changes = ours.filter(({ plan }) => changesEnvironment(plan) && !ours.some(({ id }) => id === plan.undoes));
  if (changes.some(({ state }) => !isEnded(state))) return null;
  const ends = changes.filter(({ state }) => state === 'succeeded').flatMap(({ endedAt }) => endedAt ?? []);
  return ends.toSorted().at(-1) ?? null;
}

/** The rungs in the order in which they are called; their place in it is their number. */
export function ladderOf({ escalation }: System['incidents']): readonly Rung[] {
  return escalation.toSorted((a, b) => a.afterMinutes - b.afterMinutes);
}

function after(moment: string, minutes: number): string {
  return new Date(Date.parse(moment) + minutes * 60_000).toISOString();
}
