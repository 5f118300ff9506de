// Operations in every state, each replayed from a journal as the executor would have written it.
import type { ActionName, Evidence, Outcome } from '../../src/core/action.ts';
import { EFFECTS } from '../../src/core/action.ts';
import type { Check } from '../../src/core/check.ts';
import type { Proof, Target } from '../../src/core/facts.ts';
import { chain, type Entry, type Event } from '../../src/core/journal.ts';
import { type Operation, replay } from '../../src/core/operation.ts';
import { digestOf, Plan, type Step } from '../../src/core/plan.ts';
import type { SecondFactor } from '../../src/core/second-factor.ts';
import { type Consent, System } from '../../src/core/system.ts';

/** `now` is when somebody looks at it. */
export type Story = { readonly operation: Operation; readonly entries: readonly Entry[]; readonly now: Date };

export const REQUESTER = 'U0REQUEST';
export const LEAD = 'U0ENGLEAD';
export const PRODUCT = 'U0PRODUCT';
export const START = '2025-11-21T14:50:00.000Z';

export const system = System.parse({
  name: 'grayledger',
  title: 'Grayledger',
  platform: 'heroku',
  channel: 'C0INCIDENT',
  roles: {
    engineer: { group: 'S0ENGINEER' },
    'engineering-lead': { users: [LEAD] },
    'product-lead': { users: [PRODUCT] },
  },
  operators: ['engineer'],
  environments: {
    production: {
      protected: true,
      consent: { kind: 'approvals', roles: ['engineering-lead', 'product-lead'], require: { 'engineering-lead': 1 } },
      health: { url: 'https://grayledger-production.herokuapp.com/health' },
      settings: {},
    },
    staging: {
      consent: { kind: 'typed' },
      health: { url: 'https://grayledger-staging.herokuapp.com/health' },
      settings: {},
    },
  },
  backups: { of: 'production', maxAgeHours: 26, sizeTolerancePercent: 10, retentionDays: 7 },
  tables: [{ name: 'entries', writtenAt: 'created_at' }],
  updates: {},
  logs: { watchSeconds: 30 },
});

export const proof: Proof = {
  system: 'grayledger',
  backup: 'a001',
  operation: 'op-38',
  at: '2025-11-20T10:12:00.000Z',
  seconds: 161,
  tables: { entries: 48_120 },
};

const production: Target = {
  environment: 'production',
  name: 'grayledger-production',
  database: 'postgresql-curved-12345',
  identity: '5f1c9a52-0e0b-4f0e-9d5e-6f0a3b1c2d3e',
};
const staging: Target = {
  environment: 'staging',
  name: 'grayledger-staging',
  database: 'postgresql-rugged-67890',
  identity: '0b7d4c11-93c4-4a52-8a3e-1f2e3d4c5b6a',
};

function step(id: string, action: ActionName, title: string, runs: string, rest: Partial<Step> = {}): Step {
  const effect = EFFECTS[action];
  const undoable = effect !== 'read';
  const undo = undoable ? 'it is removed' : 'nothing is changed';
  return { id, action, effect, title, runs, args: {}, undo, undoable, expectedSeconds: null, ...rest };
}

function plan(
  rest: Pick<Plan, 'operation' | 'verb' | 'command' | 'headline' | 'target' | 'steps'> & Partial<Plan>,
): Plan {
  return Plan.parse({
    version: 1,
    system: 'grayledger',
    environment: rest.target.environment,
    protected: rest.target === production,
    statements: [],
    pinned: { targets: [rest.target], backup: null, release: null },
    gate: null,
    consent: system.environments[rest.target.environment]?.consent ?? { kind: 'none' },
    undo: { possible: false, text: 'nothing is changed' },
    undoes: null,
    proposedAt: START,
    ...rest,
  });
}

const source = {
  label: 'Source',
  text: 'grayledger-production, backup a001 (scheduled), finished 2025-11-21 02:04 UTC, 245 MB',
  tone: 'plain' as const,
};
const proven = {
  label: 'Last proven restore',
  text: '1 d 4 h ago of this backup, in 02:41 (op-38)',
  tone: 'plain' as const,
};

