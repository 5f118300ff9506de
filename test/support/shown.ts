// What the views of incidents, drills and retention are shown with, in tests.
import { Alert } from '../../src/core/alert.ts';
import type { Backup } from '../../src/core/facts.ts';
import type { Assessment, Home } from '../../src/core/incident-views.ts';
import { Report } from '../../src/core/report.ts';
import { System } from '../../src/core/system.ts';
import type { View } from '../../src/core/views.ts';
import { type IncidentStory, incidentStories } from './incident-stories.ts';
import { guardedSystem } from './incidents.ts';
import { productionStories, proof, type Story } from './operations.ts';

export const AT = '2025-11-21T15:00:00.000Z';

const guarded = guardedSystem();
export const shownSystem: System = System.parse({
  ...guarded,
  contacts: {
    ...guarded.contacts,
    lead: {
      title: 'Engineering lead',
      users: ['U09LEAD', 'U08DEPUTY', 'U07THIRD'],
      phone: '+1 555 0100',
      note: 'Not on Mondays.',
    },
    desk: { title: 'Help desk', email: 'desk@example.com' },
    nobody: { title: 'Somebody' },
  },
  drills: {
    monthly: {
      title: 'Monthly drill',
      parts: [
        { do: 'backups' },
        { do: 'scratch' },
        { do: 'restore', environment: 'staging' },
        { do: 'disaster' },
        { do: 'person', title: 'Sign in', instructions: 'Sign in by hand.' },
      ],
    },
    never: { title: 'Never run', parts: [{ do: 'backups' }] },
  },
});

export const backup: Backup = {
  id: 'a001',
  kind: 'scheduled',
  state: 'finished',
  startedAt: '2025-11-21T02:00:00.000Z',
  finishedAt: '2025-11-21T02:04:00.000Z',
  bytes: 245_000_000,
  sha256: null,
};

export const report = Report.parse({
  id: 'rep-3',
  system: 'grayledger',
  kind: 'drill',
  of: 'op-40',
  at: '2025-11-07T10:31:00.000Z',
  title: 'Monthly drill of GrayLedger',
  result: 'fail',
  figures: {
    drill: 'monthly',
    backup: { id: 'a001', at: '2025-11-07T02:04:00.000Z', bytes: 245_000_000 },
    downloadSeconds: 41,
    restoreSeconds: 120,
    totalSeconds: 1_500,
    recoverySeconds: 900,
    rtoMinutes: 10,
    rpoMinutes: 60,
    rows: { entries: 48_120, users: 12, a: 1, b: 2, c: 3, d: 4, e: 5 },
    smoke: { passed: 4, of: 5 },
    leaks: 2,
    participants: ['U02BOB'],
    parts: [
      { title: 'The backups', result: 'pass', seconds: 3, says: [] },
      { title: 'Restore into staging', result: 'fail', seconds: 900, says: [] },
      { title: 'Sign in', result: 'not run', seconds: null, says: [] },
    ],
    issues: ['Smoke test “orders” answered 500'],
    recommendations: ['Mend orders, then run `/dr drill monthly` again.'],
    nextAt: '2025-12-05T10:00:00.000Z',
  },
  markdown: '# …',
});
const { figures } = report;
export const passed = Report.parse({
  ...report,
  id: 'rep-2',
  result: 'pass',
  figures: {
    ...figures,
    ...{
      downloadSeconds: null,
      smoke: null,
      leaks: 0,
      participants: [],
      issues: [],
      recommendations: [],
      nextAt: null,
    },
    ...{ recoverySeconds: null, rtoMinutes: null, backup: null, rows: {} },
  },
});
export const postMortem = Report.parse({
  ...report,
  id: 'rep-4',
  kind: 'post-mortem',
  of: 'inc-1',
  result: 'none',
  figures: null,
});

export const alert = Alert.parse({
  id: 'al-12',
  system: 'grayledger',
  environment: 'production',
  kind: 'old',
  about: 'a001',
  severity: 'critical',
  text: 'The newest backup a001 is 30 h old, at most 26 h are allowed',
  remedy: { label: 'Take a backup', command: 'backup production --system grayledger' },
  raisedAt: '2025-11-21T14:00:00.000Z',
  seenAt: '2025-11-21T14:55:00.000Z',
  overAt: null,
});
export const alerts: readonly Alert[] = [
  Alert.parse({ ...alert, id: 'al-13', severity: 'info', kind: 'schedule', about: '', remedy: null }),
  alert,
  Alert.parse({ ...alert, id: 'al-14', severity: 'warning', kind: 'disk', overAt: '2025-11-21T14:59:00.000Z' }),
];

