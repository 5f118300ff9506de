// The runs of a schedule as the store keeps them: under which name, and which was the last.
import type { ScheduleRun } from '../core/incident-ports.ts';
import type { Schedule } from '../core/schedule.ts';
import type { System } from '../core/system.ts';

/** What the store calls a schedule. */
export function scheduleKey({ name }: Pick<System, 'name'>, schedule: Pick<Schedule, 'name'>): string {
  return `${name}/${schedule.name}`;
}

export function newestRun(runs: readonly ScheduleRun[], key: string): ScheduleRun | undefined {
  return runs
    .filter((run) => run.key === key)
    .toSorted((a, b) => a.due.localeCompare(b.due))
    .at(-1);
}
