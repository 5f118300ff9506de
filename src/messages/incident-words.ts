// How an incident is called in words: its phase, its level, its clocks, who is at it.
import type { Incident } from '../core/incident.ts';
import type { Level } from '../core/incident-rules.ts';
import type { Clock, IncidentSight } from '../core/incident-views.ts';
import { ago, asMeant, span, utcShort } from '../core/wording.ts';
import { inert } from './blocks.ts';
import { said } from './inline.ts';

/** A number alone says little at 3 a.m.: is 1 good or bad? */
export const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  1: 'LEVEL 1, CRITICAL',
  2: 'LEVEL 2, MAJOR',
  3: 'LEVEL 3, MINOR',
};

/** The phases of G22, each named by what people are at. */
function phaseOf({ incident, clocks }: Pick<IncidentSight, 'incident' | 'clocks'>): string {
  const { resolved, reached } = incident;
  if (resolved !== null) return 'RESOLVED';
  if (clocks.some(({ what, reachedAt }) => what === 'rto' && reachedAt !== null)) return 'RECOVERED, NOT RESOLVED';
  if (reached.started !== undefined) return 'RECOVERING';
  if (reached.decided !== undefined) return 'DECIDED, NOT STARTED';
  return reached.diagnosed === undefined ? 'DIAGNOSING' : 'DECIDING';
}

/** Not escaped. The phase comes first, so that nothing can push it out of sight. */
export function incidentHeadline(sight: Pick<IncidentSight, 'incident' | 'clocks' | 'system'>): string {
  const { incident, system } = sight;
  return `${phaseOf(sight)} · ${LEVEL_WORDS[incident.level]}: ${system.title}: ${asMeant(incident.seen.slice(0, 500))}`;
}

/** The same made inert, for notifications and lists: what is seen as its author meant it. */
export function headlineText(sight: Pick<IncidentSight, 'incident' | 'clocks' | 'system'>, most = 250): string {
  const { incident, system } = sight;
  return `${phaseOf(sight)} · ${LEVEL_WORDS[incident.level]}: ${inert(system.title, 80)}: ${said(incident.seen, most)}`;
}

export const CLOCK_WORDS: Readonly<Record<Clock['what'], string>> = {
  diagnosed: 'Diagnosis',
  decided: 'Decision (restore or roll back)',
  started: 'Recovery started',
  review: 'Review scheduled',
  rto: 'Recovery time (RTO)',
};

/** `due at 15:05 UTC, in 12 min` · `OVERDUE since 15:05 UTC (3 min)` · `reached at 14:58 UTC, in time` */
export function clockText({ dueAt, reachedAt }: Clock, now: Date): string {
  const due = utcShort(dueAt, now);
  if (reachedAt !== null) {
    const late = (Date.parse(reachedAt) - Date.parse(dueAt)) / 1000;
    return `reached at ${utcShort(reachedAt, now)}, ${late > 0 ? `${span(late)} LATE` : 'in time'}`;
  }
  const left = (Date.parse(dueAt) - now.getTime()) / 1000;
  return left > 0 ? `due at ${due}, in ${span(left)}` : `OVERDUE since ${due} (${span(-left)})`;
}

/** Who is at it, as it stands: nobody is mentioned by it. */
export function heldText({ acknowledged, declaredAt, resolved }: Incident, now: Date): string {
  if (acknowledged !== null) return `Acknowledged at ${utcShort(acknowledged.at, now)}.`;
  return resolved === null ? `NOBODY has acknowledged it for ${ago(declaredAt, now)}.` : 'Nobody acknowledged it.';
}

/** `since 14:40 UTC, for 25 min; declared 10 min later` */
export function sinceText({ startedAt, declaredAt, resolved }: Incident, now: Date): string {
  const end = resolved === null ? now : new Date(resolved.at);
  const later = (Date.parse(declaredAt) - Date.parse(startedAt)) / 1000;
  const declared = later >= 1 ? `; declared ${span(later)} later` : '';
  return `since ${utcShort(startedAt, now)}, for ${ago(startedAt, end)}${declared}`;
}
