// What runs by itself: each time of each schedule is taken once, by whichever process is first, and proposed as an operation.
import type { Finding } from '../core/alert.ts';
import type { OperationCommand } from '../core/command.ts';
import { Refusal, reasonOf } from '../core/errors.ts';
import type { ScheduleStore } from '../core/incident-ports.ts';
import { canonical } from '../core/json.ts';
import { commandOf, type Schedule } from '../core/schedule.ts';
import type { System } from '../core/system.ts';
import { newestDue, nextTime } from './cron.ts';
import { scheduleKey } from './runs.ts';
import { type Failing, NOTES, scheduleFindings } from './schedule-findings.ts';

export type ScheduleDeps = {
  readonly systems: readonly System[];
  readonly schedules: ScheduleStore;
  /** Proposes it as SCHEDULE into the system's channel; asked again with the same id, it gives the same operation. Its id. */
  propose(asked: { readonly id: string; readonly command: OperationCommand; readonly system: System }): Promise<string>;
  /** Everything of the kind `schedule` that is not as it should be in this system: what is not named is over. */
  report(system: System, findings: readonly Finding[]): Promise<unknown>;
  readonly log: { warn(fields: object, sentence: string): void };
  now(): Date;
};

type Entry = { readonly key: string; readonly system: System; readonly schedule: Schedule };
/** A time that is ours to handle. `missed`: nobody was up when it came. */
type Taken = { readonly entry: Entry; readonly due: string; readonly missed: boolean };
type Settled = Parameters<ScheduleStore['settle']>[2];

/** A time that is handled no later than this was not missed. */
const GRACE_MS = 2 * 60_000;
/** Reading a platform's facts takes no longer: whoever took a time so many seconds ago and did not settle it has died. */
const UNSETTLED_SECONDS = 120;

/**
 * Makes the round that is to be done again and again, by any number of processes. Throws when the store cannot be reached:
 * nothing is lost then, the next round finds it.
 */
export function createSchedules(deps: ScheduleDeps): () => Promise<void> {
  const { schedules, log } = deps;
  const entries = entriesOf(deps.systems);
  /** By key: since when it is known that nothing comes until when. */
  const quiet = new Map<string, { readonly from: Date; readonly until: Date | null }>();
  const failing = new Map<string, Failing>();
  const unreported = new Set(deps.systems);
  /** Until then somebody was here to take what came; a long round is no absence. */
  let awake = new Date(0);

  async function taken(entry: Entry, now: Date): Promise<Taken | null> {
    const { key, schedule } = entry;
    const known = quiet.get(key);
    // A clock that was set back makes everything uncertain.
    if (known !== undefined && known.from <= now && (known.until === null || now < known.until)) return null;
    const { since, last } = await schedules.begin(key, canonical(schedule));
    const due = newestDue(schedule, youngest(since, last, now), now);
    const claimed = due !== null && (await schedules.claim(key, due.toISOString()));
    quiet.set(key, { from: now, until: nextTime(schedule, now) });
    return claimed ? takenAt(entry, due, now) : null;
  }

  function takenAt(entry: Entry, due: Date, now: Date): Taken {
    const since = Math.max(due.getTime(), awake.getTime());
    return { entry, due: due.toISOString(), missed: now.getTime() - since > GRACE_MS };
  }

  /** Those whose process died, or whose proposal broke off. */
  async function left(now: Date): Promise<Taken[]> {
    const found: Taken[] = [];
    for (const { key, due } of await schedules.unsettled(UNSETTLED_SECONDS)) {
      const entry = entries.find((one) => one.key === key);
      const at = new Date(due);
      if (entry === undefined) await schedules.settle(key, due, { operation: null, note: NOTES.removed });
      else if (newestDue(entry.schedule, at, now) === null) found.push(takenAt(entry, at, now));
      else await schedules.settle(key, due, { operation: null, note: NOTES.overtaken });
    }
    return found;
  }

  async function handle(one: Taken): Promise<void> {
    const { key, system, schedule } = one.entry;
    unreported.add(system);
    try {
      await schedules.settle(key, one.due, await resultOf(deps, one));
      failing.delete(key);
    } catch (thrown) {
      failing.set(key, { due: one.due, reason: reasonOf(thrown) });
      log.warn(
        { system: system.name, schedule: schedule.name, reason: reasonOf(thrown) },
        'scheduled work not started',
      );
    }
  }

  async function tell(system: System, now: Date): Promise<void> {
    try {
      await deps.report(system, scheduleFindings(system, await schedules.latest(system.name), failing, now));
      unreported.delete(system);
    } catch (thrown) {
      log.warn({ system: system.name, reason: reasonOf(thrown) }, 'state of the schedules not reported');
    }
  }

  return async () => {
    const now = deps.now();
    const ours = await left(now);
    for (const entry of entries) {
      const one = await taken(entry, now);
      if (one !== null) ours.push(one);
    }
    await Promise.all(ours.map(handle));
    for (const system of [...unreported]) await tell(system, now);
    awake = deps.now();
  };
}

function entriesOf(systems: readonly System[]): Entry[] {
  return systems.flatMap((system) =>
    system.schedules.map((schedule) => ({ key: scheduleKey(system, schedule), system, schedule })),
  );
}

/** Only what came after this is due. A time from the future was taken before the clock was set back: it says nothing. */
function youngest(since: string, last: string | null, now: Date): Date {
  const handled = new Date(last ?? since);
  const counted = new Date(since);
  return handled > counted && handled <= now ? handled : counted;
}

/** Throws when it could not be found out; a refusal is a result. */
async function resultOf(deps: ScheduleDeps, { entry, due, missed }: Taken): Promise<Settled> {
  const { key, system, schedule } = entry;
  const { work } = schedule;
  if (work.do === 'review') return { operation: null, note: NOTES.reminded };
  if (missed && schedule.missed === 'report') return { operation: null, note: NOTES.missed };
  try {
    const command = commandOf(work, system.name);
    const operation = await deps.propose({ id: `schedule:${key}:${due}`, command, system });
    return { operation, note: missed ? NOTES.madeUp : NOTES.started };
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    const idle = thrown.code === 'already-warm' || thrown.code === 'copied-already';
    return { operation: null, note: `${idle ? NOTES.idle : NOTES.refused}${thrown.message}` };
  }
}