export const productionRestore = plan({
  operation: 'op-41',
  verb: 'restore',
  command: '/dr restore production a001 --system grayledger',
  headline: 'Restore grayledger-production from a001',
  target: production,
  statements: [
    source,
    { label: 'Age of the backup', text: '12 h 46 min', tone: 'plain' },
    {
      label: 'Lost by this',
      text: 'rows added since a001: entries 1,204 rows and line_items 3,377 rows; changes to older rows besides',
      tone: 'warn',
    },
    proven,
    {
      label: 'Until it is approved',
      text: 'only a new database is built and checked; the live one is not touched',
      tone: 'plain',
    },
  ],
  steps: [
    step(
      's1',
      'candidate.create',
      'Create a new database grayledger-production-op41-7f3a',
      'heroku addons:create heroku-postgresql:standard-0 --as CANDIDATE_41 -a grayledger-production',
      { expectedSeconds: 40 },
    ),
    step(
      's2',
      'candidate.load',
      'Restore a001 into it',
      'heroku pg:backups:restore a001 CANDIDATE_41 -a grayledger-production --confirm grayledger-production',
      { expectedSeconds: 120, undoable: false, undo: 'it goes with the new database' },
    ),
    step('s3', 'candidate.check', 'Check its data', 'SELECT count(*) FROM entries; …', { expectedSeconds: 5 }),
    step('s4', 'maintenance.on', 'Show the maintenance page', 'heroku maintenance:on -a grayledger-production', {
      undo: 'the maintenance page is taken down',
      expectedSeconds: 2,
    }),
    step(
      's5',
      'database.promote',
      'Make grayledger-production-op41-7f3a the live database',
      'heroku pg:promote grayledger-production-op41-7f3a -a grayledger-production',
      { undo: 'postgresql-curved-12345 is promoted again', expectedSeconds: 20 },
    ),
    step('s6', 'services.check', 'See the application run on it', 'heroku ps -a grayledger-production', {
      expectedSeconds: 15,
    }),
    step('s7', 'maintenance.off', 'Open to customers again', 'heroku maintenance:off -a grayledger-production', {
      undoable: false,
      undo: 'the maintenance page is shown again by taking back step 4',
      expectedSeconds: 2,
    }),
    step('s8', 'health.check', 'Ask the health endpoint', 'GET https://grayledger-production.herokuapp.com/health', {
      expectedSeconds: 3,
    }),
  ],
  gate: 3,
  undo: { possible: true, text: 'postgresql-curved-12345 is kept and can be made the live database again' },
});

export const stagingRestore = plan({
  operation: 'op-42',
  verb: 'restore',
  command: '/dr restore staging a001 --system grayledger',
  headline: 'Restore grayledger-staging from a001 of grayledger-production',
  target: staging,
  statements: [
    source,
    {
      label: 'Overwrites',
      text: 'grayledger-staging/postgresql-rugged-67890: entries 45,019 rows',
      tone: 'warn',
    },
    proven,
  ],
  steps: [
    step(
      's1',
      'backup.capture',
      'Back up grayledger-staging as it is now',
      'heroku pg:backups:capture -a grayledger-staging',
      {
        undoable: false,
        undo: 'a backup more does no harm',
      },
    ),
    step(
      's2',
      'database.restore',
      'Restore a001 into grayledger-staging',
      'heroku pg:backups:restore grayledger-production::a001 DATABASE -a grayledger-staging --confirm grayledger-staging',
      { undo: 'the backup taken in the first step is restored' },
    ),
    step('s3', 'database.check', 'Check the restored data', 'SELECT count(*) FROM entries; …'),
    step('s4', 'health.check', 'Ask the health endpoint', 'GET https://grayledger-staging.herokuapp.com/health'),
  ],
  gate: 0,
  undo: { possible: true, text: 'the backup of grayledger-staging taken in the first step is restored' },
});

