// Every due time once: by two processes, across restarts, over jumps of the clock, and made up once when it was missed.
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/alert.ts';
import { commandText } from '../../../src/core/command.ts';
import { Refusal } from '../../../src/core/errors.ts';
import type { System } from '../../../src/core/system.ts';
import { createSchedules, type ScheduleDeps } from '../../../src/progress/schedules.ts';
import { type SystemFile, systemOf } from '../../support/system.ts';
import { type MemorySchedules, memorySchedules } from './memory-schedules.ts';

type Schedules = NonNullable<SystemFile['schedules']>;
const NIGHTLY: Schedules[number] = { name: 'nightly', cron: '0 2 * * *', work: { do: 'verify' } };
const systemWith = (...schedules: Schedules) =>
  systemOf({ schedules, contacts: { lead: { title: 'Engineering lead' } }, drills: { monthly: DRILL } });
const DRILL = { title: 'Monthly drill', parts: [{ do: 'backups' as const }] };

/** A machine with a clock that a test turns, a store that outlives processes, and whoever proposes. */
type Place = {
  now: Date;
  readonly store: MemorySchedules;
  readonly asked: string[];
  readonly said: (readonly Finding[])[];
  readonly warned: string[];
  /** What proposing does instead of giving an operation. */
  fails: Error | null;
};

function placeAt(moment: string): Place {
  const place: Place = {
    now: new Date(moment),
    store: memorySchedules(() => place.now),
    ...{ asked: [], said: [], warned: [], fails: null },
  };
  return place;
}

/** A process at that place: its round. Proposals of one id give one operation, as the store of operations does. */
function processAt(place: Place, systems: readonly System[], changed: Partial<ScheduleDeps> = {}): () => Promise<void> {
  return createSchedules({
    systems,
    schedules: place.store,
    propose: async ({ id, command }) => {
      if (place.fails !== null) throw place.fails;
      if (!place.asked.includes(`${id}: ${commandText(command)}`)) place.asked.push(`${id}: ${commandText(command)}`);
      return `op-${place.asked.length}`;
    },
    report: async (_system, findings) => void place.said.push(findings),
    log: { warn: (_fields, sentence) => void place.warned.push(sentence) },
    now: () => place.now,
    ...changed,
  });
}

async function roundAt(place: Place, moment: string, round: () => Promise<void>): Promise<void> {
  place.now = new Date(moment);
  await round();
}

