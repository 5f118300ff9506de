// Are the backups as they should be? The rules of the daily verification (G1-G3, G5) over parsed rows.
import type { Check } from './check.ts';
import type { Backup, Proof, Window } from './facts.ts';
import type { BackupRules, Objectives } from './system.ts';
import { ago, megabytes, span, utc } from './wording.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Nightly backups end some minutes earlier or later: for so long one that runs is on its way, not late. */
const ON_ITS_WAY = HOUR;

/** One check per rule, in the runbook's order. `backups` newest first; `chosen` is the one a person asked about. */
export function checkBackups(
  backups: readonly Backup[],
  chosen: Backup | null,
  rules: BackupRules,
  now: Date,
): Check[] {
  const { daily, finished, age, size, kept } = judgeBackups(backups, rules, now);
  return [daily, finished, age, size, kept, details(chosen ?? latestBackup(backups))];
}

/** The same rules by name: alerts are raised from what is judged here, so that they never contradict a verification. */
export function judgeBackups(
  backups: readonly Backup[],
  rules: BackupRules,
  now: Date,
): Readonly<Record<'daily' | 'finished' | 'age' | 'size' | 'kept', Check>> {
  const scheduled = scheduledOf(backups);
  return {
    daily: dailyPresent(scheduled, rules, now),
    finished: allFinished(scheduled, rules, now),
    age: newestAge(backups, rules, now),
    size: sizeSteady(scheduled, rules),
    kept: retention(scheduled, rules, now),
  };
}

function scheduledOf(backups: readonly Backup[]): Backup[] {
  return backups.filter(({ kind }) => kind === 'scheduled');
}

/**
 * Can the recovery point objective be met at all? A promise of one hour is a fiction where nothing is kept but a dump a day
 * (P1, B1, F1).
 */
export function checkObjective(
  { rpoMinutes }: Objectives,
  backups: readonly Backup[],
  { window, windowProblem }: { readonly window: Window | null; readonly windowProblem?: string | undefined },
  rules: BackupRules,
  now: Date,
): Check {
  const name = `RPO ${span(rpoMinutes * 60)}`;
  const source = 'P1, B1, F1';
  if (windowProblem !== undefined) {
    return {
      name,
      status: 'warn',
      figure: `not known: the archive of the log could not be read (${windowProblem})`,
      source,
    };
  }
  const { minutes, by } = recoveryPoints(backups, window, rules, now);
  const met = minutes <= rpoMinutes;
  const apart = span(minutes * 60);
  if (by === 'moments') {
    return { name, status: met ? 'pass' : 'fail', figure: `any moment until ${apart} ago can be recovered`, source };
  }
  const figure = met
    ? `backups are at most ${apart} apart`
    : `cannot be met: up to ${apart} of data lie between two backups; archive the write-ahead log, or promise less`;
  return { name, status: met ? 'pass' : 'warn', figure, source };
}

/** How much of the newest data a recovery may lose, in minutes, and what makes it so. */
export function recoveryPoints(
  backups: readonly Backup[],
  window: Window | null,
  rules: BackupRules,
  now: Date,
): { readonly minutes: number; readonly by: 'backups' | 'moments' } {
  if (window !== null) return { minutes: ageOf(window.to, now) / 60_000, by: 'moments' };
  return { minutes: longestGap(backups, rules, now) / 60_000, by: 'backups' };
}

/** In ms, between two finished backups that are kept, or since the newest one. */
function longestGap(backups: readonly Backup[], rules: BackupRules, now: Date): number {
  const kept = backups.filter(({ state, startedAt }) => {
    return state === 'finished' && ageOf(startedAt, now) <= rules.retentionDays * DAY;
  });
  const moments = [now.getTime(), ...kept.map(({ startedAt }) => Date.parse(startedAt))].toSorted((a, b) => b - a);
  const gaps = moments.slice(1).map((moment, at) => Number(moments[at]) - moment);
  return gaps.length === 0 ? rules.retentionDays * DAY : Math.max(...gaps);
}