const rollback = plan({
  operation: 'op-43',
  verb: 'rollback',
  command: '/dr rollback v255 --system grayledger',
  headline: 'Roll grayledger-production back to v255',
  target: production,
  statements: [
    { label: 'Runs now', text: 'v256 (Deploy abc1234, commit abc1234, by engineer@co, 15 min ago)', tone: 'plain' },
    { label: 'Will run', text: 'v255 (Deploy def5678, commit def5678, by engineer@co, 2 h 40 min ago)', tone: 'plain' },
    { label: 'Release phase', text: 'will run with the rollback: bin/rails db:migrate', tone: 'warn' },
    { label: 'Migrations', text: 'none is younger than v255', tone: 'plain' },
  ],
  steps: [
    step('s1', 'release.rollback', 'Return from v256 to v255', 'heroku rollback v255 -a grayledger-production', {
      undo: 'v256 is released again',
    }),
    step('s2', 'health.check', 'Ask the health endpoint', 'GET https://grayledger-production.herokuapp.com/health'),
    step('s3', 'logs.watch', 'Watch the logs', 'heroku logs --tail -a grayledger-production', { expectedSeconds: 30 }),
  ],
  gate: 0,
  undo: { possible: true, text: 'v256 is released again' },
});

const rules = step(
  's1',
  'backups.verify',
  'Check the backups of grayledger-production',
  'heroku pg:backups -a grayledger-production',
  {
    expectedSeconds: 4,
  },
);

const verify = plan({
  operation: 'op-39',
  verb: 'verify',
  command: '/dr verify latest --system grayledger',
  headline: 'Verify the backups of Grayledger',
  target: production,
  steps: [rules],
});

const deepVerify = plan({
  operation: 'op-40',
  verb: 'verify',
  command: '/dr verify a001 --deep --system grayledger',
  headline: 'Prove that a001 of Grayledger can be restored',
  target: production,
  statements: [source, proven],
  steps: [
    rules,
    step(
      's2',
      'backup.fetch',
      'Download a001 and read it to its end',
      'heroku pg:backups:url a001 -a grayledger-production',
      {
        expectedSeconds: 60,
      },
    ),
    step(
      's3',
      'backup.rehearse',
      'Restore it into a scratch PostgreSQL and check the data',
      'pg_restore --no-owner --no-acl',
      {
        expectedSeconds: 160,
      },
    ),
  ],
});

/** A journal of events, each with its seconds after the proposal; somebody looks at `seconds`. */
export function story(of: Plan, events: readonly (readonly [number, Event])[], seconds: number): Story {
  const all: (readonly [number, Event])[] = [[0, { type: 'proposed', by: REQUESTER, digest: digestOf(of) }], ...events];
  const entries: Entry[] = [];
  for (const [after, event] of all) {
    entries.push(chain(entries.at(-1) ?? null, of.operation, moment(after), event));
  }
  return { operation: replay(of, entries), entries, now: new Date(moment(seconds)) };
}

function moment(seconds: number): string {
  return new Date(Date.parse(START) + seconds * 1000).toISOString();
}

type Told = readonly [number, Event];

const done = (...says: string[]): Outcome => ({ is: 'done', evidence: { says, checks: [] }, output: null });
const checked = (checks: readonly Check[], ...says: string[]): Outcome => ({
  is: 'done',
  evidence: { says, checks: [...checks] },
  output: null,
});
const read = (...says: string[]): Evidence => ({ says, checks: [] });

/** A step from its intent to its end. */
function ran(id: string, from: number, to: number, outcome: Outcome, adopted = false): Told[] {
  return [
    [from, { type: 'step_started', step: id, before: null }],
    [to, { type: 'step_ended', step: id, outcome, adopted }],
  ];
}

const approved = (plan_: Plan, by: string, role: string, at: number): Told => [
  at,
  { type: 'approved', by, roles: [role], digest: digestOf(plan_) },
];