describe('a due time', () => {
  it('becomes an operation under a name that follows from it, and none before it comes', async () => {
    const place = placeAt('2026-11-26T01:00:00.000Z');
    const round = processAt(place, [systemWith(NIGHTLY)]);
    await round();
    await roundAt(place, '2026-11-26T01:59:59.900Z', round);
    expect(place.store.runs()).toEqual([]);
    await roundAt(place, '2026-11-26T02:00:00.000Z', round);
    await roundAt(place, '2026-11-26T02:00:01.000Z', round);
    expect(place.asked).toEqual([
      'schedule:grayledger/nightly:2026-11-26T02:00:00.000Z: /dr verify latest --system grayledger',
    ]);
    expect(place.store.runs()).toEqual(['grayledger/nightly 2026-11-26T02:00:00.000Z op-1 started']);
  });

  it('is taken by one of two processes', async () => {
    const place = placeAt('2026-11-26T01:59:00.000Z');
    const rounds = [processAt(place, [systemWith(NIGHTLY)]), processAt(place, [systemWith(NIGHTLY)])];
    for (const round of rounds) await round();
    place.now = new Date('2026-11-26T02:00:00.500Z');
    await Promise.all(rounds.map((round) => round()));
    expect(place.asked).toHaveLength(1);
  });

  it('is in the time zone of the schedule, once on the day when the hour comes twice', async () => {
    const berlin = { ...NIGHTLY, cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
    const place = placeAt('2026-10-24T12:00:00.000Z');
    const round = processAt(place, [systemWith(berlin)]);
    await round();
    for (let minutes = 0; minutes < 24 * 60; minutes += 15) {
      await roundAt(place, new Date(Date.parse('2026-10-24T12:00:00.000Z') + minutes * 60_000).toISOString(), round);
    }
    expect(place.store.runs()).toEqual(['grayledger/nightly 2026-10-25T00:30:00.000Z op-1 started']);
  });

  it('does not come twice when the clock is set back', async () => {
    const place = placeAt('2026-11-26T01:59:00.000Z');
    const round = processAt(place, [systemWith(NIGHTLY)]);
    await round();
    for (const moment of ['02:00:01', '01:30:00', '01:59:59', '02:00:00', '02:00:02']) {
      await roundAt(place, `2026-11-26T${moment}.000Z`, round);
    }
    expect(place.asked).toHaveLength(1);
  });

  it('still comes after the clock was far ahead for a while', async () => {
    const place = placeAt('2026-11-26T01:00:00.000Z');
    const round = processAt(place, [systemWith(NIGHTLY)]);
    await round();
    await roundAt(place, '2026-12-09T12:00:00.000Z', round);
    await roundAt(place, '2026-11-26T01:30:00.000Z', round);
    await roundAt(place, '2026-11-26T02:00:00.000Z', round);
    expect(place.store.runs()).toEqual([
      'grayledger/nightly 2026-11-26T02:00:00.000Z op-2 started',
      'grayledger/nightly 2026-12-09T02:00:00.000Z op-1 made up: nothing was running when it came',
    ]);
  });

  it('is not missed because the round before it took long', async () => {
    const place = placeAt('2026-11-26T01:59:00.000Z');
    const slow = { ...NIGHTLY, name: 'slow', cron: '59 1 * * *' };
    const late: Schedules[number] = { ...NIGHTLY, missed: 'report' };
    const round = processAt(place, [systemWith(slow, late)], {
      propose: async ({ id }) => {
        if (id.includes('/slow:')) place.now = new Date('2026-11-26T02:05:00.000Z');
        return 'op-1';
      },
    });
    place.now = new Date('2026-11-26T01:58:00.000Z');
    await round();
    await roundAt(place, '2026-11-26T01:59:00.000Z', round);
    await round();
    expect(place.store.runs()).toContain('grayledger/nightly 2026-11-26T02:00:00.000Z op-1 started');
  });
});

describe('times that passed while nobody was up', () => {
  const outage = async (missed: 'make-up' | 'report') => {
    const place = placeAt('2026-11-20T12:00:00.000Z');
    const system = systemWith({ ...NIGHTLY, missed });
    await processAt(place, [system])();
    place.now = new Date('2026-11-26T08:00:00.000Z');
    const round = processAt(place, [system]);
    for (let n = 0; n < 3; n += 1) await round();
    return place;
  };

  it('are made up once, the newest alone', async () => {
    const { store, asked } = await outage('make-up');
    expect(asked).toHaveLength(1);
    expect(store.runs()).toEqual([
      'grayledger/nightly 2026-11-26T02:00:00.000Z op-1 made up: nothing was running when it came',
    ]);
  });

  it('are reported where the file says so, and not run', async () => {
    const { store, asked, said } = await outage('report');
    expect(asked).toEqual([]);
    expect(store.runs()).toEqual(['grayledger/nightly 2026-11-26T02:00:00.000Z - missed: nothing was running then']);
    expect(said.at(-1)).toMatchObject([{ kind: 'schedule', about: 'nightly', severity: 'warning' }]);
  });

  it('are none of a schedule that is new, or whose definition has changed', async () => {
    const place = placeAt('2026-11-20T12:00:00.000Z');
    await processAt(place, [systemWith(NIGHTLY)])();
    place.now = new Date('2026-11-26T08:00:00.000Z');
    const round = processAt(place, [systemWith({ ...NIGHTLY, cron: '0 3 * * *' }, { ...NIGHTLY, name: 'new' })]);
    await round();
    expect(place.store.runs()).toEqual([]);
    await roundAt(place, '2026-11-27T03:00:00.000Z', round);
    expect(place.asked).toHaveLength(2);
  });

  it('are none after the grace of two minutes, which a restart takes', async () => {
    const place = placeAt('2026-11-26T01:59:30.000Z');
    const system = systemWith({ ...NIGHTLY, missed: 'report' });
    await processAt(place, [system])();
    await roundAt(place, '2026-11-26T02:02:00.000Z', processAt(place, [system]));
    expect(place.asked).toHaveLength(1);
  });
});

describe('a run whose process died', () => {
  const dead = async (schedule: Schedules[number] = NIGHTLY) => {
    const place = placeAt('2026-11-26T01:59:00.000Z');
    const system = systemWith(schedule);
    // It dies between taking the time and settling it.
    const never = () => new Promise<string>(() => {});
    const dying = processAt(place, [system], { propose: never });
    await dying();
    place.now = new Date('2026-11-26T02:00:00.000Z');
    void dying();
    await expect.poll(() => place.store.runs()).toEqual(['grayledger/nightly 2026-11-26T02:00:00.000Z -']);
    return { place, system };
  };

  it('is taken again after two minutes, as the same operation', async () => {
    const { place, system } = await dead();
    const round = processAt(place, [system]);
    await roundAt(place, '2026-11-26T02:01:00.000Z', round);
    expect(place.asked).toEqual([]);
    await roundAt(place, '2026-11-26T02:02:00.000Z', round);
    expect(place.asked).toEqual([
      'schedule:grayledger/nightly:2026-11-26T02:00:00.000Z: /dr verify latest --system grayledger',
    ]);
    expect(place.store.runs()).toEqual(['grayledger/nightly 2026-11-26T02:00:00.000Z op-1 started']);
  });

  it('is given up when the next one has come, or the schedule is gone', async () => {
    const one = await dead();
    await roundAt(one.place, '2026-11-27T02:30:00.000Z', processAt(one.place, [one.system]));
    expect(one.place.store.runs()).toEqual([
      'grayledger/nightly 2026-11-26T02:00:00.000Z - not started as far as is known, and the next one has come',
      'grayledger/nightly 2026-11-27T02:00:00.000Z op-1 made up: nothing was running when it came',
    ]);
    const other = await dead();
    await roundAt(other.place, '2026-11-26T02:30:00.000Z', processAt(other.place, [systemWith()]));
    expect(other.place.store.runs()).toEqual([
      'grayledger/nightly 2026-11-26T02:00:00.000Z - no longer in the system file',
    ]);
  });
});

describe('a proposal', () => {
  it('that is refused settles the run with the sentence, and is reported', async () => {
    const place = placeAt('2026-11-26T01:59:00.000Z');
    const round = processAt(place, [systemWith(NIGHTLY)]);
    await round();
    place.fails = new Refusal('no-backup', 'There is no finished backup.', 'Take one with `/dr backup`.');
    await roundAt(place, '2026-11-26T02:00:00.000Z', round);
    expect(place.store.runs()).toEqual([
      'grayledger/nightly 2026-11-26T02:00:00.000Z - refused: There is no finished backup. Take one with `/dr backup`.',
    ]);
    expect(place.said.at(-1)).toHaveLength(1);
    place.fails = null;
    await roundAt(place, '2026-11-27T02:00:00.000Z', round);
    expect(place.said.at(-1)).toEqual([]);
  });

  it('that is refused because the candidate stands already is as it should be', async () => {
    const place = placeAt('2026-11-26T01:59:00.000Z');
    const round = processAt(place, [systemWith({ ...NIGHTLY, work: { do: 'warm', environment: 'production' } })]);
    await round();
    place.fails = new Refusal('already-warm', 'It stands ready.', 'Use it.');
    await roundAt(place, '2026-11-26T02:00:00.000Z', round);
    expect(place.store.runs()).toEqual([
      'grayledger/nightly 2026-11-26T02:00:00.000Z - nothing to do: It stands ready. Use it.',
    ]);
    expect(place.said.at(-1)).toEqual([]);
  });

  it('that breaks off is tried again, said meanwhile, and over when it is started', async () => {
    const place = placeAt('2026-11-26T01:59:00.000Z');
    const round = processAt(place, [systemWith(NIGHTLY)]);
    await round();
    place.fails = new Error('Heroku does not answer');
    await roundAt(place, '2026-11-26T02:00:00.000Z', round);
    expect(place.said.at(-1)).toMatchObject([{ text: expect.stringContaining('Heroku does not answer') }]);
    expect(place.warned).toEqual(['scheduled work not started']);
    place.fails = null;
    await roundAt(place, '2026-11-26T02:01:59.000Z', round);
    expect(place.asked).toEqual([]);
    await roundAt(place, '2026-11-26T02:02:00.000Z', round);
    expect(place.store.runs()).toEqual(['grayledger/nightly 2026-11-26T02:00:00.000Z op-1 started']);
    expect(place.said.at(-1)).toEqual([]);
  });
});

it('reminds of a review and asks nobody to start anything', async () => {
  const place = placeAt('2026-11-26T01:59:00.000Z');
  const work = { do: 'review' as const, title: 'Read the runbook', contact: 'lead' };
  const round = processAt(place, [systemWith({ ...NIGHTLY, work })]);
  await round();
  await roundAt(place, '2026-11-26T02:00:00.000Z', round);
  expect(place.store.runs()).toEqual(['grayledger/nightly 2026-11-26T02:00:00.000Z - reminded']);
  expect(place.asked).toEqual([]);
  expect(place.said.at(-1)).toMatchObject([{ severity: 'info', remedy: null }]);
});

it('reports each system at the start and whenever something has come, again until it was heard', async () => {
  const place = placeAt('2026-11-26T01:59:00.000Z');
  let deaf = true;
  const round = processAt(place, [systemWith(NIGHTLY)], {
    report: async (_system, findings) => {
      if (deaf) throw new Error('the store is away');
      place.said.push(findings);
    },
  });
  await round();
  expect(place.warned).toEqual(['state of the schedules not reported']);
  deaf = false;
  await round();
  await round();
  expect(place.said).toEqual([[]]);
});

it('throws when the store cannot be reached, and counts that as nobody having been there', async () => {
  const place = placeAt('2026-11-26T01:59:00.000Z');
  const { begin } = place.store;
  let away = false;
  const schedules = {
    ...place.store,
    begin: async (key: string, definition: string) => {
      if (away) throw new Error('the store is away');
      return begin(key, definition);
    },
  };
  const round = processAt(place, [systemWith({ ...NIGHTLY, missed: 'report' })], { schedules });
  await round();
  away = true;
  await expect(roundAt(place, '2026-11-26T02:00:00.000Z', round)).rejects.toThrow('the store is away');
  away = false;
  await roundAt(place, '2026-11-26T02:30:00.000Z', round);
  expect(place.store.runs()).toEqual([
    'grayledger/nightly 2026-11-26T02:00:00.000Z - missed: nothing was running then',
  ]);
});

it('asks the store for nothing while nothing can be due', async () => {
  const place = placeAt('2026-11-26T02:30:00.000Z');
  let calls = 0;
  const begin: MemorySchedules['begin'] = (key, definition) => {
    calls += 1;
    return place.store.begin(key, definition);
  };
  const never = { ...NIGHTLY, name: 'never', cron: '0 0 31 2 *' };
  const round = processAt(place, [systemWith(NIGHTLY, never)], { schedules: { ...place.store, begin } });
  for (let seconds = 0; seconds < 30; seconds += 1) {
    await roundAt(place, new Date(Date.parse('2026-11-26T02:30:00.000Z') + seconds * 1000).toISOString(), round);
  }
  expect(calls).toBe(2);
});
