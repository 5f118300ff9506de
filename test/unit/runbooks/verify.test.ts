// Checking the backups, and proving one by restoring it into a scratch database (G1-G3, G5, G7).
import { describe, expect, it } from 'vitest';
import type { OperationCommand } from '../../../src/core/command.ts';
import { verify } from '../../../src/runbooks/verify.ts';
import { backupOf, daysAgo, factsOf, nightly, proofOf } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';
import { inWords, planned } from './drafts.ts';

function verifying(backup: string, deep: boolean) {
  return { verb: 'verify', system: null, backup, deep } satisfies OperationCommand;
}

describe('verify', () => {
  it('only looks, and lets the step find the backup', () => {
    expect(inWords(planned(verify, verifying('latest', false)))).toMatchInlineSnapshot(`
      "Verify the backups of GrayLedger [production]
      pinned: no target
      s1 backups.verify: Check the backups of grayledger-production (environment production, backup latest)
      no undo: nothing is changed"
    `);
    expect(inWords(planned(verify, verifying('a099', false)))).toContain('backup a099');
  });

  it('reads the facts of production alone, and counts no rows', () => {
    const need = verify.needs(verifying('latest', false), systemOf(), null);
    expect(need).toMatchObject({ capabilities: ['backups'], environments: ['production'], survey: [] });
    expect(need.writtenSince(factsOf())).toBeNull();
  });
});

describe('verify --deep', () => {
  it('downloads one backup, restores it into a scratch database and changes nothing', () => {
    const facts = factsOf({ production: { backups: nightly(8) } });
    expect(
      inWords(planned(verify, verifying('latest', true), { facts, proof: proofOf('a008') })),
    ).toMatchInlineSnapshot(`
      "Prove that a008 of GrayLedger can be restored [production]
      · Source: grayledger-production, backup a008 (scheduled), finished 2025-11-21 02:04 UTC, 245 MB
      · Age of the backup: 11 h 56 min
      · Last proven restore: 28 h ago of this backup, in 02:41 (op-38)
      pinned: no target, a008 of production
      s1 backups.verify: Check the backups of grayledger-production (environment production, backup a008)
      s2 backup.fetch: Download a008 and read it to its end (from a008 of production)
      s3 backup.rehearse: Restore it into a scratch PostgreSQL and check the data (from a008 of production)
      no undo: nothing is changed"
    `);
  });

  it('says that the backup is not the newest, and that it never was proven', () => {
    expect(inWords(planned(verify, verifying('a006', true)))).toMatchInlineSnapshot(`
      "Prove that a006 of GrayLedger can be restored [production]
      · Source: grayledger-production, backup a006 (scheduled), finished 2025-11-19 02:04 UTC, 245 MB
      ! Age of the backup: 2 d 11 h; a008 is newer (scheduled, 12 h old)
      ! Last proven restore: never; \`/dr verify --deep\` proves one
      pinned: no target, a006 of production
      s1 backups.verify: Check the backups of grayledger-production (environment production, backup a006)
      s2 backup.fetch: Download a006 and read it to its end (from a006 of production)
      s3 backup.rehearse: Restore it into a scratch PostgreSQL and check the data (from a006 of production)
      no undo: nothing is changed"
    `);
  });

  it('says which backup was proven instead, and when that was too long ago', () => {
    const old = proofOf('a002', { at: daysAgo(36) });
    expect(planned(verify, verifying('latest', true), { proof: old }).statements.at(-1)).toEqual({
      label: 'Last proven restore',
      text: '36 d ago of a002, not of this one, in 02:41 (op-38)',
      tone: 'warn',
    });
    const edge = proofOf('a008', { at: daysAgo(35) });
    expect(planned(verify, verifying('latest', true), { proof: edge }).statements.at(-1)?.tone).toBe('plain');
  });

  it('takes the backups of the environment that the system names, whatever else there is', () => {
    const facts = factsOf({ staging: { backups: [backupOf('b099', { kind: 'manual' })] } });
    expect(() => planned(verify, verifying('b099', true), { facts })).toThrow(
      'grayledger-production has no backup b099.',
    );
  });
});
