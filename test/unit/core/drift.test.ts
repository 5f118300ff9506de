// Whether the plan still describes the world when its gate is reached (faults 22, 40).
import { describe, expect, it } from 'vitest';
import { driftOf as driftOfPlan } from '../../../src/core/drift.ts';
import type { Activity, EnvironmentFacts, Facts } from '../../../src/core/facts.ts';
import type { Pinned } from '../../../src/core/plan.ts';
import { backupOf, environmentFacts, factsOf, nightly, releaseOf, targetOf } from '../../support/facts.ts';
import { stepOf } from '../../support/plans.ts';

const [, a007 = backupOf('a007')] = nightly(8);
const pinned: Pinned = {
  targets: [targetOf('production')],
  backup: { environment: 'production', backup: a007 },
  release: { environment: 'production', current: 'v256', code: 'slug-v256', to: 'v255' },
};
const nothing: Pinned = { targets: [], backup: null, release: null };

const overwrites = [stepOf('s1', { effect: 'destroy' })];
const driftOf = (was: Pinned, facts: Facts, steps = overwrites) => driftOfPlan({ pinned: was, steps }, facts);
const RESTORE: Activity = { is: 'restore', text: 'restore r012, started 02:14 UTC' };
const BACKUP: Activity = { is: 'backup', text: 'backup b009' };

describe('drift', () => {
  it('is none while everything that was pinned is as it was', () => {
    expect(driftOf(pinned, factsOf())).toEqual([]);
    expect(driftOf(pinned, structuredClone(factsOf()))).toEqual([]);
  });

  it('is none for what was not pinned: a newer backup, work on another environment, more rows', () => {
    const newer = { backups: [backupOf('a009'), ...nightly(8)], survey: null, maintenance: true };
    expect(driftOf(pinned, factsOf({ production: newer, staging: { activity: [RESTORE] } }))).toEqual([]);
    expect(driftOf(nothing, { at: '2025-11-21T14:00:00.000Z', environments: {} })).toEqual([]);
  });

  it.each<[string, Partial<EnvironmentFacts>, string]>([
    [
      'the environment uses another database',
      { target: targetOf('production', { database: 'postgresql-new', identity: 'addon-new' }) },
      'production used grayledger-production/postgresql-production, now it uses grayledger-production/postgresql-new.',
    ],
    [
      'the database has the same name but is another one',
      { target: targetOf('production', { identity: 'addon-new' }) },
      'production is no longer the same database, although it is called grayledger-production/postgresql-production still.',
    ],
    ['the backup is gone', { backups: [] }, 'Backup a007 of production is gone.'],
    [
      'the backup has another size',
      { backups: [{ ...a007, bytes: 12 }] },
      'Backup a007 is not the one that was planned.',
    ],
    [
      'somebody deployed',
      { releases: [releaseOf('v257', { current: true }), releaseOf('v256')] },
      'production ran v256, now it runs v257.',
    ],
    [
      'the release has other code under its old name',
      { releases: [releaseOf('v256', { current: true, code: 'slug-other' })] },
      'production runs other code than before, although it is called v256 still.',
    ],
    ['nothing is released any more', { releases: [] }, 'production ran v256, now it runs no release.'],
    [
      'somebody else is at work',
      { activity: [RESTORE] },
      'Somebody else is at work on production: restore r012, started 02:14 UTC.',
    ],
  ])('is named when %s', (_what, production, sentence) => {
    expect(driftOf(pinned, factsOf({ production }))).toEqual([sentence]);
  });

  it('is not made by a backup under which nothing is overwritten', () => {
    const production = { activity: [BACKUP, RESTORE] };
    const promotes = [stepOf('s1', { effect: 'change' })];
    expect(driftOf(pinned, factsOf({ production }), promotes)).toEqual([
      'Somebody else is at work on production: restore r012, started 02:14 UTC.',
    ]);
  });

  it('names everything at once', () => {
    const production = environmentFacts('production', { backups: [], releases: [], activity: [BACKUP] });
    expect(driftOf(pinned, factsOf({ production }))).toHaveLength(3);
  });

  it('is named when the environment could not be read at all', () => {
    const facts = { at: '2025-11-21T14:00:00.000Z', environments: {} };
    expect(driftOf(pinned, facts)).toEqual([
      'production could not be read.',
      'Backup a007 of production is gone.',
      'production ran v256, now it runs no release.',
    ]);
  });
});
