// The calendar: when schedules are due, what is wrong with their times, and the lists that people read.
import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../../src/core/schedule.ts';
import { cronProblems, newestDue, nextTime } from '../../../src/progress/cron.ts';
import { nextDrill, scheduleViews } from '../../../src/progress/next-times.ts';
import { type SystemFile, systemOf } from '../../support/system.ts';

const times = (cron: string, timeZone = 'UTC') => ({ cron, timeZone });
const at = (moment: string) => new Date(moment);

describe('the next time', () => {
  it('of the first Friday is a Friday, and not one of the first seven days besides', () => {
    const friday = times('0 10 * * 5#1');
    expect(nextTime(friday, at('2026-11-26T00:00:00Z'))).toEqual(at('2026-12-04T10:00:00Z'));
    expect(nextTime(friday, at('2026-12-04T10:00:00Z'))).toEqual(at('2027-01-01T10:00:00Z'));
  });

  it('follows the clocks of its zone', () => {
    const morning = times('0 9 * * *', 'America/New_York');
    expect(nextTime(morning, at('2026-03-07T15:00:00Z'))).toEqual(at('2026-03-08T13:00:00Z'));
    expect(nextTime(morning, at('2026-03-06T15:00:00Z'))).toEqual(at('2026-03-07T14:00:00Z'));
  });

  it('is moved behind the hour that a day in spring does not have', () => {
    const night = times('30 2 * * *', 'Europe/Berlin');
    expect(nextTime(night, at('2026-03-28T12:00:00Z'))).toEqual(at('2026-03-29T01:00:00Z'));
  });
});

describe('the newest due time', () => {
  const hourly = times('0 * * * *');

  it('is the last one up to now, to the millisecond', () => {
    const since = at('2026-11-26T00:30:00Z');
    expect(newestDue(hourly, since, at('2026-11-26T02:00:00.000Z'))).toEqual(at('2026-11-26T02:00:00Z'));
    expect(newestDue(hourly, since, at('2026-11-26T01:59:59.999Z'))).toEqual(at('2026-11-26T01:00:00Z'));
  });

  it('is none when nothing came since', () => {
    expect(newestDue(hourly, at('2026-11-26T02:00:00Z'), at('2026-11-26T02:59:00Z'))).toBeNull();
    expect(newestDue(times('0 0 31 2 *'), at('2020-01-01T00:00:00Z'), at('2026-11-26T00:00:00Z'))).toBeNull();
  });

  it('is found at once after years', () => {
    const began = performance.now();
    expect(newestDue(times('* * * * *'), at('2020-01-01T00:00:00Z'), at('2026-11-26T02:00:30Z'))).toEqual(
      at('2026-11-26T02:00:00Z'),
    );
    expect(performance.now() - began).toBeLessThan(200);
  });
});

it('names what cannot be read, with its place', () => {
  const all = [
    times('0 10 * * 5#1'),
    times('61 10 * * *'),
    times('0 10 * * *', 'Europe/Atlantis'),
    times('0 0 30 2 *'),
  ];
  expect(cronProblems(all)).toEqual([
    { path: ['schedules', 1, 'cron'], message: expect.stringMatching(/^cannot be read: .*minute/) },
    { path: ['schedules', 2, 'timeZone'], message: 'there is no time zone "Europe/Atlantis"; one is "Europe/Berlin"' },
    { path: ['schedules', 3, 'cron'], message: 'never comes' },
  ]);
});

const schedules: NonNullable<SystemFile['schedules']> = [
  { name: 'monthly', cron: '0 10 * * 5#1', work: { do: 'drill', drill: 'monthly' } },
  { name: 'never', cron: '0 0 31 2 *', work: { do: 'verify' } },
  { name: 'quarterly', cron: '0 10 1 */3 *', work: { do: 'drill', drill: 'monthly' } },
  { name: 'nightly', cron: '0 3 * * *', work: { do: 'verify', deep: true } },
  { name: 'reading', cron: '0 9 22 2,5,8,11 *', work: { do: 'review', title: 'Read the runbook', contact: 'lead' } },
];
const system = systemOf({
  schedules,
  contacts: { lead: { title: 'Engineering lead' } },
  drills: {
    monthly: { title: 'Monthly drill', parts: [{ do: 'backups' }] },
    other: { title: 'By hand', parts: [{ do: 'scratch' }] },
  },
});
const NOW = at('2026-11-26T12:00:00Z');

describe('lists', () => {
  it('tell the next times and the last run of each schedule', () => {
    const run = (due: string) => ({ key: 'grayledger/nightly', due, operation: 'op-7', note: 'started' });
    const runs = [run('2026-11-26T03:00:00.000Z'), run('2026-11-25T03:00:00.000Z')];
    const views = scheduleViews(system, runs, NOW);
    expect(
      views.map(({ schedule, nextAt, last }) => [schedule.name, nextAt[0] ?? null, nextAt.length, last?.due]),
    ).toEqual([
      ['monthly', '2026-12-04T10:00:00.000Z', 3, undefined],
      ['never', null, 0, undefined],
      ['quarterly', '2027-01-01T10:00:00.000Z', 3, undefined],
      ['nightly', '2026-11-27T03:00:00.000Z', 3, '2026-11-26T03:00:00.000Z'],
      ['reading', '2027-02-22T09:00:00.000Z', 3, undefined],
    ] satisfies [Schedule['name'], string | null, number, string | undefined][]);
  });

  it('tell when a drill is next, by whichever schedule', () => {
    expect(nextDrill(system, 'monthly', NOW)).toBe('2026-12-04T10:00:00.000Z');
    expect(nextDrill(system, 'monthly', at('2026-12-31T12:00:00Z'))).toBe('2027-01-01T10:00:00.000Z');
    expect(nextDrill(system, 'other', NOW)).toBeNull();
  });
});