/**
 * The one that `latest` means: the newest finished scheduled one, since a manual one may have been taken of data that was
 * broken already, and a pre-image was (S3, P6). Null when there is neither a scheduled nor a manual one.
 */
export function latestBackup(backups: readonly Backup[]): Backup | null {
  const newest = (kind: Backup['kind']) => newestFinished(backups.filter((backup) => backup.kind === kind));
  return newest('scheduled') ?? newest('manual');
}

/** The newest backup that can be restored; null when there is none. */
export function newestFinished(backups: readonly Backup[]): Backup | null {
  return backups.find(({ state, finishedAt }) => state === 'finished' && finishedAt !== null) ?? null;
}

/** The same without what an operation took of data that it replaced: that may be broken (S3, P6). */
export function newestWhole(backups: readonly Backup[]): Backup | null {
  return newestFinished(backups.filter(({ kind }) => kind !== 'preimage'));
}

function dailyPresent(scheduled: readonly Backup[], rules: BackupRules, now: Date): Check {
  const name = 'Daily backup present';
  const last = scheduled.find(({ state, startedAt }) => {
    return state !== 'failed' && ageOf(startedAt, now) <= rules.maxAgeHours * HOUR;
  });
  if (last !== undefined)
    return { name, status: 'pass', figure: `${last.id}, started ${utc(last.startedAt)}`, source: 'G1' };
  const date = utc(now.toISOString()).slice(0, 10);
  const figure = `CRITICAL: database backup missing for ${date}; ${lastScheduled(scheduled)}`;
  return { name, status: 'fail', figure, source: 'G5' };
}

/** `the last one is a008 of 2025-11-21 02:00 UTC, which failed` */
export function lastScheduled(backups: readonly Backup[]): string {
  const [newest] = scheduledOf(backups);
  if (newest === undefined) return 'none was ever taken';
  const failed = newest.state === 'failed' ? ', which failed' : '';
  return `the last one is ${newest.id} of ${utc(newest.startedAt)}${failed}`;
}

/** The newest that has come to its end, well or not; what an operation took of data that it replaced does not count. */
export function newestEnded(backups: readonly Backup[]): Backup | null {
  return backups.find(({ kind, state }) => kind !== 'preimage' && !isOpen(state)) ?? null;
}

function isOpen(state: Backup['state']): boolean {
  return state === 'running' || state === 'pending';
}

function allFinished(scheduled: readonly Backup[], rules: BackupRules, now: Date): Check {
  const recent = scheduled.filter(({ startedAt }) => ageOf(startedAt, now) <= rules.retentionDays * DAY);
  const failed = recent.filter(({ state }) => state === 'failed');
  const open = recent.filter(({ state }) => isOpen(state));
  const finished = recent.length - failed.length - open.length;
  const others = [...failed, ...open].map(({ id, state }) => `${id} is ${state}`);
  return {
    name: 'Backups finished',
    status: failed.length > 0 || finished === 0 ? 'fail' : open.length > 0 ? 'warn' : 'pass',
    figure: [`${finished} of ${recent.length} finished`, ...others].join(', '),
    source: 'G1',
  };
}

function newestAge(backups: readonly Backup[], rules: BackupRules, now: Date): Check {
  const name = `Newest within ${rules.maxAgeHours} h`;
  const newest = newestWhole(backups);
  if (newest?.finishedAt === undefined || newest.finishedAt === null) {
    return { name, status: 'fail', figure: 'there is no finished backup', source: 'G1' };
  }
  const over = ageOf(newest.finishedAt, now) - rules.maxAgeHours * HOUR;
  const figure = `${newest.id} finished ${ago(newest.finishedAt, now)} ago`;
  if (over <= 0) return { name, status: 'pass', figure, source: 'G1' };
  const next = backups.find(({ kind, state }) => kind !== 'preimage' && isOpen(state));
  if (next === undefined || over > ON_ITS_WAY) return { name, status: 'fail', figure, source: 'G1' };
  return { name, status: 'warn', figure: `${figure}; ${next.id} is ${next.state}`, source: 'G1' };
}

