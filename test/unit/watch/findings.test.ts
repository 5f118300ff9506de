// What a look at the backups finds: every rule at its limit, each cause said once, each with its button (P15, G1-G5, S9, S14).
import { describe, expect, it } from 'vitest';
import type { Alert, Finding } from '../../../src/core/alert.ts';
import type { Backup, EnvironmentFacts } from '../../../src/core/facts.ts';
import type { Held } from '../../../src/core/retention.ts';
import type { System } from '../../../src/core/system.ts';
import { findingsOf } from '../../../src/watch/findings.ts';
import { backupOf, daysAgo, environmentFacts, NOW, nightly } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';
import { alertOf } from './alerts.ts';

const HOUR = 3_600_000;
const system = systemOf();
const WEEK = nightly(8);
const OLDER = WEEK.slice(1);
const FREE: Held = { proven: [], inUse: [] };

type Given = {
  readonly facts?: Partial<EnvironmentFacts>;
  readonly system?: System;
  readonly now?: Date;
  readonly open?: readonly Alert[];
  readonly held?: Held;
};

function found(backups: readonly Backup[], given: Given = {}): Finding[] {
  const facts = environmentFacts('production', { backups: [...backups], ...given.facts });
  const { open = [], held = FREE } = given;
  return findingsOf(given.system ?? system, facts, given.now ?? NOW, { open, held });
}

/** `missing critical: Database backup missing …` */
function lines(backups: readonly Backup[], given: Given = {}): string[] {
  return found(backups, given).map(({ kind, severity, text }) => `${kind} ${severity}: ${text}`);
}

function kinds(backups: readonly Backup[], given: Given = {}): string[] {
  return found(backups, given).map(({ kind, about }) => (about === '' ? kind : `${kind}/${about}`));
}

function button(backups: readonly Backup[], given: Given = {}) {
  return found(backups, given).map(({ remedy }) => remedy);
}

function today(overrides: Partial<Backup>): Backup[] {
  return [backupOf('a008', overrides), ...OLDER];
}

/** So many milliseconds after `hours` have gone by since a moment. */
const after = (moment: string | null, hours: number, ms: number) =>
  ({ now: new Date(Date.parse(moment ?? '') + hours * HOUR + ms) }) satisfies Given;

it('finds nothing in a good week', () => {
  expect(found(WEEK)).toEqual([]);
});

describe('a missing backup', () => {
  const LONG_AGO = WEEK.slice(2);

  it.each([
    [-1, []],
    [0, []],
    [1, ['missing']],
  ])('is found %i ms after the hours of the rule, not before', (ms, expected) => {
    const given = after(WEEK[0]?.startedAt ?? null, 26, ms);
    expect(kinds(WEEK, given).filter((kind) => kind === 'missing')).toEqual(expected);
  });

  it('is critical, says the date and the last one, and is remedied by a backup of this very system', () => {
    expect(found(LONG_AGO)).toContainEqual({
      kind: 'missing',
      environment: 'production',
      about: '',
      severity: 'critical',
      text: 'Database backup missing for 2025-11-21: the last one is a006 of 2025-11-19 02:00 UTC.',
      remedy: { label: 'Take a backup now', command: 'backup --system grayledger' },
    });
  });

  it('says for itself that all others are old', () => {
    expect(kinds(LONG_AGO)).toEqual(['missing', 'retention']);
    expect(lines([])).toContainEqual('missing critical: Database backup missing for 2025-11-21: none was ever taken.');
  });

  it('says for itself that it failed, but not that a manual one did', () => {
    const failed = [backupOf('a008', { state: 'failed' }), ...LONG_AGO];
    expect(lines(failed)).toEqual([
      'missing critical: Database backup missing for 2025-11-21: the last one is a008 of 2025-11-21 02:00 UTC, which failed.',
      'retention warning: Fewer are kept than stated: 5 of 7 days have a finished backup, 5 records.',
    ]);
    const manual = [backupOf('b009', { kind: 'manual', state: 'failed' }), ...LONG_AGO];
    expect(kinds(manual)).toEqual(['missing', 'failed', 'retention']);
  });

  it('leaves what was raised before it for itself as it is', () => {
    const failed = [backupOf('a008', { state: 'failed' }), ...LONG_AGO];
    expect(kinds(failed, { open: [alertOf('failed')] })).toEqual(['missing', 'failed', 'retention']);
    expect(kinds(failed, { open: [alertOf('old')] })).toEqual(['missing', 'old', 'retention']);
    expect(kinds(failed, { open: [alertOf('old', { environment: 'staging' })] })).toEqual(['missing', 'retention']);
  });

  it('is a warning while a manual one is fresh, which should then be proven', () => {
    const covered = [backupOf('b009', { kind: 'manual', startedAt: daysAgo(0, 1) }), ...LONG_AGO];
    expect(lines(covered)[0]).toBe(
      'missing warning: No scheduled backup for 2025-11-21: the last one is a006 of 2025-11-19 02:00 UTC. ' +
        'Meanwhile the newest to restore is b009, begun 2025-11-21 13:00 UTC.',
    );
    expect(button(covered)[0]).toEqual({ label: 'Verify', command: 'verify --deep --system grayledger' });
  });

  it('is none while tonight’s runs', () => {
    const night = { now: new Date('2025-11-21T04:04:00.001Z') };
    expect(kinds(today({ state: 'running', finishedAt: null }), night)).toEqual([]);
  });
});

