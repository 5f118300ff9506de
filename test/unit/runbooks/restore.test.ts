// Restoring production's backup: beside the live database where losing data would hurt, else in place (G9, G11, G20).
import { describe, expect, it } from 'vitest';
import type { OperationCommand } from '../../../src/core/command.ts';
import { restore } from '../../../src/runbooks/restore.ts';
import { backupOf, factsOf, proofOf, SURVEY, targetOf } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';
import { type Given, inWords, planned } from './drafts.ts';

function restoring(environment: string, backup = 'latest') {
  return { verb: 'restore', system: null, environment, backup, at: null, table: null } satisfies OperationCommand;
}

function statement(label: string, environment: string, given: Given): string {
  const found = planned(restore, restoring(environment), given).statements.find((one) => one.label === label);
  return `${found?.tone} ${found?.text}`;
}

describe('a restore of production', () => {
  it('builds and checks a new database first, and swaps it in behind the gate', () => {
    expect(
      inWords(planned(restore, restoring('production', 'a008'), { proof: proofOf('a008') })),
    ).toMatchInlineSnapshot(`
      "Restore grayledger-production from a008 [production]
      · Source: grayledger-production, backup a008 (scheduled), finished 2025-11-21 02:04 UTC, 245 MB
      · Age of the backup: 11 h 56 min
      ! Lost by this: rows added since a008: entries 12 rows; besides, not counted: changes to older rows and rows of users
      · Last proven restore: 28 h ago of this backup, in 02:41 (op-38)
      · Until it is approved: only a new database is built and checked; the live one is not touched
      pinned: grayledger-production/postgresql-production, a008 of production
      s1 candidate.create: Create a new database grayledger-production-op41-7f3a (environment production, candidate grayledger-production-op41-7f3a, at null)
      s2 candidate.load: Restore a008 into it (environment production, candidate grayledger-production-op41-7f3a, from a008 of production, masked false)
      s3 candidate.check: Check its data (environment production, candidate grayledger-production-op41-7f3a, expect of op-38)
      ----
      s4 maintenance.on: Show the maintenance page (environment production)
      s5 database.promote: Make grayledger-production-op41-7f3a the live database (environment production, promote grayledger-production-op41-7f3a, previous postgresql-production)
      s6 services.check: See the application run on it (environment production, database grayledger-production-op41-7f3a)
      s7 maintenance.off: Open to customers again (environment production)
      s8 health.check: Ask the health endpoint (environment production, required true)
      undo: postgresql-production is kept until /dr cleanup op-41 removes it, and can be made the live database again"
    `);
  });

  it('does not touch what is live before the gate, and never destroys', () => {
    const { steps, gate } = planned(restore, restoring('production'));
    expect(steps.slice(0, gate ?? 0).map(({ action }) => action)).toEqual([
      'candidate.create',
      'candidate.load',
      'candidate.check',
    ]);
    expect(steps.map(({ action }) => action)).not.toContain('database.restore');
  });

  it('expects the counts of the proof of this very backup, and of no other', () => {
    const expected = (backup: string) =>
      planned(restore, restoring('production', 'a008'), { proof: proofOf(backup) }).steps.find(
        ({ action }) => action === 'candidate.check',
      );
    expect(expected('a008')?.args).toMatchObject({ expect: proofOf('a008') });
    expect(expected('a007')?.args).toMatchObject({ expect: null });
  });

  it.each<[string, Given, string]>([
    [
      'names every table that tells when its rows were written',
      {
        facts: factsOf({
          production: {
            survey: {
              ...SURVEY,
              tables: { entries: { rows: 9, writtenSince: 1 }, line_items: { rows: 9, writtenSince: 1234 } },
            },
          },
        }),
      },
      'warn rows added since a008: entries 1 row and line_items 1,234 rows; besides, not counted: changes to older rows',
    ],
    [
      'says that none were added, and what that does not cover',
      {
        facts: factsOf({
          production: {
            survey: {
              ...SURVEY,
              tables: { entries: { rows: 9, writtenSince: 0 }, users: { rows: 1, writtenSince: null } },
            },
          },
        }),
      },
      'plain no rows were added since a008 (not counted: changes to older rows and rows of users)',
    ],
    [
      'is unknown when no table tells',
      {
        facts: factsOf({ production: { survey: { ...SURVEY, tables: { users: { rows: 31, writtenSince: null } } } } }),
      },
      'warn unknown: no table of the system file says when its rows are written',
    ],
    [
      'is unknown when the database does not answer, with the reason',
      { facts: factsOf({ production: { survey: null, surveyProblem: 'connection refused' } }) },
      'warn unknown: the live database does not answer (connection refused)',
    ],
    [
      'is unknown when it does not answer without a reason',
      { facts: factsOf({ production: { survey: null } }) },
      'warn unknown: the live database does not answer (no reason given)',
    ],
  ])('what is lost: %s', (_claim, given, text) => {
    expect(statement('Lost by this', 'production', given)).toBe(text);
  });
});

