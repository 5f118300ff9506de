// The daily verification of backups: every rule with its verdict and its figure (G1-G3, G5).
import { describe, expect, it } from 'vitest';
import {
  checkBackups,
  checkObjective,
  isProvenLately,
  newestEnded,
  newestFinished,
  newestWhole,
  recoveryPoints,
} from '../../../src/core/backup-checks.ts';
import type { Backup, Window } from '../../../src/core/facts.ts';
import type { BackupRules } from '../../../src/core/system.ts';
import { backupOf, daysAgo, NOW, nightly, proofOf } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';

const { backups: rules } = systemOf();
const WEEK = nightly(8);
const OLDER = WEEK.slice(1);

/** Today's nightly backup, different from the others, and those. */
function today(overrides: Partial<Backup>): Backup[] {
  return [backupOf('a008', overrides), ...OLDER];
}

type Judged = { chosen?: Backup; rules?: BackupRules; now?: Date };

/** Status and figure of the rule whose name begins so. */
function judge(name: string, backups: readonly Backup[], judged: Judged = {}): string {
  const checks = checkBackups(backups, judged.chosen ?? null, judged.rules ?? rules, judged.now ?? NOW);
  const check = checks.find((one) => one.name.startsWith(name));
  return `${check?.status.toUpperCase()} ${check?.figure}`;
}

describe('a good week', () => {
  it('passes every rule, each with its figure and its source', () => {
    const lines = checkBackups(WEEK, null, rules, NOW).map(
      ({ name, status, figure, source }) => `${status.toUpperCase()} ${name}: ${figure} (${source})`,
    );
    expect(lines).toEqual([
      'PASS Daily backup present: a008, started 2025-11-21 02:00 UTC (G1)',
      'PASS Backups finished: 7 of 7 finished (G1)',
      'PASS Newest within 26 h: a008 finished 11 h 56 min ago (G1)',
      'PASS Size within 10 %: 245 MB, +0.0 % on a007 (245 MB) (G1)',
      'PASS Retention 7 days: 7 of 7 days have a finished backup, 7 records (G2)',
      'PASS Latest backup: a008, scheduled, created 2025-11-21 02:00 UTC, finished, 245 MB (G3)',
    ]);
  });
});

describe('the daily backup', () => {
  it.each<[string, Backup[], string]>([
    ['of today is named', WEEK, 'PASS a008, started 2025-11-21 02:00 UTC'],
    [
      'of today counts while it is running',
      today({ state: 'running', finishedAt: null }),
      'PASS a008, started 2025-11-21 02:00 UTC',
    ],
    [
      'is missing when the last one is older than a day',
      WEEK.slice(2),
      'FAIL CRITICAL: database backup missing for 2025-11-21; the last one is a006 of 2025-11-19 02:00 UTC',
    ],
    [
      'is missing when today’s failed and none is near it',
      [backupOf('a008', { state: 'failed' }), ...WEEK.slice(2)],
      'FAIL CRITICAL: database backup missing for 2025-11-21; the last one is a008 of 2025-11-21 02:00 UTC, which failed',
    ],
    [
      'is missing when none was ever taken',
      [],
      'FAIL CRITICAL: database backup missing for 2025-11-21; none was ever taken',
    ],
    [
      'is not a manual one',
      [backupOf('b009', { kind: 'manual' })],
      'FAIL CRITICAL: database backup missing for 2025-11-21; none was ever taken',
    ],
  ])('%s', (_claim, backups, verdict) => {
    expect(judge('Daily', backups)).toBe(verdict);
  });

  it('is looked for within the hours of the rule, to the millisecond', () => {
    const at = (ms: number) => ({ now: new Date(Date.parse(daysAgo(0, 12)) + 26 * 3_600_000 + ms) });
    expect(judge('Daily', WEEK, at(0))).toMatch(/^PASS a008/);
    expect(judge('Daily', WEEK, at(1))).toMatch(/^FAIL CRITICAL: database backup missing for 2025-11-22/);
  });

  it('is missed by the UTC date, on either side of midnight', () => {
    const old = WEEK.slice(3);
    expect(judge('Daily', old, { now: new Date('2025-11-21T23:59:59.999Z') })).toContain('missing for 2025-11-21;');
    expect(judge('Daily', old, { now: new Date('2025-11-22T00:00:00.000Z') })).toContain('missing for 2025-11-22;');
  });
});