function sizeSteady(scheduled: readonly Backup[], rules: BackupRules): Check {
  const name = `Size within ${rules.sizeTolerancePercent} %`;
  const { newest, before } = sizesCompared(scheduled);
  if (newest === null || newest.bytes === 0) {
    return { name, status: 'fail', figure: 'the newest backup is empty or has no size', source: 'G1' };
  }
  if (before === null) {
    return { name, status: 'warn', figure: `${newest.id} is the only one with a size`, source: 'G1' };
  }
  const percent = ((newest.bytes - before.bytes) / before.bytes) * 100;
  const sign = percent < 0 ? '−' : '+';
  return {
    name,
    status: Math.abs(percent) <= rules.sizeTolerancePercent ? 'pass' : 'warn',
    figure: `${megabytes(newest.bytes)}, ${sign}${Math.abs(percent).toFixed(1)} % on ${before.id} (${megabytes(before.bytes)})`,
    source: 'G1',
  };
}

type Sized = { readonly id: string; readonly bytes: number };

/** The newest finished scheduled backup, and the one before it that has a size. */
export function sizesCompared(backups: readonly Backup[]): { newest: Sized | null; before: Sized | null } {
  const finished = scheduledOf(backups).filter(({ state }) => state === 'finished');
  // An unknown size proves no more than an empty backup does.
  const [newest, ...older] = finished.map(({ id, bytes }) => ({ id, bytes: bytes ?? 0 }));
  return { newest: newest ?? null, before: older.find(({ bytes }) => bytes > 0) ?? null };
}

/** Days with a finished backup among the last `retentionDays`; counted from parsed rows, never from lines of output. */
function retention(scheduled: readonly Backup[], rules: BackupRules, now: Date): Check {
  const kept = scheduled.filter(({ state, startedAt }) => {
    return state === 'finished' && ageOf(startedAt, now) <= rules.retentionDays * DAY;
  });
  // Tonight's is not there yet when that of the first night has just grown too old to count.
  const next = scheduled.find(({ state, startedAt }) => {
    return isOpen(state) && ageOf(startedAt, now) <= rules.maxAgeHours * HOUR;
  });
  const days = daysOf(kept);
  const withNext = next === undefined ? days : daysOf([...kept, next]);
  const coming = next === undefined ? '' : `, ${next.id} is ${next.state}`;
  return {
    name: `Retention ${rules.retentionDays} days`,
    status: withNext >= rules.retentionDays ? 'pass' : 'warn',
    figure: `${days} of ${rules.retentionDays} days have a finished backup, ${kept.length} records${coming}`,
    source: 'G2',
  };
}

function daysOf(backups: readonly Backup[]): number {
  return new Set(backups.map(({ startedAt }) => startedAt.slice(0, 10))).size;
}

/** Whether a restore was proven within the days of the rule. */
export function isProvenLately(proof: Proof | null, rules: BackupRules, now: Date): boolean {
  return proof !== null && ageOf(proof.at, now) <= rules.provenWithinDays * DAY;
}

function details(backup: Backup | null): Check {
  const name = 'Latest backup';
  if (backup === null) return { name, status: 'fail', figure: 'there is none', source: 'G3' };
  const size = backup.bytes === null ? 'size unknown' : megabytes(backup.bytes);
  const figure = `${backup.id}, ${backup.kind}, created ${utc(backup.startedAt)}, ${backup.state}, ${size}`;
  return { name, status: backup.state === 'finished' ? 'pass' : 'fail', figure, source: 'G3' };
}

function ageOf(moment: string, now: Date): number {
  return now.getTime() - Date.parse(moment);
}