const dailyChecks: readonly Check[] = [
  { name: 'Daily backup present', status: 'pass', figure: 'a001, started 2025-11-21 02:00 UTC', source: 'G1' },
  { name: 'Backups finished', status: 'pass', figure: '7 of 7 finished', source: 'G1' },
  { name: 'Size within 10 %', status: 'warn', figure: '245 MB, +11.4 % on a002 (220 MB)', source: 'G1' },
  { name: 'Retention 7 days', status: 'pass', figure: '7 of 7 days have a finished backup, 7 records', source: 'G2' },
];
const missing: Check = {
  name: 'Daily backup present',
  status: 'fail',
  figure: 'CRITICAL: database backup missing for 2025-11-21; the last one is a002 of 2025-11-20 02:00 UTC',
  source: 'G5',
};
const dataChecks: readonly Check[] = [
  { name: 'Rows of entries', status: 'pass', figure: '48,120 rows, as proven by op-38', source: 'G7' },
  { name: 'Entries balance', status: 'pass', figure: '0 entries whose lines do not sum to 0', source: 'G28' },
];

const rehearsal: Told[] = [
  ...ran('s1', 3, 44, done('postgresql-op41-7f3a is available, read at 14:50:44 UTC.')),
  ...ran('s2', 45, 165, done('Transfer r014 succeeded, 245 MB, read at 14:52:45 UTC.')),
  ...ran('s3', 166, 171, checked(dataChecks, 'entries: 48,120 rows.')),
];
const bothApproved: Told[] = [
  approved(productionRestore, LEAD, 'engineering-lead', 190),
  approved(productionRestore, PRODUCT, 'product-lead', 245),
  [245, { type: 'consented' }],
];
const goingLive: Told[] = [
  [250, { type: 'started' }],
  ...ran('s4', 251, 253, done('Maintenance is on, read at 14:54:13 UTC.')),
];
const restoreSteps: Told[] = [...rehearsal, ...bothApproved, ...goingLive];
const promoted: Told[] = [
  ...ran('s5', 254, 275, done('DATABASE is postgresql-op41-7f3a, read at 14:54:35 UTC.')),
  ...ran('s6', 276, 290, done('2 of 2 dynos run on the new database, read at 14:54:50 UTC.')),
  ...ran('s7', 291, 293, done('Maintenance is off, read at 14:54:53 UTC.')),
  ...ran('s8', 294, 297, done('https://grayledger-production.herokuapp.com/health answered 200 in 84 ms.')),
];

/** The production restore in all its states, in the order in which they can come. */
/** The same, where an approval takes more than a click. */
export function asking(operation: Operation, secondFactor: SecondFactor): Operation {
  const { plan } = operation;
  const consent = { roles: ['engineering-lead'], ...plan.consent, kind: 'approvals', secondFactor } as Consent;
  return { ...operation, plan: { ...plan, consent } };
}