describe('the backups of the retention time', () => {
  it.each<[string, Backup[], string]>([
    ['fail when one failed', today({ state: 'failed' }), 'FAIL 6 of 7 finished, a008 is failed'],
    [
      'warn while one is running',
      today({ state: 'running', finishedAt: null }),
      'WARN 6 of 7 finished, a008 is running',
    ],
    [
      'warn while one is pending',
      today({ state: 'pending', finishedAt: null }),
      'WARN 6 of 7 finished, a008 is pending',
    ],
    ['fail when there is none', [], 'FAIL 0 of 0 finished'],
    ['fail when none is finished', [backupOf('a001', { state: 'running' })], 'FAIL 0 of 1 finished, a001 is running'],
    [
      'do not fail for one that failed before that time',
      [...WEEK.slice(0, 7), backupOf('a001', { state: 'failed', startedAt: daysAgo(8) })],
      'PASS 7 of 7 finished',
    ],
    [
      'do not count manual ones',
      [...WEEK, backupOf('b001', { kind: 'manual', state: 'failed' })],
      'PASS 7 of 7 finished',
    ],
  ])('%s', (_claim, backups, verdict) => {
    expect(judge('Backups finished', backups)).toBe(verdict);
  });
});

describe('the age of the newest', () => {
  it.each<[string, Backup[], string]>([
    ['is that of its end', WEEK, 'PASS a008 finished 11 h 56 min ago'],
    [
      'may be that of a manual one',
      [backupOf('b009', { kind: 'manual', startedAt: daysAgo(0, 1) }), ...OLDER],
      'PASS b009 finished 56 min ago',
    ],
    [
      'passes over those that are not finished',
      today({ state: 'failed', finishedAt: null }).slice(0, 2),
      'FAIL a007 finished 35 h 56 min ago',
    ],
    ['fails without any', [], 'FAIL there is no finished backup'],
  ])('%s', (_claim, backups, verdict) => {
    expect(judge('Newest', backups)).toBe(verdict);
  });

  it('fails one millisecond after the hours of the rule', () => {
    const end = Date.parse(backupOf('a008').finishedAt ?? '');
    const at = (ms: number) => ({ now: new Date(end + 26 * 3_600_000 + ms) });
    expect(judge('Newest', WEEK, at(0))).toBe('PASS a008 finished 26 h ago');
    expect(judge('Newest', WEEK, at(1))).toBe('FAIL a008 finished 26 h ago');
  });

  it('is a warning for an hour while the next one runs: it is on its way', () => {
    const end = Date.parse(backupOf('a008').finishedAt ?? '');
    const at = (ms: number) => ({ now: new Date(end + 26 * 3_600_000 + ms) });
    const next = backupOf('a009', { state: 'running', startedAt: daysAgo(-1, 12), finishedAt: null });
    expect(judge('Newest', [next, ...WEEK], at(1))).toBe('WARN a008 finished 26 h ago; a009 is running');
    expect(judge('Newest', [{ ...next, state: 'pending' }, ...WEEK], at(3_600_000))).toMatch(/^WARN/);
    expect(judge('Newest', [next, ...WEEK], at(3_600_001))).toBe('FAIL a008 finished 27 h ago');
    expect(judge('Newest', [{ ...next, kind: 'preimage' }, ...WEEK], at(1))).toMatch(/^FAIL/);
  });

  it('knows the newest that an operation did not take for itself', () => {
    expect(newestWhole([backupOf('p009', { kind: 'preimage' }), ...WEEK])?.id).toBe('a008');
    expect(newestWhole([])).toBeNull();
  });

  it('knows the newest that has come to its end, well or not', () => {
    const running = backupOf('a009', { state: 'running' });
    const failed = backupOf('a008', { state: 'failed' });
    expect(newestEnded([backupOf('p010', { kind: 'preimage' }), running, failed, ...OLDER])?.id).toBe('a008');
    expect(newestEnded([running])).toBeNull();
  });

  it('knows the newest finished backup, or that there is none', () => {
    expect(newestFinished(today({ state: 'running' }))?.id).toBe('a007');
    expect(newestFinished(today({ finishedAt: null }))?.id).toBe('a007');
    expect(newestFinished([])).toBeNull();
  });
});

