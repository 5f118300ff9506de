// The only place that reads a calendar: when a schedule is due next, and when it was last.
import { Cron } from 'croner';
import { reasonOf } from '../core/errors.ts';
import type { Schedule } from '../core/schedule.ts';

type Times = Pick<Schedule, 'cron' | 'timeZone'>;

/** Strictly after that moment; null when it never comes again. Throws for what `cronProblems` finds. */
export function nextTime(times: Times, after: Date): Date | null {
  return cronOf(times).nextRun(after);
}

/** The newest due time that has come by `now` and is younger than `since`; null when there is none. */
export function newestDue(times: Times, since: Date, now: Date): Date | null {
  // The library looks strictly before what it is given.
  const [newest] = cronOf(times).previousRuns(1, new Date(now.getTime() + 1));
  return newest !== undefined && newest > since ? newest : null;
}

/** What is wrong with the times of the schedules in a system file: a bad field, an unknown time zone, a day that never comes. */
export function cronProblems(schedules: readonly Times[]): { path: (string | number)[]; message: string }[] {
  return schedules.flatMap((times, at) => {
    const message = problemWith(times);
    if (message === null) return [];
    return [{ path: ['schedules', at, isZone(times.timeZone) ? 'cron' : 'timeZone'], message }];
  });
}

function problemWith(times: Times): string | null {
  if (!isZone(times.timeZone)) return `there is no time zone "${times.timeZone}"; one is "Europe/Berlin"`;
  try {
    return nextTime(times, new Date(0)) === null ? 'never comes' : null;
  } catch (thrown) {
    return `cannot be read: ${reasonOf(thrown)}`;
  }
}

function isZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function cronOf({ cron, timeZone }: Times): Cron {
  return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true });
}