export const storyOf = (name: string) => incidentStories.get(name) as IncidentStory;
const { sight: resolved } = storyOf('resolved');

export const assessment: Assessment = {
  at: AT,
  system: shownSystem,
  symptoms: shownSystem.incidents.symptoms.slice(1),
  level: 1,
  causes: ['corruption', 'a bad release'],
  scenario: { name: 'corruption', scenario: shownSystem.scenarios['corruption'] as System['scenarios'][string] },
  onset: '2025-11-21T14:40:00.000Z',
  advice: { is: 'restore', because: ['v256 was released 3 d before it began', 'a001 was proven by op-38.'] },
  release: {
    id: 'v256',
    code: 'c',
    commit: null,
    description: 'Deploy 1a2b3c',
    by: 'carol@example.com',
    createdAt: '2025-11-18T14:00:00.000Z',
    state: 'succeeded',
    current: true,
  },
  migration: '20251118120000',
  backup,
  proof,
  plan: 'recover corruption a001 --system grayledger',
};

/** Nothing is known and nothing helps. */
export const clueless: Assessment = {
  ...assessment,
  ...{ causes: [], scenario: null, onset: null, release: null, migration: null, backup: null, proof: null, plan: null },
  advice: { is: 'unclear', because: [] },
};

const schedule = { name: 'daily', cron: '0 2 * * *', timeZone: 'UTC', missed: 'make-up' } as const;

export const views: ReadonlyMap<string, View> = new Map<string, View>([
  ...(['declared', 'acknowledged', 'updated', 'resolved'] as const).map((did): [string, View] => [
    `incident ${did}`,
    { is: 'incident', did, incident: resolved.incident, system: shownSystem },
  ]),
  [
    'incidents',
    {
      is: 'incidents',
      at: AT,
      open: [storyOf('nobody is at it').sight, storyOf('recovering').sight],
      resolved: [resolved],
    },
  ],
  ['no incidents', { is: 'incidents', at: AT, open: [], resolved: [] }],
  ['timeline', { is: 'timeline', at: AT, sight: resolved, broken: null }],
  ['broken timeline', { is: 'timeline', at: AT, sight: storyOf('just declared').sight, broken: 1 }],
  ['contacts', { is: 'contacts', system: shownSystem }],
  [
    'no contacts',
    { is: 'contacts', system: System.parse({ ...shownSystem, contacts: {}, incidents: {}, schedules: [] }) },
  ],
  ['contacts without escalation', { is: 'contacts', system: System.parse({ ...shownSystem, incidents: {} }) }],
  [
    'tickets',
    {
      is: 'tickets',
      system: shownSystem,
      incident: resolved.incident,
      tickets: [
        {
          to: 'Heroku support',
          url: 'https://help.heroku.com',
          subject: 'grayledger: 500',
          body: 'App <x> & co.\n`ps` says:\n\tdown',
        },
        { to: 'AWS', url: null, subject: 'S3', body: 'one line' },
      ],
    },
  ],
  ['no tickets', { is: 'tickets', system: shownSystem, incident: null, tickets: [] }],
  ...(['pre', 'during', 'post'] as const).map((list): [string, View] => [
    `checklist ${list}`,
    { is: 'checklist', at: AT, sight: storyOf('recovering').sight, list },
  ]),
  ['no checklist', { is: 'checklist', at: AT, sight: storyOf('ended with nothing recovered').sight, list: 'pre' }],
  [
    'drills',
    {
      is: 'drills',
      at: AT,
      system: shownSystem,
      drills: Object.entries(shownSystem.drills).map(([name, drill], index) => ({
        name,
        drill,
        nextAt: index === 0 ? '2025-12-05T10:00:00.000Z' : null,
        last: index === 0 ? report : null,
      })),
    },
  ],
  ['no drills', { is: 'drills', at: AT, system: shownSystem, drills: [] }],
  [
    'schedules',
    {
      is: 'schedules',
      at: AT,
      system: shownSystem,
      schedules: [
        { schedule: { ...schedule, name: 'gone', work: { do: 'copy' } }, nextAt: [], last: null },
        {
          schedule: { ...schedule, work: { do: 'verify', deep: true } },
          nextAt: ['2025-11-22T02:00:00.000Z', '2025-11-23T02:00:00.000Z'],
          last: { key: 'grayledger/daily', due: '2025-11-21T02:00:00.000Z', operation: 'op-39', note: 'verdict FAIL' },
        },
        ...(
          [
            { do: 'verify', deep: false },
            { do: 'backup' },
            { do: 'backup', environment: 'staging' },
            { do: 'warm', environment: 'production' },
            { do: 'drill', drill: 'monthly' },
            { do: 'review', title: 'Read the runbook', contact: 'lead' },
          ] as const
        ).map((work, index) => ({
          schedule: { ...schedule, name: `s${index}`, timeZone: 'Europe/Berlin', missed: 'report' as const, work },
          nextAt: [`2025-12-0${index + 1}T09:00:00.000Z`],
          last: { key: 'k', due: '2025-11-20T02:00:00.000Z', operation: null, note: '' },
        })),
      ],
    },
  ],
  ['no schedules', { is: 'schedules', at: AT, system: shownSystem, schedules: [] }],
  ['report', { is: 'report', system: shownSystem, report, before: passed }],
  ['first report', { is: 'report', system: shownSystem, report: passed, before: null }],
  ['post-mortem', { is: 'report', system: shownSystem, report: postMortem, before: null }],
  ...([true, false] as const).map((compares): [string, View] => [
    compares ? 'month beside another' : 'month alone',
    {
      is: 'month',
      system: shownSystem,
      month: {
        ...{ month: '2025-11', drills: 2, drillsPassed: 1, proofs: 4, recoverySeconds: 900, backupBytes: 245_000_000 },
        ...{
          medianRecoverySeconds: 700,
          detectSeconds: 600,
          recoverSeconds: 3298,
          incidents: 1,
          downSeconds: null,
          alerts: 3,
        },
      },
      before: compares
        ? {
            ...{ month: '2025-10', drills: 1, drillsPassed: 1, proofs: 5, recoverySeconds: 800, backupBytes: null },
            ...{
              medianRecoverySeconds: 800,
              detectSeconds: null,
              recoverSeconds: null,
              incidents: 0,
              downSeconds: 0,
              alerts: 0,
            },
          }
        : null,
    },
  ]),
  ['alerts', { is: 'alerts', at: AT, system: shownSystem, alerts }],
  ['no alerts', { is: 'alerts', at: AT, system: shownSystem, alerts: [] }],
  [
    'retention',
    {
      is: 'retention',
      at: AT,
      system: 'GrayLedger',
      environment: 'production',
      tiers: { scheduled: 7, monthly: 365, manual: null },
      places: [
        {
          place: 'archives',
          name: 'backup-host:/var/backups',
          problem: null,
          going: [{ backup: { ...backup, id: 'old.dump', bytes: null }, why: 'scheduled: 9 d old, kept for 7 d' }],
          kept: [{ backup, rule: 'newest', why: 'the newest finished one' }],
        },
        { place: 'offsite', name: 's3://vault/', problem: 'no answer', going: [], kept: [] },
      ],
    },
  ],
  [
    'nothing goes',
    {
      is: 'retention',
      at: AT,
      system: 'GrayLedger',
      environment: 'production',
      tiers: null,
      places: [{ place: 'archives', name: 'here', problem: null, going: [], kept: [] }],
    },
  ],
]);

