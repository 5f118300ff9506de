// Restore or roll back: the answer follows from what was read, and each sentence names its fact.
import { describe, expect, it } from 'vitest';
import type { Scenario, ScenarioStep } from '../../../src/core/system.ts';
import { adviceOf, type Evidence } from '../../../src/incidents/advice.ts';
import { backupOf, daysAgo, NOW, releaseOf } from '../../support/facts.ts';

const ways = (...steps: ScenarioStep[]): Scenario => {
  return { title: 'The runbook', symptoms: [], environment: 'production', rtoMinutes: 60, rpoMinutes: 60, steps };
};
const restores = ways({ do: 'restore', backup: 'latest' });
const rollsBack = ways({ do: 'rollback' });
const both = ways({ do: 'rollback' }, { do: 'restore', backup: 'latest' });

/** It began half an hour ago; the last release is two days old unless a test says otherwise. */
const advise = (given: Partial<Evidence> = {}) => {
  const evidence: Evidence = {
    scenario: null,
    onset: daysAgo(0, 0.5),
    release: releaseOf('v256', { createdAt: daysAgo(2) }),
    former: releaseOf('v255', { createdAt: daysAgo(9) }),
    migration: '20250101000000',
    backup: backupOf('a001'),
    now: NOW,
    ...given,
  };
  return adviceOf(evidence);
};
const fresh = releaseOf('v256', { createdAt: daysAgo(0, 1) });

describe('the last release', () => {
  it('is a suspect of what began shortly after it', () => {
    const { is, because } = advise({ release: fresh });
    expect(is).toBe('roll back');
    expect(because).toEqual([
      'Release v256 is 1 h old and went out shortly before it began at 2025-11-21 13:30 UTC: the code is a suspect.',
    ]);
  });

  it.each([
    [daysAgo(0, 3), 'went out more than 2 h before'],
    [daysAgo(0, 0.25), 'went out only after'],
  ])('is hardly one when it is of %s', (createdAt, when) => {
    const { is, because } = advise({ release: releaseOf('v256', { createdAt }) });
    expect(is).toBe('neither');
    expect(because[0]).toContain(`${when} it began at 2025-11-21 13:30 UTC: the code is hardly to blame.`);
  });

  it('is judged by its age where nobody knows when it began', () => {
    expect(advise({ release: fresh, onset: null })).toEqual({
      is: 'roll back',
      because: ['Release v256 is 1 h old; nobody has said when it began.'],
    });
    expect(advise({ onset: null }).is).toBe('neither');
  });

  it('leaves it unclear when it could not be read', () => {
    const { is, because } = advise({ release: null, former: null });
    expect(is).toBe('unclear');
    expect(because[0]).toBe('The releases could not be read, so it is not known whether new code is to blame.');
  });
});

describe('a migration', () => {
  const migration = '20251120000000';

  it('that the former code cannot know makes a rollback unclear', () => {
    const { is, because } = advise({ release: fresh, migration });
    expect(is).toBe('unclear');
    expect(because).toContain(
      'Migration 20251120000000 is younger than v255: a rollback of the code leaves a schema that it does not know.',
    );
  });

  it.each<[string, Partial<Evidence>]>([
    ['is older than the former release', { migration: '20250101000000' }],
    ['does not tell its time', { migration: '0042_add_index' }],
    ['is not known', { migration: null }],
    ['meets no former release', { migration, former: null }],
  ])('that %s says nothing against it', (_, given) => {
    expect(advise({ release: fresh, ...given }).is).toBe('roll back');
  });

  it('is not mentioned where the code is no suspect', () => {
    expect(advise({ migration }).because.join(' ')).not.toContain('Migration');
  });
});

describe('the scenario', () => {
  it('that restores data is followed where the code is no suspect and a backup is there', () => {
    expect(advise({ scenario: restores })).toEqual({
      is: 'restore',
      because: [
        expect.stringContaining('hardly to blame'),
        'The newest finished backup from before it began is a001, 11 h 56 min old.',
        'The runbook “The runbook” restores data.',
      ],
    });
  });

  it('that restores data is unclear without a backup from before it began', () => {
    const { is, because } = advise({ scenario: restores, backup: null });
    expect(is).toBe('unclear');
    expect(because).toContain('There is no finished backup from before it began.');
    expect(advise({ scenario: restores, backup: null, onset: null }).because).toContain('There is no finished backup.');
    expect(advise({ scenario: restores, onset: null }).because).toContain(
      'The newest finished backup is a001, 11 h 56 min old.',
    );
  });

  it.each<[string, ScenarioStep]>([
    ['recovers a moment', { do: 'moment' }],
    ['recovers a table', { do: 'table' }],
    ['makes a new server', { do: 'recreate' }],
  ])('that %s restores data too', (_, step) => {
    expect(advise({ scenario: ways(step) }).is).toBe('restore');
  });

  it('that restores data is unclear right after a release, unless it rolls back besides', () => {
    expect(advise({ scenario: restores, release: fresh }).is).toBe('unclear');
    expect(advise({ scenario: both, release: fresh })).toMatchObject({
      is: 'roll back',
      because: expect.arrayContaining(['The runbook “The runbook” restores data and rolls the code back.']),
    });
  });

  it('that rolls back is unclear where the code is no suspect', () => {
    expect(advise({ scenario: rollsBack }).is).toBe('unclear');
    expect(advise({ scenario: rollsBack, release: fresh }).is).toBe('roll back');
  });

  it('that does neither is left to people', () => {
    const { is, because } = advise({ scenario: ways({ do: 'logs' }) });
    expect(is).toBe('neither');
    expect(because).toContain('The runbook “The runbook” does neither.');
  });
});