describe('the size', () => {
  it.each<[string, number | null, string]>([
    ['passes at +10 %', 269_500_000, 'PASS 270 MB, +10.0 % on a007 (245 MB)'],
    ['warns above +10 %', 270_000_000, 'WARN 270 MB, +10.2 % on a007 (245 MB)'],
    ['passes at −10 %', 220_500_000, 'PASS 221 MB, −10.0 % on a007 (245 MB)'],
    ['warns below −10 %', 12_000, 'WARN 12 kB, −100.0 % on a007 (245 MB)'],
    ['fails when it is zero', 0, 'FAIL the newest backup is empty or has no size'],
    ['fails when it is unknown, whatever older ones were', null, 'FAIL the newest backup is empty or has no size'],
  ])('%s', (_claim, bytes, verdict) => {
    expect(judge('Size', today({ bytes }))).toBe(verdict);
  });

  it.each<[string, Backup[], string]>([
    ['fails without any backup', [], 'FAIL the newest backup is empty or has no size'],
    ['warns when there is nothing to compare with', WEEK.slice(0, 1), 'WARN a008 is the only one with a size'],
    [
      'warns when those before have no size',
      [backupOf('a008'), backupOf('a007', { bytes: null }), backupOf('a006', { bytes: 0 })],
      'WARN a008 is the only one with a size',
    ],
    [
      'is compared with the last one that has a size',
      [backupOf('a008'), backupOf('a007', { bytes: null }), backupOf('a006', { bytes: 490_000_000 })],
      'WARN 245 MB, −50.0 % on a006 (490 MB)',
    ],
    [
      'is compared among finished ones',
      [backupOf('a009', { state: 'running', bytes: 5 }), ...WEEK],
      'PASS 245 MB, +0.0 % on a007 (245 MB)',
    ],
    [
      'is compared among scheduled ones',
      [backupOf('b009', { kind: 'manual', bytes: 5 }), ...WEEK],
      'PASS 245 MB, +0.0 % on a007 (245 MB)',
    ],
  ])('%s', (_claim, backups, verdict) => {
    expect(judge('Size', backups)).toBe(verdict);
  });
});

describe('retention', () => {
  it.each<[string, Backup[], string]>([
    ['warns when a day is missing', WEEK.toSpliced(3, 1), 'WARN 6 of 7 days have a finished backup, 6 records'],
    [
      'warns when a day has only a failed one',
      today({ state: 'failed' }),
      'WARN 6 of 7 days have a finished backup, 6 records',
    ],
    [
      'counts days, not rows',
      Array.from({ length: 7 }, (_, hour) => backupOf(`a00${hour}`, { startedAt: daysAgo(0, hour) })),
      'WARN 1 of 7 days have a finished backup, 7 records',
    ],
    [
      'does not count manual ones',
      [backupOf('b001', { kind: 'manual' })],
      'WARN 0 of 7 days have a finished backup, 0 records',
    ],
  ])('%s', (_claim, backups, verdict) => {
    expect(judge('Retention', backups)).toBe(verdict);
  });

  it.each([
    ['before tonight’s backup', '2025-11-21T01:59:00.000Z', WEEK.slice(1)],
    ['after tonight’s backup', '2025-11-21T02:05:00.000Z', WEEK],
    ['just before midnight', '2025-11-21T23:59:59.000Z', WEEK],
  ])('has a backup of each of seven days %s', (_when, now, backups) => {
    expect(judge('Retention', backups, { now: new Date(now) })).toMatch(/^PASS 7 of 7 days/);
  });

  it('is as stated while tonight’s backup runs and that of the first night has become too old', () => {
    const now = new Date('2025-11-21T02:03:00.000Z');
    const running = today({ state: 'running', finishedAt: null });
    const figure = '6 of 7 days have a finished backup, 6 records, a008 is running';
    expect(judge('Retention', running, { now })).toBe(`PASS ${figure}`);
    expect(judge('Retention', running.toSpliced(3, 1), { now })).toMatch(/^WARN 5 of 7 days/);
    expect(judge('Retention', running, { now: new Date('2025-11-22T04:00:00.001Z') })).toMatch(/^WARN 5 of 7 days/);
  });
});

