// Which backup a person means, and what every plan says about it.
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/core/errors.ts';
import type { Backup } from '../../../src/core/facts.ts';
import {
  chooseBackup,
  factsOf as factsIn,
  healthStatements,
  proofOf as proofFor,
  sourceStatements,
} from '../../../src/runbooks/backup-choice.ts';
import { backupOf, daysAgo, environmentFacts, factsOf, NOW, nightly, proofOf } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';

const system = systemOf();

function choose(choice: string, backups: Backup[], staging: Backup[] = []): Backup {
  return chooseBackup(choice, system, factsOf({ production: { backups }, staging: { backups: staging } }));
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof Refusal) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  throw new Error('it was not refused');
}

describe('the backup that is meant', () => {
  const manual = backupOf('b009', { kind: 'manual', startedAt: daysAgo(0, 1) });

  it.each<[string, string, Backup[], string]>([
    ['is the one of that id', 'a003', nightly(8), 'a003'],
    ['may be a manual one by its id', 'b009', [manual, ...nightly(8)], 'b009'],
    ['is the newest for “latest”', 'latest', nightly(8), 'a008'],
    [
      'is never a manual one for “latest”: it may hold what was broken already',
      'latest',
      [manual, ...nightly(8)],
      'a008',
    ],
    [
      'is a manual one for “latest” only where there is no other',
      'latest',
      [manual, backupOf('a001', { state: 'failed' })],
      'b009',
    ],
    ['is not one that is still running', 'latest', [backupOf('a009', { state: 'running' }), ...nightly(8)], 'a008'],
  ])('%s', (_claim, choice, backups, id) => {
    expect(choose(choice, backups).id).toBe(id);
  });

  it('is production’s, even where staging has one of the same id', () => {
    const elsewhere = backupOf('a001', { bytes: 1 });
    expect(choose('a001', nightly(1), [elsewhere])).toEqual(nightly(1)[0]);
  });

  it.each<[string, string, Backup[], string]>([
    [
      'there is none of that id',
      'a099',
      nightly(8),
      'no-such-backup: grayledger-production has no backup a099. The newest are a008, a007, a006. See `/dr backups`.',
    ],
    [
      'there is none at all',
      'a001',
      [],
      'no-such-backup: grayledger-production has no backup a001. See `/dr backups`.',
    ],
    [
      'none is finished',
      'latest',
      [backupOf('a001', { state: 'pending' })],
      'no-backup: grayledger-production has no finished backup. Take one with `/dr backup`.',
    ],
    [
      'it failed',
      'a001',
      [backupOf('a001', { state: 'failed' })],
      'backup-failed: Backup a001 failed. Choose a finished one: `/dr backups`.',
    ],
    [
      'it is running',
      'a001',
      [backupOf('a001', { state: 'running', finishedAt: null })],
      'backup-unfinished: Backup a001 is not finished (running). Wait for it, or choose another: `/dr backups`.',
    ],
    [
      'it is pending',
      'a001',
      [backupOf('a001', { state: 'pending', finishedAt: null })],
      'backup-unfinished: Backup a001 is not finished (pending). Wait for it, or choose another: `/dr backups`.',
    ],
    [
      'nobody knows when it ended',
      'a001',
      [backupOf('a001', { finishedAt: null })],
      'backup-unfinished: Backup a001 is not finished (no end is known). Wait for it, or choose another: `/dr backups`.',
    ],
  ])('is refused when %s', (_when, choice, backups, says) => {
    expect(refusal(() => choose(choice, backups))).toBe(says);
  });
});

describe('the facts of an environment', () => {
  it('are refused for one that does not exist', () => {
    expect(refusal(() => factsIn(factsOf(), 'moon'))).toBe(
      'unknown-environment: There is no environment “moon”. See `/dr systems`.',
    );
  });
});

describe('the source', () => {
  it('has its size unknown, and the time of its beginning, where nothing else is known', () => {
    const backup = backupOf('a008', { bytes: null, finishedAt: null });
    const facts = factsOf({ production: { backups: [backup] } });
    expect(sourceStatements(backup, system, facts, NOW).map(({ text }) => text)).toEqual([
      'grayledger-production, backup a008 (scheduled), finished 2025-11-21 02:00 UTC, size unknown',
      '12 h',
    ]);
  });

  it('is warned about when something newer exists', () => {
    const [newest = backupOf('a008'), , older = backupOf('a006')] = nightly(8);
    const manual = backupOf('b009', { kind: 'manual', startedAt: daysAgo(0, 1) });
    const facts = factsOf({ production: { backups: [manual, ...nightly(8)] } });
    expect(sourceStatements(older, system, facts, NOW)[1]).toEqual({
      label: 'Age of the backup',
      text: '2 d 11 h; b009 is newer (manual, 1 h old)',
      tone: 'warn',
    });
    expect(sourceStatements(newest, system, factsOf(), NOW)[1]?.tone).toBe('plain');
  });
});

describe('the proof whose counts must be met', () => {
  it('is that of this very backup only', () => {
    expect(proofFor(proofOf('a008'), backupOf('a008'))).toEqual(proofOf('a008'));
    expect(proofFor(proofOf('a007'), backupOf('a008'))).toBeNull();
    expect(proofFor(null, backupOf('a008'))).toBeNull();
  });
});

describe('health now', () => {
  it('is not mentioned where it was not asked, is told when well, and warned about when not', () => {
    expect(healthStatements(environmentFacts('production'), 'mend it')).toEqual([]);
    const asked = (ok: boolean) =>
      healthStatements(environmentFacts('production', { health: { ok, text: 'answered' } }), 'mend it');
    expect(asked(true)).toEqual([{ label: 'Health now', text: 'answered', tone: 'plain' }]);
    expect(asked(false)).toEqual([{ label: 'Health now', text: 'answered; mend it', tone: 'warn' }]);
  });
});
