// How often a system is looked at: more closely for a while after an incident (F16, P19).
import type { Incident } from '../core/incident.ts';
import type { System } from '../core/system.ts';

const HOUR = 3_600_000;

type Watched = Pick<System, 'watch' | 'incidents'>;

/** `resolved` is the incident of the system that was resolved last. */
export function isWatchedClosely({ incidents }: Watched, resolved: Incident | null, now: Date): boolean {
  const { watchAfter } = incidents;
  const end = resolved?.resolved?.at;
  if (watchAfter === undefined || end === undefined) return false;
  return now.getTime() - Date.parse(end) < watchAfter.hours * HOUR;
}

/** From one look to the next. */
export function secondsBetween({ watch, incidents: { watchAfter } }: Watched, closely: boolean): number {
  const usual = watch.everyMinutes * 60;
  return closely && watchAfter !== undefined ? Math.min(watchAfter.everySeconds, usual) : usual;
}
