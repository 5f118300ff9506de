// Verifying backups: the verdict is the result, so that bad backups are no failure of the step.
import { describe, expect, it } from 'vitest';
import type { Run } from '../../../../src/core/action.ts';
import { Fault } from '../../../../src/core/errors.ts';
import type { Backup } from '../../../../src/core/facts.ts';
import type { Platform } from '../../../../src/core/platform.ts';
import { System } from '../../../../src/core/system.ts';
import { verifyBackups } from '../../../../src/platforms/shared/verify-backups.ts';

const now = () => new Date('2025-11-21T08:00:00.000Z');
const backup = (id: string, day: string): Backup => ({
  id,
  kind: 'scheduled',
  state: 'finished',
  startedAt: `2025-11-${day}T02:00:00.000Z`,
  finishedAt: `2025-11-${day}T02:04:00.000Z`,
  bytes: 245_000_000,
  sha256: null,
});

const system = System.parse({
  name: 'ledger',
  title: 'Ledger',
  platform: 'none',
  channel: 'C0123ABCD',
  roles: { lead: { users: ['U0123ABCD'] } },
  operators: ['lead'],
  environments: { production: { consent: { kind: 'none' }, health: { url: 'http://127.0.0.1:1' }, settings: {} } },
  backups: { of: 'production', maxAgeHours: 26, sizeTolerancePercent: 20, retentionDays: 2 },
  tables: [{ name: 'entries' }],
  updates: {},
  logs: { watchSeconds: 1 },
});
const run: Run = {
  system,
  operation: 'op-1',
  step: 's1',
  signal: new AbortController().signal,
  before: null,
  outputs: {},
  progress: () => {},
  fence: async () => {},
  neededBy: async () => null,
};

/** What a provider lists; null when it cannot be asked. */
function verify(backups: readonly Backup[] | null, chosen = 'latest') {
  const platform: Platform = {
    kind: 'none',
    capabilities: ['backups'],
    problemsOf: () => [],
    variablesOf: () => [],
    backupId: (typed) => typed.toLowerCase(),
    archiveKeys: async () => ({}),
    names: ({ database }) => ({ candidate: 'candidate', previous: database }),
    facts: async () => {
      if (backups === null) throw new Fault('reading the backups of ledger-production');
      return {
        target: { environment: 'production', name: 'ledger-production', database: 'db', identity: 'i' },
        backups: [...backups],
        releases: [],
        releasePhase: null,
        window: null,
        server: null,
        activity: [],
        survey: null,
        surveyProblem: null,
      };
    },
    connection: () => Promise.reject(new Error('there is none')),
    download: () => Promise.reject(new Error('there is none')),
    actions: {},
  };
  return verifyBackups(platform, now).do({ environment: 'production', backup: chosen }, run);
}

describe('verifying backups', () => {
  it('is done with the checks as evidence when all is well', async () => {
    const outcome = await verify([backup('a002', '21'), backup('a001', '20')]);
    expect(outcome).toMatchObject({ is: 'done', output: { verdict: 'pass' } });
    expect(outcome.evidence.says).toEqual(['2 backups of ledger-production read: 6 of 6 checks passed.']);
  });

  it('is done with failing checks too', async () => {
    const outcome = await verify([]);
    expect(outcome).toMatchObject({ is: 'done', output: { verdict: 'fail' } });
    expect(outcome.evidence.checks[0]?.figure).toContain('CRITICAL');
  });

  it('looks at the backup that was asked for, as the platform writes it', async () => {
    const outcome = await verify([backup('a002', '21'), backup('a001', '20')], 'A001');
    expect(outcome.evidence.checks.at(-1)?.figure).toMatch(/^a001, scheduled, created 2025-11-20/);
  });

  it('fails for a backup that is not there', async () => {
    const outcome = await verify([backup('a002', '21')], 'a009');
    expect(outcome).toMatchObject({ is: 'failed', why: 'ledger-production has no backup a009; it has 1 backup' });
  });

  it('is a Fault when the backups cannot be read', async () => {
    await expect(verify(null)).rejects.toThrow('while reading the backups of ledger-production');
  });

  it('may be done again, and has nothing to take back', async () => {
    const action = verifyBackups({} as Platform, now);
    expect(await action.probe({ environment: 'production', backup: 'latest' }, run)).toEqual({ is: 'not_happened' });
    expect(action.undo).toEqual({ not: 'it only reads' });
  });
});