describe('a failed backup', () => {
  const failed = today({ state: 'failed', finishedAt: null });
  const early = { now: new Date('2025-11-21T02:30:00.000Z') };

  it('is found when the newest that has ended failed, with what is left', () => {
    expect(lines(failed, early)).toEqual([
      'failed critical: a008 (scheduled, begun 2025-11-21 02:00 UTC) failed; the newest to restore is a007, begun 2025-11-20 02:00 UTC.',
      'retention warning: Fewer are kept than stated: 6 of 7 days have a finished backup, 6 records.',
    ]);
    expect(button(failed, early)[0]).toEqual({ label: 'Take a backup now', command: 'backup --system grayledger' });
  });

  it('lasts while the next one runs, and is over when that is finished', () => {
    const running = backupOf('b009', { kind: 'manual', state: 'running', startedAt: daysAgo(0, 11) });
    expect(kinds([running, ...failed], early)).toContain('failed');
    expect(kinds([{ ...running, state: 'finished' }, ...failed], early)).not.toContain('failed');
  });

  it('is none of an operation’s own', () => {
    expect(kinds([backupOf('p009', { kind: 'preimage', state: 'failed' }), ...WEEK])).toEqual([]);
  });

  it('says when there is nothing to restore', () => {
    expect(lines([backupOf('b001', { kind: 'manual', state: 'failed' })])).toContainEqual(
      'failed critical: b001 (manual, begun 2025-11-21 02:00 UTC) failed; there is none to restore.',
    );
  });
});

describe('an old backup', () => {
  const hung = backupOf('a008', { state: 'running', finishedAt: null });
  const stuck = [hung, ...OLDER];
  const end = OLDER[0]?.finishedAt ?? null;

  it.each([
    ['just before its hours are over', -1, []],
    ['exactly then', 0, []],
    ['a moment later, while the next one runs', 1, []],
    ['an hour later, while the next one runs', HOUR, []],
    ['when the next one has run on for more than an hour', HOUR + 1, ['old']],
  ])('%s', (_when, ms, expected) => {
    expect(kinds(stuck, after(end, 26, ms)).filter((kind) => kind !== 'retention')).toEqual(expected);
  });

  it('is found at once when nothing runs', () => {
    const withoutEnd = backupOf('a008', { finishedAt: null });
    expect(lines([withoutEnd, ...OLDER])).toEqual([
      'old critical: The newest to restore is a007, begun 2025-11-20 02:00 UTC; it may be 26 h old.',
    ]);
    expect(button([withoutEnd, ...OLDER])[0]?.command).toBe('backup --system grayledger');
  });

  it('is found when the very first one still runs', () => {
    expect(lines([hung])).toEqual([
      'old critical: There is none to restore; it may be 26 h old.',
      'retention warning: Fewer are kept than stated: 0 of 7 days have a finished backup, 0 records, a008 is running.',
    ]);
  });
});