const { operation: waiting } = productionStories['just proposed'] as Story;
const { operation: running } = productionStories['running behind the gate'] as Story;
const honest = System.parse({ ...shownSystem, name: 'provote', title: 'Provote', objectives: undefined });

export const home: Home = {
  at: AT,
  waiting: [waiting, { ...waiting, id: 'op-77', plan: { ...waiting.plan, system: 'gone' }, expiresAt: null }],
  systems: [
    {
      system: shownSystem,
      backups: { at: '2025-11-21T14:45:00.000Z', newest: backup },
      proof,
      capability: { minutes: 1440, by: 'backups' },
      open: [running],
      incidents: [storyOf('recovering').sight],
      alerts: [alert],
      nextDrill: { title: 'Monthly drill', at: '2025-12-05T10:00:00.000Z' },
    },
    {
      system: honest,
      backups: null,
      proof: null,
      capability: null,
      open: [],
      incidents: [],
      alerts: [],
      nextDrill: null,
    },
    {
      system: System.parse({
        ...shownSystem,
        name: 'suoops',
        title: 'SuoOps',
        objectives: { rtoMinutes: 60, rpoMinutes: 5 },
      }),
      backups: { at: '2025-11-21T14:45:00.000Z', newest: null },
      proof,
      capability: { minutes: 1, by: 'moments' },
      open: [],
      incidents: [],
      alerts: [],
      nextDrill: null,
    },
    {
      system: shownSystem,
      backups: { at: AT, newest: { ...backup, startedAt: '2025-11-18T02:00:00.000Z', finishedAt: null } },
      proof: null,
      capability: { minutes: 60, by: 'backups' },
      open: [],
      incidents: [],
      alerts: [],
      nextDrill: null,
    },
  ],
};