export const productionStories: Readonly<Record<string, Story>> = {
  'just proposed': story(productionRestore, [], 1),
  'rehearsing, one approval': story(
    productionRestore,
    [
      ...rehearsal.slice(0, 3),
      [90, { type: 'step_progress', step: 's2', percent: 45, note: '110 of 245 MB' }],
      approved(productionRestore, PRODUCT, 'product-lead', 95),
    ],
    99,
  ),
  'rehearsed, waiting for the lead': story(
    productionRestore,
    [...rehearsal, approved(productionRestore, PRODUCT, 'product-lead', 180)],
    300,
  ),
  'approved, queued': story(productionRestore, [...rehearsal, ...bothApproved], 246),
  'an approval voided': story(
    productionRestore,
    [...rehearsal, ...bothApproved, [250, { type: 'voided', by: [LEAD], why: 'an approver no longer holds the role' }]],
    260,
  ),
  'running behind the gate': story(
    productionRestore,
    [...restoreSteps, [254, { type: 'step_started', step: 's5', before: null }]],
    262,
  ),
  'unclear promote': story(
    productionRestore,
    [
      ...restoreSteps,
      [254, { type: 'step_started', step: 's5', before: null }],
      [300, { type: 'asked', step: 's5', why: 'Heroku does not answer (503); the attachment could not be read' }],
    ],
    420,
  ),
  'a person said it happened': story(
    productionRestore,
    [
      ...restoreSteps,
      [254, { type: 'step_started', step: 's5', before: null }],
      [300, { type: 'asked', step: 's5', why: 'the attachment could not be read' }],
      [480, { type: 'answered', step: 's5', by: LEAD, verdict: 'happened' }],
      ...promoted.slice(2).map(([at, event]): Told => [at + 300, event]),
      [600, { type: 'finished', outcome: 'unverified' }],
    ],
    610,
  ),
  'failed promote, taking back': story(
    productionRestore,
    [
      ...restoreSteps,
      ...ran('s5', 254, 275, {
        is: 'failed',
        why: 'pg:promote: the release phase failed (exit 1)',
        evidence: read('DATABASE is postgresql-curved-12345, read at 14:54:35 UTC.'),
        untouched: false,
      }),
      [
        275,
        {
          type: 'stopped',
          outcome: 'failed',
          why: '“Make grayledger-production-op41-7f3a the live database” failed: pg:promote: the release phase failed (exit 1)',
          by: null,
        },
      ],
      [276, { type: 'undo_started', step: 's5' }],
    ],
    280,
  ),
  'failed, all taken back': story(
    productionRestore,
    [
      ...restoreSteps,
      ...ran('s5', 254, 275, {
        is: 'failed',
        why: 'pg:promote: the release phase failed (exit 1)',
        evidence: read('DATABASE is postgresql-curved-12345, read at 14:54:35 UTC.'),
        untouched: false,
      }),
      [275, { type: 'stopped', outcome: 'failed', why: 'step 5 failed: the release phase failed (exit 1)', by: null }],
      [276, { type: 'undo_started', step: 's5' }],
      [280, { type: 'undo_ended', step: 's5', evidence: read('DATABASE is postgresql-curved-12345.') }],
      [281, { type: 'undo_started', step: 's4' }],
      [283, { type: 'undo_ended', step: 's4', evidence: read('Maintenance is off.') }],
      [284, { type: 'undo_started', step: 's1' }],
      [290, { type: 'undo_ended', step: 's1', evidence: read('postgresql-op41-7f3a is gone.') }],
      [291, { type: 'finished', outcome: 'failed' }],
    ],
    300,
  ),
  'taking back is unclear': story(
    productionRestore,
    [
      ...rehearsal.slice(0, 2),
      [60, { type: 'stopped', outcome: 'cancelled', why: `<@${LEAD}> denied it`, by: LEAD }],
      [61, { type: 'undo_started', step: 's1' }],
      [70, { type: 'undo_failed', step: 's1', why: 'Heroku does not answer (503)' }],
    ],
    90,
  ),
  'left as it is, cancelled': story(
    productionRestore,
    [
      ...rehearsal.slice(0, 2),
      [60, { type: 'stopped', outcome: 'cancelled', why: `<@${LEAD}> denied it`, by: LEAD }],
      [61, { type: 'undo_started', step: 's1' }],
      [70, { type: 'undo_failed', step: 's1', why: 'Heroku does not answer (503)' }],
      [99, { type: 'answered', step: 's1', by: REQUESTER, verdict: 'abandon' }],
      [100, { type: 'finished', outcome: 'cancelled' }],
    ],
    120,
  ),
  expired: story(
    productionRestore,
    [
      ...rehearsal,
      [1080, { type: 'stopped', outcome: 'expired', why: 'nobody approved it in time', by: null }],
      [1081, { type: 'undo_started', step: 's1' }],
      [1085, { type: 'undo_ended', step: 's1', evidence: read('postgresql-op41-7f3a is gone.') }],
      [1086, { type: 'finished', outcome: 'expired' }],
    ],
    1100,
  ),
  succeeded: story(
    productionRestore,
    [...restoreSteps, ...promoted, [298, { type: 'finished', outcome: 'succeeded' }]],
    310,
  ),
  undone: story(
    productionRestore,
    [
      ...restoreSteps,
      ...promoted,
      [298, { type: 'finished', outcome: 'succeeded' }],
      [2400, { type: 'undone', operation: 'op-44' }],
    ],
    2500,
  ),
};

const confirmed: Told = [20, { type: 'confirmed', by: REQUESTER }];

