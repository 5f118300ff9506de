// Builds valid plans for tests: a restore of production with a rehearsal before the gate, unless told otherwise.
import type { Target } from '../../src/core/facts.ts';
import { Plan, type Step } from '../../src/core/plan.ts';

export const TARGET: Target = {
  environment: 'production',
  name: 'grayledger-production',
  database: 'postgresql-curved-12345',
  identity: 'addon-1111',
};

const CANDIDATE = 'postgresql-round-9';

/** One step; `undoable` unless it only reads. */
export function stepOf(id: string, overrides: Partial<Step> = {}): Step {
  return {
    id,
    action: 'candidate.create',
    effect: 'scratch',
    title: 'Build a database beside the live one',
    runs: 'heroku addons:create …',
    args: { environment: 'production', candidate: CANDIDATE },
    undo: 'The candidate is removed.',
    undoable: true,
    expectedSeconds: null,
    ...overrides,
  };
}

/** A plan that passes the schema: `restore` in three steps, the third behind the gate, two approvals. */
export function planOf(overrides: Partial<Plan> = {}): Plan {
  const operation = overrides.operation ?? 'op-1';
  const backup = {
    id: 'a001',
    kind: 'scheduled' as const,
    state: 'finished' as const,
    startedAt: '2025-11-21T02:00:00.000Z',
    finishedAt: '2025-11-21T02:04:00.000Z',
    bytes: 245_000_000,
    sha256: null,
  };
  return Plan.parse({
    version: 1,
    operation,
    system: 'grayledger',
    environment: 'production',
    verb: 'restore',
    command: '/dr restore production a001 --system grayledger',
    headline: 'Restore production from a001',
    target: TARGET,
    protected: true,
    statements: [{ label: 'Lost', text: '12 rows written since the backup', tone: 'warn' }],
    pinned: { targets: [TARGET], backup: { environment: 'production', backup }, release: null },
    steps: [
      stepOf('s1'),
      stepOf('s2', {
        action: 'candidate.load',
        title: 'Load a001 into it',
        args: { environment: 'production', candidate: CANDIDATE, from: { environment: 'production', backup } },
        undoable: false,
        undo: 'Goes with the candidate.',
      }),
      stepOf('s3', {
        action: 'database.promote',
        effect: 'change',
        title: 'Make it the live database',
        args: { environment: 'production', promote: CANDIDATE, previous: TARGET.database },
        undo: 'The previous database is promoted again.',
      }),
    ],
    gate: 2,
    consent: {
      kind: 'approvals',
      count: 2,
      roles: ['engineering-lead', 'product-lead'],
      require: {},
      requesterCounts: false,
      expiresMinutes: 15,
    },
    undo: { possible: true, text: 'The previous database is kept for undo.' },
    undoes: null,
    proposedAt: '2025-11-21T14:00:00.000Z',
    ...overrides,
  });
}

/** A plan that only looks: one reading step, no gate, nobody has to agree. */
export function lookOf(overrides: Partial<Plan> = {}): Plan {
  const args = { environment: 'production', backup: 'latest' };
  return planOf({
    verb: 'verify',
    command: '/dr verify latest --system grayledger',
    headline: 'Verify the backups',
    steps: [
      stepOf('s1', { action: 'backups.verify', effect: 'read', title: 'Check the backups', args, undoable: false }),
    ],
    gate: null,
    consent: { kind: 'none' },
    ...overrides,
  });
}