describe('a size', () => {
  it.each<[string, number | null, string[]]>([
    ['10 % above the one before', 269_500_000, []],
    [
      'more than 10 % above',
      270_000_000,
      ['size warning: a008 has 270 MB, +10.2 % on a007 (245 MB); up to 10 % are usual.'],
    ],
    ['10 % below', 220_500_000, []],
    [
      'more than 10 % below',
      220_000_000,
      ['size warning: a008 has 220 MB, −10.2 % on a007 (245 MB); up to 10 % are usual.'],
    ],
    ['of nothing', 0, ['size critical: a008 is empty or has no size.']],
    ['that is unknown', null, ['size critical: a008 is empty or has no size.']],
  ])('%s', (_claim, bytes, expected) => {
    expect(lines(today({ bytes }))).toEqual(expected);
  });

  it('calls for a proof when it is odd, and for a backup when there is none in it', () => {
    expect(button(today({ bytes: 1 }))).toEqual([{ label: 'Verify', command: 'verify --deep --system grayledger' }]);
    expect(button(today({ bytes: 0 }))[0]?.command).toBe('backup --system grayledger');
  });

  it('is no finding where there is nothing to compare it with', () => {
    expect(kinds(WEEK.slice(0, 1))).toEqual(['retention']);
    expect(kinds([])).toEqual(['missing', 'retention']);
  });
});

describe('retention', () => {
  it('is too short when a day is missing, with the button that shows what is kept', () => {
    expect(lines(WEEK.toSpliced(3, 1))).toEqual([
      'retention warning: Fewer are kept than stated: 6 of 7 days have a finished backup, 6 records.',
    ]);
    expect(button(WEEK.toSpliced(3, 1))).toEqual([
      { label: 'Show what is kept', command: 'backups --retention --system grayledger' },
    ]);
  });

  it('is as stated between the moment when the oldest day ends and the one when tonight’s backup does', () => {
    const night = { now: new Date('2025-11-21T02:03:00.000Z') };
    expect(kinds(today({ state: 'running', finishedAt: null }), night)).toEqual([]);
    expect(kinds(OLDER, night)).toEqual(['retention']);
  });

  describe('of what Holdfast keeps itself', () => {
    const keeping = systemOf({
      backups: {
        of: 'production',
        maxAgeHours: 26,
        sizeTolerancePercent: 10,
        retentionDays: 7,
        tiers: { scheduled: 7 },
      },
    });
    const server = { services: [], migrate: null, bytes: 1, freeBytes: 1, warm: [], candidates: [], kept: [] };
    const given: Given = { system: keeping, facts: { server } };
    const oldest = backupOf('a000', { startedAt: daysAgo(8, 0) });
    const kept = [...nightly(7), oldest];

    it.each([
      ['a moment before a day has passed over its time', -1, []],
      ['when a day has', 0, ['retention/surplus']],
    ])('is too long %s', (_when, ms, expected) => {
      expect(kinds(kept, { ...given, now: new Date(NOW.getTime() + ms) })).toEqual(expected);
    });

    it('is told without hurry, with what would go', () => {
      expect(found(kept, given)).toEqual([
        {
          kind: 'retention',
          environment: 'production',
          about: 'surplus',
          severity: 'info',
          text: '1 backup should be gone by now; the oldest is a000 of 2025-11-13 14:00 UTC.',
          remedy: { label: 'Show what is kept', command: 'backups --retention --system grayledger' },
        },
      ]);
    });

    it('is not too long where one is proven or in use, the provider keeps them, or no tiers are stated', () => {
      expect(kinds(kept, { ...given, held: { proven: ['a000'], inUse: [] } })).toEqual([]);
      expect(kinds(kept, { ...given, held: { proven: [], inUse: [{ backup: 'a000', by: 'op-41' }] } })).toEqual([]);
      expect(kinds(kept, { system: keeping, facts: { server: null } })).toEqual([]);
      expect(kinds(kept, { facts: { server } })).toEqual([]);
    });
  });
});

describe('a database that does not answer', () => {
  it('is critical, although its backups could be read', () => {
    const facts = { surveyProblem: 'while connecting to the database: connect ECONNREFUSED 127.0.0.1:5432' };
    expect(found(WEEK, { facts })).toEqual([
      {
        kind: 'unreadable',
        environment: 'production',
        about: 'database',
        severity: 'critical',
        text: 'The database of production does not answer: while connecting to the database: connect ECONNREFUSED 127.0.0.1:5432.',
        remedy: { label: 'Assess it', command: 'assess --system grayledger' },
      },
    ]);
  });

  it('is told with at most 300 characters of what it said', () => {
    const [one] = found(WEEK, { facts: { surveyProblem: `${'x'.repeat(400)}` } });
    expect(one?.text).toBe(`The database of production does not answer: ${'x'.repeat(299)}….`);
  });
});
