// What the last runs of a system's schedules say that people should know: missed, refused, not started, a review that is due.
import type { Finding } from '../core/alert.ts';
import { commandText } from '../core/command.ts';
import type { ScheduleRun } from '../core/incident-ports.ts';
import { commandOf, type Schedule, type ScheduledWork } from '../core/schedule.ts';
import type { System } from '../core/system.ts';
import { utc } from '../core/wording.ts';
import { newestRun, scheduleKey } from './runs.ts';

type Review = Extract<ScheduledWork, { do: 'review' }>;

/** What stands beside a run in the store; a refusal's sentence follows the last two. */
export const NOTES = {
  started: 'started',
  madeUp: 'made up: nothing was running when it came',
  missed: 'missed: nothing was running then',
  reminded: 'reminded',
  removed: 'no longer in the system file',
  overtaken: 'not started as far as is known, and the next one has come',
  idle: 'nothing to do: ',
  refused: 'refused: ',
} as const;

/** A run that could not be started yet; it is tried again. */
export type Failing = { readonly due: string; readonly reason: string };

/** How long a review is asked for after its day. */
const REMINDED_MS = 7 * 86_400_000;

/** All of the kind `schedule` in this system. `failing` by the store's key of the schedule. */
export function scheduleFindings(
  system: System,
  runs: readonly ScheduleRun[],
  failing: ReadonlyMap<string, Failing>,
  now: Date,
): Finding[] {
  return system.schedules.flatMap((schedule): Finding[] => {
    const key = scheduleKey(system, schedule);
    const run = newestRun(runs, key);
    if (run === undefined) return [];
    const { work } = schedule;
    const finding = { kind: 'schedule' as const, environment: environmentOf(work, system), about: schedule.name };
    if (work.do === 'review') {
      const text = reminder(work, system, run, now);
      return text === null ? [] : [{ ...finding, severity: 'info', text, remedy: null }];
    }
    const text = problemWith(schedule, run, failing.get(key));
    const command = commandText(commandOf(work, system.name)).replace(/^\/dr /, '');
    const remedy = { label: 'Run it now', command };
    return text === null ? [] : [{ ...finding, severity: 'warning', text, remedy }];
  });
}

function reminder(work: Review, { contacts }: System, { due }: ScheduleRun, now: Date): string | null {
  if (now.getTime() - Date.parse(due) >= REMINDED_MS) return null;
  return `${work.title}: due since ${utc(due)}, with ${contacts[work.contact]?.title}.`;
}

function problemWith({ name }: Schedule, { due, note }: ScheduleRun, failed: Failing | undefined): string | null {
  const when = `“${name}” of ${utc(due)}`;
  // Another process may have started it since.
  if (note === '') {
    return failed?.due === due ? `${when} could not be started: ${failed.reason}. It is tried again.` : null;
  }
  if (note === NOTES.missed || note.startsWith(NOTES.refused)) return `${when} was ${note}`;
  return null;
}

function environmentOf(work: ScheduledWork, { backups }: System): string {
  return ('environment' in work ? work.environment : undefined) ?? backups.of;
}
