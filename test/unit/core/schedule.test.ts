// What a system file may say about schedules and drills, and what each scheduled work stands for.
import { describe, expect, it } from 'vitest';
import { commandText } from '../../../src/core/command.ts';
import { commandOf, DrillPart, partTitle, ScheduledWork } from '../../../src/core/schedule.ts';
import { keepWarmProblems } from '../../../src/core/schedule-problems.ts';
import { System } from '../../../src/core/system.ts';
import { type SystemFile, systemFile, systemOf } from '../../support/system.ts';

type Schedules = NonNullable<SystemFile['schedules']>;
type Drills = NonNullable<SystemFile['drills']>;

const VERIFY = { do: 'verify' } as const;
const DRILL: Drills[string] = { title: 'Monthly drill', parts: [{ do: 'backups' }] };

/** Every problem as `path: message`. */
function problemsOf(file: Partial<SystemFile>): string[] {
  const parsed = System.safeParse(systemFile(file));
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

function scheduled(work: Schedules[number]['work'], cron = '0 10 * * 5#1'): Partial<SystemFile> {
  return { schedules: [{ name: 'nightly', cron, work }], drills: { monthly: DRILL } };
}

function drilled(drill: Partial<Drills[string]>): Partial<SystemFile> {
  return { drills: { monthly: { ...DRILL, ...drill } } };
}

describe('the schedules of a system file', () => {
  it('may start whatever the file knows', () => {
    const contacts = { lead: { title: 'Engineering lead' } };
    const works: Schedules[number]['work'][] = [
      VERIFY,
      { do: 'backup' },
      { do: 'backup', environment: 'staging' },
      { do: 'warm', environment: 'production' },
      { do: 'copy' },
      { do: 'drill', drill: 'monthly' },
      { do: 'review', title: 'Read the runbook', contact: 'lead' },
    ];
    const schedules = works.map((work, at) => ({ name: `s${at}`, cron: '0 2 * * *', work }));
    expect(problemsOf({ schedules, contacts, drills: { monthly: DRILL } })).toEqual([]);
  });

  it.each<[string, Schedules[number]['work'], string]>([
    ['environment', { do: 'backup', environment: 'local' }, 'there is no environment "local"'],
    ['environment', { do: 'warm', environment: 'local' }, 'there is no environment "local"'],
    ['drill', { do: 'drill', drill: 'yearly' }, 'there is no drill "yearly"'],
    ['contact', { do: 'review', title: 'Read it', contact: 'cto' }, 'there is no contact "cto"'],
  ])('name no %s that there is not', (member, work, message) => {
    expect(problemsOf(scheduled(work))).toEqual([`schedules.0.work.${member}: ${message}`]);
  });

  it('are called differently', () => {
    const one = { name: 'nightly', cron: '0 2 * * *', work: VERIFY };
    expect(problemsOf({ schedules: [one, one] })).toEqual(['schedules.1.name: there is another schedule "nightly"']);
  });

  it.each(['0 10 1-7 * 5', '0 10 1 * 1-5', '0 10 */2 * 5#1'])(
    'do not restrict the day of the month and the weekday, which would mean either: %s',
    (cron) => {
      expect(problemsOf(scheduled(VERIFY, cron))).toEqual([
        'schedules.0.cron: restricts the day of the month and the weekday, which means either; the first Friday is "* * 5#1"',
      ]);
    },
  );

  it.each(['0 10 * * 5#1', '0 10 1 * *', '0 10 ? * 5', '0  10 1  *  ?'])('may restrict one of them: %s', (cron) => {
    expect(problemsOf(scheduled(VERIFY, cron))).toEqual([]);
  });

  it.each(['@annually', '0 0 10 * * 5', '0 10 * */12', '0 10 * * 5 2027 UTC'])('have five fields: %s', (cron) => {
    expect(problemsOf(scheduled(VERIFY, cron))).toEqual([
      'schedules.0.cron: must have five fields: minute, hour, day, month, weekday',
    ]);
  });
});

describe('the drills of a system file', () => {
  it('ask people whose roles there are', () => {
    expect(problemsOf(drilled({ participants: { roles: ['operator'] } }))).toEqual([]);
    expect(problemsOf(drilled({ participants: { roles: ['operator', 'cto'] } }))).toEqual([
      'drills.monthly.participants.roles.1: there is no role "cto"',
    ]);
  });

  it('restore into one environment, which is there and not protected', () => {
    const into = (...environments: string[]) =>
      problemsOf(drilled({ parts: environments.map((environment) => ({ do: 'restore' as const, environment })) }));
    expect(into('staging')).toEqual([]);
    expect(into('local')).toEqual(['drills.monthly.parts.0.environment: there is no environment "local"']);
    expect(into('production')).toEqual([
      'drills.monthly.parts.0.environment: "production" is protected: drills never touch what customers use',
    ]);
    expect(into('staging', 'staging')).toEqual(['drills.monthly.parts: restores more than once: make two drills']);
  });
});

describe('scheduled work', () => {
  const typed = (work: Exclude<ScheduledWork, { do: 'review' }>) => commandText(commandOf(work, 'grayledger'));

  it.each<[Exclude<ScheduledWork, { do: 'review' }>, string]>([
    [{ do: 'verify', deep: true }, '/dr verify latest --deep --system grayledger'],
    [{ do: 'verify', deep: false }, '/dr verify latest --system grayledger'],
    [{ do: 'backup' }, '/dr backup --system grayledger'],
    [{ do: 'backup', environment: 'staging' }, '/dr backup staging --system grayledger'],
    [{ do: 'warm', environment: 'production' }, '/dr warm production latest --system grayledger'],
    [{ do: 'copy' }, '/dr copy latest --system grayledger'],
    [{ do: 'export' }, '/dr export --system grayledger'],
    [{ do: 'drill', drill: 'monthly' }, '/dr drill monthly --system grayledger'],
  ])('stands for a command that a person could type: %o', (work, text) => {
    expect(typed(work)).toBe(text);
  });

  it('is everything that a file can name, but a review', () => {
    const kinds = ScheduledWork.options.map(({ shape }) => shape.do.value);
    expect(kinds).toEqual(['verify', 'backup', 'warm', 'copy', 'export', 'drill', 'review']);
  });
});

it('calls each part of a drill by what it shows', () => {
  const person = { do: 'person' as const, title: 'Call Heroku', instructions: 'Open a ticket.' };
  const parts: DrillPart[] = [
    { do: 'backups' },
    { do: 'scratch' },
    { do: 'restore', environment: 'staging' },
    { do: 'disaster' },
    person,
  ];
  expect(parts.map(partTitle)).toEqual([
    'Backups there, finished and fresh',
    'Restored into a scratch PostgreSQL',
    'Restored into staging',
    'A throwaway server destroyed and recovered',
    'Call Heroku',
  ]);
  expect(parts.map((part) => part.do)).toEqual(DrillPart.options.map(({ shape }) => shape.do.value));
});

describe('keeping a candidate warm', () => {
  const { production } = systemFile().environments ?? {};
  const warm = systemOf({ environments: { ...(production && { production: { ...production, keepWarm: true } }) } });

  it('is done only where the file says so', () => {
    expect(systemOf().environments['production']?.keepWarm).toBe(false);
  });

  it('needs a platform whose server is reached', () => {
    expect(keepWarmProblems(warm, true)).toEqual([]);
    expect(keepWarmProblems(systemOf(), false)).toEqual([]);
    expect(keepWarmProblems(warm, false)).toEqual([
      {
        path: ['environments', 'production', 'keepWarm'],
        message: 'needs a platform whose PostgreSQL server Holdfast reaches itself',
      },
    ]);
  });
});