export const stagingStories: Readonly<Record<string, Story>> = {
  'waiting for the typed name': story(stagingRestore, [], 5),
  'running, never timed': story(
    stagingRestore,
    [confirmed, [22, { type: 'started' }], ...ran('s1', 23, 60, done('b007 is finished, 221 MB.')).slice(0, 1)],
    40,
  ),
  'adopted and succeeded': story(
    stagingRestore,
    [
      confirmed,
      [22, { type: 'started' }],
      ...ran('s1', 23, 60, done('b007 is finished, 221 MB, read at 14:51:00 UTC.')),
      ...ran('s2', 61, 200, done('Transfer r015 succeeded, read at 14:53:20 UTC.'), true),
      ...ran('s3', 201, 206, checked(dataChecks, 'entries: 48,120 rows.')),
      ...ran('s4', 207, 208, done('https://grayledger-staging.herokuapp.com/health answered 200 in 61 ms.')),
      [209, { type: 'finished', outcome: 'succeeded' }],
    ],
    240,
  ),
  'cancelled before anything': story(
    stagingRestore,
    [
      [9, { type: 'stopped', outcome: 'cancelled', why: `<@${REQUESTER}> cancelled it`, by: REQUESTER }],
      [9, { type: 'finished', outcome: 'cancelled' }],
    ],
    15,
  ),
};

const rollbackStories: Readonly<Record<string, Story>> = {
  'waiting for approval': story(rollback, [], 30),
  'ended, unverified': story(
    rollback,
    [
      approved(rollback, LEAD, 'engineering-lead', 40),
      approved(rollback, PRODUCT, 'product-lead', 50),
      [50, { type: 'consented' }],
      [52, { type: 'started' }],
      ...ran('s1', 53, 60, done('v257 runs the code of v255, read at 14:51:00 UTC.')),
      ...ran('s2', 61, 63, done('https://grayledger-production.herokuapp.com/health answered 200 in 90 ms.')),
      ...ran('s3', 64, 94, {
        is: 'unverified',
        why: 'the log stream ended after 12 s of 30 s',
        evidence: read('0 alarming lines in 12 s.'),
        output: null,
      }),
      [95, { type: 'finished', outcome: 'unverified' }],
    ],
    100,
  ),
};

const verifyStories: Readonly<Record<string, Story>> = {
  queued: story(verify, [], 1),
  'passed with a warning': story(
    verify,
    [
      [1, { type: 'started' }],
      ...ran('s1', 2, 5, checked(dailyChecks)),
      [6, { type: 'finished', outcome: 'succeeded' }],
    ],
    10,
  ),
  'a backup is missing': story(
    verify,
    [
      [1, { type: 'started' }],
      ...ran('s1', 2, 5, checked([missing, ...dailyChecks.slice(1)])),
      [6, { type: 'finished', outcome: 'succeeded' }],
    ],
    10,
  ),
};

const proving: Told[] = [
  [1, { type: 'started' }],
  ...ran('s1', 2, 5, checked(dailyChecks)),
  ...ran('s2', 6, 70, done('245,118,209 bytes, SHA-256 9f2c41d0…; 214 entries read to the end.')),
];

const deepVerifyStories: Readonly<Record<string, Story>> = {
  'restoring into a scratch database': story(
    deepVerify,
    [
      ...proving,
      [71, { type: 'step_started', step: 's3', before: null }],
      [120, { type: 'step_progress', step: 's3', percent: 30, note: 'line_items' }],
    ],
    121,
  ),
  proven: story(
    deepVerify,
    [
      ...proving,
      ...ran('s3', 71, 232, checked(dataChecks, 'Restored in 02:41 into a scratch PostgreSQL 15, which was removed.')),
      [233, { type: 'finished', outcome: 'succeeded' }],
    ],
    240,
  ),
};

/** Every story under a name of its own. */
export const stories: ReadonlyMap<string, Story> = new Map(
  Object.entries({
    'production restore': productionStories,
    'staging restore': stagingStories,
    rollback: rollbackStories,
    verify: verifyStories,
    'deep verify': deepVerifyStories,
  }).flatMap(([kind, told]) => Object.entries(told).map(([name, one]) => [`${kind}: ${name}`, one] as const)),
);
