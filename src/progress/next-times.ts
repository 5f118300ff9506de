// When what runs by itself comes next, for lists and App Home.
import type { ScheduleRun } from '../core/incident-ports.ts';
import type { ScheduleView } from '../core/incident-views.ts';
import type { Schedule } from '../core/schedule.ts';
import type { System } from '../core/system.ts';
import { nextTime } from './cron.ts';
import { newestRun, scheduleKey } from './runs.ts';

/** With the next `count` times and the last run of each, in the order of the system file. */
export function scheduleViews(
  { name, schedules }: Pick<System, 'name' | 'schedules'>,
  runs: readonly ScheduleRun[],
  now: Date,
  count = 3,
): ScheduleView[] {
  return schedules.map((schedule) => {
    const last = newestRun(runs, scheduleKey({ name }, schedule)) ?? null;
    return { schedule, nextAt: timesOf(schedule, now, count), last };
  });
}

/** When a drill is next; null when no schedule starts it. */
export function nextDrill({ schedules }: Pick<System, 'schedules'>, drill: string, now: Date): string | null {
  const its = schedules.filter(({ work }) => work.do === 'drill' && work.drill === drill);
  const [soonest] = its.flatMap((schedule) => timesOf(schedule, now, 1)).toSorted();
  return soonest ?? null;
}

function timesOf(schedule: Schedule, now: Date, count: number): string[] {
  const times: string[] = [];
  for (let at = nextTime(schedule, now); at !== null && times.length < count; at = nextTime(schedule, at)) {
    times.push(at.toISOString());
  }
  return times;
}