describe('the details', () => {
  it.each<[string, Backup[], Judged, string]>([
    [
      'are those of the newest finished one',
      today({ state: 'running' }),
      {},
      'PASS a007, scheduled, created 2025-11-20 02:00 UTC, finished, 245 MB',
    ],
    [
      'are those of the one that was asked about',
      WEEK,
      { chosen: backupOf('b003', { kind: 'manual', state: 'failed', bytes: null }) },
      'FAIL b003, manual, created 2025-11-21 02:00 UTC, failed, size unknown',
    ],
    ['fail when there is none', [], {}, 'FAIL there is none'],
  ])('%s', (_claim, backups, judged, verdict) => {
    expect(judge('Latest', backups, judged)).toBe(verdict);
  });
});

describe('a proof', () => {
  const at = (ms: number) => ({ ...proofOf('a007'), at: new Date(Date.parse(daysAgo(35)) + ms).toISOString() });

  it('is one of lately within the days of the rule, to the millisecond', () => {
    expect(isProvenLately(at(0), rules, NOW)).toBe(true);
    expect(isProvenLately(at(-1), rules, NOW)).toBe(false);
    expect(isProvenLately(null, rules, NOW)).toBe(false);
  });
});

describe('the recovery point objective', () => {
  const hourly = { rtoMinutes: 240, rpoMinutes: 60 };
  const at = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000).toISOString();
  const check = (kept: readonly Backup[], window: Window | null = null) =>
    checkObjective(hourly, kept, { window }, rules, NOW);

  it('of an hour cannot be met by a dump a day, and that is said', () => {
    expect(check(nightly(3))).toMatchObject({
      status: 'warn',
      figure: expect.stringMatching(/^cannot be met: up to 24 h of data/),
    });
    expect(check([])).toMatchObject({ status: 'warn', figure: expect.stringContaining('up to 7 d') });
  });

  it('is met while the write-ahead log arrives, and failed when it has stopped', () => {
    expect(check([], { from: at(100), to: at(0.1) })).toMatchObject({ status: 'pass' });
    expect(check([], { from: at(100), to: at(3) })).toMatchObject({
      status: 'fail',
      figure: 'any moment until 3 h ago can be recovered',
    });
  });

  it('is not known where the archive of the log could not be read', () => {
    const facts = { window: null, windowProblem: 'the host cannot be reached' };
    expect(checkObjective(hourly, nightly(3), facts, rules, NOW)).toMatchObject({
      status: 'warn',
      figure: 'not known: the archive of the log could not be read (the host cannot be reached)',
    });
  });

  it('stands on moments where they can be recovered, else on backups', () => {
    expect(recoveryPoints(nightly(3), { from: at(100), to: at(0.5) }, rules, NOW)).toEqual({
      minutes: 30,
      by: 'moments',
    });
    expect(recoveryPoints(nightly(3), null, rules, NOW)).toEqual({ minutes: 1440, by: 'backups' });
  });

  it('is met by backups that are close enough', () => {
    const often = [0.2, 0.9, 1.6].map((hours, index) => backupOf(`a00${3 - index}`, { startedAt: at(hours) }));
    expect(checkObjective(hourly, often, { window: null }, { ...rules, retentionDays: 1 }, NOW)).toMatchObject({
      status: 'pass',
      figure: 'backups are at most 42 min apart',
    });
  });
});
