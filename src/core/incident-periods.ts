// When the status updates of an incident are due: each is the n-th since its declaration, so that none is given twice.
import type { Incident } from './incident.ts';

type Declared = Pick<Incident, 'declaredAt' | 'resolved'>;

/** The first one is never later than this, also where the others are further apart (P18). */
const FIRST_MINUTES = 15;

/** The number of the newest update that is due: 0 before the first one. What was missed is made up by the newest alone. */
export function periodAt({ declaredAt }: Declared, everyMinutes: number, now: Date): number {
  const beyond = (now.getTime() - Date.parse(declaredAt)) / 60_000 - firstAfter(everyMinutes);
  return beyond < 0 ? 0 : 1 + Math.floor(beyond / everyMinutes);
}

/** When the update of this number is due; number 0 is the declaration. */
export function momentOfPeriod({ declaredAt }: Declared, everyMinutes: number, period: number): string {
  const minutes = period <= 0 ? 0 : firstAfter(everyMinutes) + (period - 1) * everyMinutes;
  return new Date(Date.parse(declaredAt) + minutes * 60_000).toISOString();
}

/** Null once it is resolved. */
export function nextUpdateAt(incident: Declared, everyMinutes: number, now: Date): string | null {
  if (incident.resolved !== null) return null;
  return momentOfPeriod(incident, everyMinutes, periodAt(incident, everyMinutes, now) + 1);
}

function firstAfter(everyMinutes: number): number {
  return Math.min(FIRST_MINUTES, everyMinutes);
}
