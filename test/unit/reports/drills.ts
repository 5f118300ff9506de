// Drills with their journals, as the executor would have written them, for the tests of reports.
import type { ActionName, Outcome } from '../../../src/core/action.ts';
import type { Check } from '../../../src/core/check.ts';
import type { Proof } from '../../../src/core/facts.ts';
import type { Event } from '../../../src/core/journal.ts';
import type { Plan, Step } from '../../../src/core/plan.ts';
import type { Report } from '../../../src/core/report.ts';
import { drillReport } from '../../../src/reports/drill-report.ts';
import { type Story, story } from '../../support/operations.ts';
import { planOf, stepOf, TARGET } from '../../support/plans.ts';
import { type SystemFile, systemOf } from '../../support/system.ts';

export const ALICE = 'U01ALICE';
export const BOB = 'U02BOB';

export const NEXT = '2025-12-05T10:00:00.000Z';

export function drillSystem(overrides: Partial<SystemFile> = {}) {
  return systemOf({
    objectives: { rtoMinutes: 60, rpoMinutes: 1440 },
    contacts: { lead: { title: 'Engineering lead', users: [BOB] } },
    drills: {
      monthly: {
        title: 'Monthly drill',
        participants: { roles: ['operator'], atLeast: 1 },
        parts: [{ do: 'backups' }, { do: 'scratch' }, { do: 'restore', environment: 'staging' }],
      },
    },
    ...overrides,
  });
}

export const PROOF: Proof = {
  system: 'grayledger',
  backup: 'a001',
  operation: 'op-50',
  at: '2025-11-21T14:55:00.000Z',
  seconds: 161,
  tables: { entries: 48_120, users: 31 },
};

function part(number: number, id: string, action: ActionName, title: string, rest: Partial<Step> = {}): Step {
  return stepOf(id, { action, title, part: number, args: {}, ...rest });
}

/** Backups, a scratch restore, and a restore into staging with masking, health and smoke tests. */
export function drillPlan(overrides: Partial<Plan> = {}): Plan {
  return planOf({
    operation: 'op-50',
    environment: 'staging',
    verb: 'drill',
    command: '/dr drill monthly --system grayledger',
    headline: 'Monthly drill of GrayLedger',
    target: { ...TARGET, environment: 'staging', name: 'grayledger-staging' },
    protected: false,
    statements: [
      { label: 'Part 1', text: 'Backup verification', tone: 'plain' },
      { label: 'Part 2', text: 'Scratch restore', tone: 'plain' },
      { label: 'Part 3', text: 'Staging restore', tone: 'plain' },
    ],
    steps: [
      part(0, 's1', 'backups.verify', 'Check the backups'),
      part(1, 's2', 'backup.fetch', 'Download a001'),
      part(1, 's3', 'backup.rehearse', 'Restore it into a scratch PostgreSQL'),
      part(2, 's4', 'candidate.load', 'Load a001 into a candidate'),
      part(2, 's5', 'candidate.scan', 'Search for personal data'),
      part(2, 's6', 'health.check', 'Ask the health endpoint', { args: { environment: 'staging', required: true } }),
      part(2, 's7', 'smoke.check', 'Ask the smoke tests', { args: { environment: 'staging' } }),
    ],
    gate: null,
    consent: { kind: 'none' },
    proposedAt: '2025-11-21T14:50:00.000Z',
    ...overrides,
  });
}

export type Told = readonly [number, Event];

export const done = (...says: string[]): Outcome => ({ is: 'done', evidence: { says, checks: [] }, output: null });
export const checked = (checks: readonly Check[], ...says: string[]): Outcome => ({
  is: 'done',
  evidence: { says, checks: [...checks] },
  output: null,
});
export const failing = (why: string, checks: readonly Check[] = []): Outcome => ({
  is: 'failed',
  why,
  evidence: { says: [], checks: [...checks] },
  untouched: false,
});
export const check = (name: string, status: Check['status'], figure: string): Check => ({
  name,
  status,
  figure,
  source: 'G1',
});

export function ran(step: string, from: number, to: number, outcome: Outcome): Told[] {
  return [
    [from, { type: 'step_started', step, before: null }],
    [to, { type: 'step_ended', step, outcome, adopted: false }],
  ];
}

const proven = (): Outcome => ({
  is: 'done',
  evidence: {
    says: ['a001 is proven restorable in 02:41.'],
    checks: [check('entries', 'pass', '48,120 rows')],
    proof: PROOF,
  },
  output: null,
});

/** Everything in order, each step by its id; what is given replaces what would have happened. */
export function goodSteps(replaced: Record<string, Outcome> = {}): Told[] {
  const usual: Record<string, Outcome> = {
    s1: checked([check('Daily backup present', 'pass', 'a001, started 2025-11-21 02:00 UTC')]),
    s2: done('a001: 245 MB, read to its end without an error.'),
    s3: proven(),
    s4: done('48,151 rows were loaded.'),
    s5: checked([
      check('values of masked columns', 'pass', 'none of 96 values from the backup stands in 14 text columns'),
    ]),
    s6: done('It answered 200 in 31 ms.'),
    s7: checked(
      [check('ready', 'pass', '200 in 12 ms'), check('login', 'pass', '401 in 9 ms')],
      'Smoke tests: 2/2 passed.',
    ),
  };
  const times: Record<string, readonly [number, number]> = {
    s1: [10, 14],
    s2: [14, 194],
    s3: [194, 674],
    s4: [680, 800],
    s5: [800, 830],
    s6: [830, 831],
    s7: [831, 832],
  };
  return Object.entries({ ...usual, ...replaced }).flatMap(([id, outcome]) => {
    const [from, to] = times[id] ?? [0, 0];
    return ran(id, from, to, outcome);
  });
}

const joined: Told = [5, { type: 'joined', by: BOB }];
const finished = (outcome: 'succeeded' | 'unverified'): Told => [840, { type: 'finished', outcome }];

/** `steps` default: all went well. */
export function drillStory(
  steps: readonly Told[] = goodSteps(),
  {
    plan = drillPlan(),
    end = [finished('succeeded')],
    alone = false,
  }: { plan?: Plan; end?: readonly Told[]; alone?: boolean } = {},
): Story {
  return story(plan, [...(alone ? [] : [joined]), [6, { type: 'started' }], ...steps, ...end], 900);
}

export function reportOf(
  { operation, entries }: Story,
  {
    system = drillSystem(),
    proof = null,
    nextAt = NEXT,
  }: { system?: ReturnType<typeof drillSystem>; proof?: Proof | null; nextAt?: string | null } = {},
): Omit<Report, 'id'> {
  return drillReport({ operation, entries, system, proof, nextAt: () => nextAt });
}

/** What only the picture looks at. */
export function pastDrill(
  number: number,
  overrides: {
    result?: Report['result'];
    seconds?: number | null;
    bytes?: number | null;
    rto?: number | null;
    at?: string;
  } = {},
): Report {
  const base = reportOf(drillStory());
  const { result = 'pass', seconds = 700 + number * 37, bytes = 2.1e8 + number * 4.2e6, rto = 60 } = overrides;
  const at = overrides.at ?? new Date(Date.UTC(2024, number, 5, 10, 31)).toISOString();
  if (base.figures === null) throw new Error('a drill has figures');
  const figures = { ...base.figures, recoverySeconds: seconds, rtoMinutes: rto, backup: { id: 'a001', at, bytes } };
  return { ...base, id: `rep-${number + 1}`, of: `op-${100 + number}`, at, result, figures };
}
