// Are the backups as they should be? The rules of the daily verification (G1-G3, G5) over parsed rows.
import type { Check } from './check.ts';
import type { Backup, Window } from './facts.ts';
import type { BackupRules, Objectives } from './system.ts';
import { ago, megabytes, span, utc } from './wording.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** One check per rule, in the runbook's order. `backups` newest first; `chosen` is the one a person asked about. */
export function checkBackups(
  backups: readonly Backup[],
  chosen: Backup | null,
  rules: BackupRules,
  now: Date,
): Check[] {
  const scheduled = backups.filter(({ kind }) => kind === 'scheduled');
  return [
    dailyPresent(scheduled, rules, now),
    allFinished(scheduled, rules, now),
    newestAge(backups, rules, now),
    sizeSteady(scheduled, rules),
    retention(scheduled, rules, now),
    details(chosen ?? latestBackup(backups)),
  ];
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
  if (window !== null) {
    const lag = now.getTime() - Date.parse(window.to);
    const met = lag <= rpoMinutes * 60_000;
    const figure = `any moment until ${ago(window.to, now)} ago can be recovered`;
    return { name, status: met ? 'pass' : 'fail', figure, source };
  }
  const apart = longestGap(backups, rules, now);
  const met = apart <= rpoMinutes * 60_000;
  const figure = met
    ? `backups are at most ${span(apart / 1000)} apart`
    : `cannot be met: up to ${span(apart / 1000)} of data lie between two backups; archive the write-ahead log, or promise less`;
  return { name, status: met ? 'pass' : 'warn', figure, source };
}

/** In ms, between two finished backups that are kept, or since the newest one. */
function longestGap(backups: readonly Backup[], rules: BackupRules, now: Date): number {
  const kept = backups.filter(({ state, startedAt }) => {
    return state === 'finished' && ageOf(startedAt, now) <= rules.retentionDays * DAY;
  });
  const moments = [now.getTime(), ...kept.map(({ startedAt }) => Date.parse(startedAt))].toSorted((a, b) => b - a);
  const gaps = moments.slice(1).map((moment, at) => (moments[at] ?? moment) - moment);
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

function dailyPresent(scheduled: readonly Backup[], rules: BackupRules, now: Date): Check {
  const name = 'Daily backup present';
  const last = scheduled.find(({ state, startedAt }) => {
    return state !== 'failed' && ageOf(startedAt, now) <= rules.maxAgeHours * HOUR;
  });
  if (last !== undefined)
    return { name, status: 'pass', figure: `${last.id}, started ${utc(last.startedAt)}`, source: 'G1' };
  const newest = scheduled[0];
  const failed = newest?.state === 'failed' ? ', which failed' : '';
  const since =
    newest === undefined ? 'none was ever taken' : `the last one is ${newest.id} of ${utc(newest.startedAt)}${failed}`;
  return {
    name,
    status: 'fail',
    figure: `CRITICAL: database backup missing for ${utc(now.toISOString()).slice(0, 10)}; ${since}`,
    source: 'G5',
  };
}

function allFinished(scheduled: readonly Backup[], rules: BackupRules, now: Date): Check {
  const recent = scheduled.filter(({ startedAt }) => ageOf(startedAt, now) <= rules.retentionDays * DAY);
  const failed = recent.filter(({ state }) => state === 'failed');
  const open = recent.filter(({ state }) => state === 'running' || state === 'pending');
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
  const newest = newestFinished(backups.filter(({ kind }) => kind !== 'preimage'));
  if (newest?.finishedAt === undefined || newest.finishedAt === null) {
    return { name, status: 'fail', figure: 'there is no finished backup', source: 'G1' };
  }
  const fresh = ageOf(newest.finishedAt, now) <= rules.maxAgeHours * HOUR;
  const figure = `${newest.id} finished ${ago(newest.finishedAt, now)} ago`;
  return { name, status: fresh ? 'pass' : 'fail', figure, source: 'G1' };
}

function sizeSteady(scheduled: readonly Backup[], rules: BackupRules): Check {
  const name = `Size within ${rules.sizeTolerancePercent} %`;
  const [newest, ...older] = scheduled.filter(({ state }) => state === 'finished').map(sized);
  if (newest === undefined || newest.bytes === 0) {
    return { name, status: 'fail', figure: 'the newest backup is empty or has no size', source: 'G1' };
  }
  const before = older.find(({ bytes }) => bytes > 0);
  if (before === undefined) {
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

/** An unknown size proves no more than an empty backup does. */
function sized({ id, bytes }: Backup): { id: string; bytes: number } {
  return { id, bytes: bytes ?? 0 };
}

/** Days with a finished backup among the last `retentionDays`; counted from parsed rows, never from lines of output. */
function retention(scheduled: readonly Backup[], rules: BackupRules, now: Date): Check {
  const kept = scheduled.filter(({ state, startedAt }) => {
    return state === 'finished' && ageOf(startedAt, now) <= rules.retentionDays * DAY;
  });
  const days = new Set(kept.map(({ startedAt }) => startedAt.slice(0, 10))).size;
  return {
    name: `Retention ${rules.retentionDays} days`,
    status: days >= rules.retentionDays ? 'pass' : 'warn',
    figure: `${days} of ${rules.retentionDays} days have a finished backup, ${kept.length} records`,
    source: 'G2',
  };
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