describe('a restore of staging', () => {
  it('takes production’s backup, and one of staging before it overwrites', () => {
    expect(inWords(planned(restore, restoring('staging', 'a001')))).toMatchInlineSnapshot(`
      "Restore grayledger-staging from a001 of grayledger-production [staging]
      · Source: grayledger-production, backup a001 (scheduled), finished 2025-11-14 02:04 UTC, 245 MB
      ! Age of the backup: 7 d 11 h; a008 is newer (scheduled, 12 h old)
      ! Overwrites: grayledger-staging/postgresql-staging: entries 4,812 rows and users 31 rows
      ! Last proven restore: never; \`/dr verify --deep\` proves one
      pinned: grayledger-staging/postgresql-staging, a001 of production
      ----
      s1 backup.capture: Back up grayledger-staging as it is now (environment staging, target grayledger-staging, kind preimage)
      s2 database.restore: Restore a001 into grayledger-staging (environment staging, target grayledger-staging, from a001 of production, preimage s1)
      s3 database.check: Check the restored data (environment staging, target grayledger-staging, expect null)
      s4 health.check: Ask the health endpoint (environment staging, required true)
      undo: the backup of grayledger-staging taken before is restored"
    `);
  });

  it('overwrites the unknown when its database does not answer', () => {
    const facts = factsOf({ staging: { survey: null, surveyProblem: 'connection refused' } });
    expect(statement('Overwrites', 'staging', { facts })).toBe(
      'warn grayledger-staging/postgresql-staging: everything in it',
    );
  });

  it('is a restore of production when it uses production’s database (fault 27)', () => {
    const target = targetOf('staging', { identity: 'addon-production', database: 'postgresql-production' });
    const draft = planned(restore, restoring('staging'), { facts: factsOf({ staging: { target } }) });
    expect(draft.steps.map(({ action }) => action)).toContain('database.promote');
    expect(draft.steps.map(({ action }) => action)).not.toContain('database.restore');
    expect(draft.gate).toBe(3);
  });
});

describe('any restore', () => {
  it.each(['production', 'staging'])('is refused while somebody else is at work on %s (fault 40)', (environment) => {
    const facts = factsOf({
      [environment]: { activity: [{ is: 'restore', text: 'restore r012, started 02:14 UTC' }] },
    });
    expect(() => planned(restore, restoring(environment), { facts })).toThrow(
      `On grayledger-${environment} somebody else is at work: restore r012, started 02:14 UTC. Wait until it has ended, then ask again.`,
    );
  });

  it.each(['production', 'staging'])('is refused for %s without the backup', (environment) => {
    expect(() => planned(restore, restoring(environment, 'a099'))).toThrow('grayledger-production has no backup a099.');
  });

  it('is refused for an environment that does not exist', () => {
    expect(() => planned(restore, restoring('moon'))).toThrow('There is no environment “moon”.');
  });

  it('reads both environments, and counts rows written since the backup began', () => {
    const need = restore.needs(restoring('staging', 'a006'), systemOf(), null);
    expect(need).toMatchObject({
      capabilities: ['backups'],
      environments: ['production', 'staging'],
      survey: ['staging'],
    });
    expect(need.writtenSince(factsOf())).toBe('2025-11-19T02:00:00.000Z');
    const slow = backupOf('a006', { startedAt: '2025-11-19T02:00:00.000Z', finishedAt: '2025-11-19T05:00:00.000Z' });
    expect(need.writtenSince(factsOf({ production: { backups: [slow] } }))).toBe('2025-11-19T02:00:00.000Z');
  });
});
