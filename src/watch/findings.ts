// What is not as it should be with the backups of a system: the rules of the verification, as findings (P15, G1-G5, S9, S14).
import type { Alert, Finding } from '../core/alert.ts';
import { judgeBackups, lastScheduled, newestEnded, newestWhole, sizesCompared } from '../core/backup-checks.ts';
import type { Backup, EnvironmentFacts } from '../core/facts.ts';
import { type Held, retain } from '../core/retention.ts';
import type { System } from '../core/system.ts';
import { count, utc } from '../core/wording.ts';
import { isOpen, reasonIn, remedyOf } from './finding.ts';

const DAY = 86_400_000;

/** What `findingsOf` judges, all of it whenever there are facts. */
export const OF_FACTS = ['missing', 'failed', 'old', 'size', 'retention', 'unreadable'] as const;

type Beside = {
  /** Alerts of this system that are open now. */
  readonly open: readonly Alert[];
  /** What the retention must not delete. */
  readonly held: Held;
};

type Given = Beside & {
  readonly system: System;
  readonly facts: EnvironmentFacts;
  readonly now: Date;
  readonly judged: ReturnType<typeof judgeBackups>;
};

/** `facts` are those of the environment whose backups they are. */
export function findingsOf(system: System, facts: EnvironmentFacts, now: Date, beside: Beside): Finding[] {
  const given: Given = { ...beside, system, facts, now, judged: judgeBackups(facts.backups, system.backups, now) };
  const missing = missingOf(given);
  const found = [failedOf(given), oldOf(given), sizeOf(given), shortOf(given), surplusOf(given), unreachableOf(given)];
  const others = found.flatMap((finding) => finding ?? []);
  if (missing === null) return others;
  // That it is missing says this, too: but what was raised for itself lasts until it is over itself.
  const isSaid = ({ kind }: Finding) => kind === 'old' || (kind === 'failed' && isScheduled(facts));
  return [missing, ...others.filter((finding) => !isSaid(finding) || isOpen(beside.open, finding))];
}

/** Whether the one that failed is the one that is missing. */
function isScheduled({ backups }: EnvironmentFacts): boolean {
  return newestEnded(backups)?.kind === 'scheduled';
}

/** None was begun when it was due. Less bad while another one is fresh: then only the schedule is broken. */
function missingOf({ system, facts: { backups }, now, judged }: Given): Finding | null {
  if (judged.daily.status !== 'fail') return null;
  const [date, last] = [now.toISOString().slice(0, 10), lastScheduled(backups)];
  const finding = about(system, 'missing');
  if (judged.age.status === 'pass') {
    const text = `No scheduled backup for ${date}: ${last}. Meanwhile ${newestIn(backups)}.`;
    return { ...finding, severity: 'warning', text, remedy: remedyOf(system, 'verify --deep') };
  }
  const text = `Database backup missing for ${date}: ${last}.`;
  return { ...finding, severity: 'critical', text, remedy: remedyOf(system, 'backup') };
}

function failedOf({ system, facts: { backups } }: Given): Finding | null {
  const ended = newestEnded(backups);
  if (ended?.state !== 'failed') return null;
  const text = `${ended.id} (${ended.kind}, begun ${utc(ended.startedAt)}) failed; ${newestIn(backups)}.`;
  return { ...about(system, 'failed'), severity: 'critical', text, remedy: remedyOf(system, 'backup') };
}

function oldOf({ system, facts: { backups }, judged: { age } }: Given): Finding | null {
  if (age.status !== 'fail') return null;
  const newest = newestIn(backups);
  const text = `${newest.charAt(0).toUpperCase()}${newest.slice(1)}; it may be ${system.backups.maxAgeHours} h old.`;
  return { ...about(system, 'old'), severity: 'critical', text, remedy: remedyOf(system, 'backup') };
}

/** Without its age: the text of an alert changes when the facts do, not with every look. */
function newestIn(backups: readonly Backup[]): string {
  const newest = newestWhole(backups);
  return newest === null
    ? 'there is none to restore'
    : `the newest to restore is ${newest.id}, begun ${utc(newest.startedAt)}`;
}

/** Where there is none, or only one with a size, there is nothing to compare: the other rules say so. */
function sizeOf({ system, facts: { backups }, judged: { size } }: Given): Finding | null {
  const { newest, before } = sizesCompared(backups);
  if (newest === null || size.status === 'pass') return null;
  const finding = about(system, 'size');
  if (newest.bytes === 0) {
    const text = `${newest.id} is empty or has no size.`;
    return { ...finding, severity: 'critical', text, remedy: remedyOf(system, 'backup') };
  }
  if (before === null) return null;
  const text = `${newest.id} has ${size.figure}; up to ${system.backups.sizeTolerancePercent} % are usual.`;
  return { ...finding, severity: 'warning', text, remedy: remedyOf(system, 'verify --deep') };
}

function shortOf({ system, judged: { kept } }: Given): Finding | null {
  if (kept.status === 'pass') return null;
  const remedy = remedyOf(system, 'backups --retention');
  return {
    ...about(system, 'retention'),
    severity: 'warning',
    text: `Fewer are kept than stated: ${kept.figure}.`,
    remedy,
  };
}

/** Where Holdfast keeps them itself and is told for how long. They are given a day to be deleted in. */
function surplusOf({ system, facts: { backups, server }, now, held }: Given): Finding | null {
  const { tiers } = system.backups;
  if (tiers === undefined || server === null) return null;
  const { going } = retain(backups, tiers, held, new Date(now.getTime() - DAY));
  const oldest = going.at(-1)?.backup;
  if (oldest === undefined) return null;
  const text = `${count(going.length, 'backup')} should be gone by now; the oldest is ${oldest.id} of ${utc(oldest.startedAt)}.`;
  const remedy = remedyOf(system, 'backups --retention');
  return { ...about(system, 'retention'), about: 'surplus', severity: 'info', text, remedy };
}

/** The backups could be read, the server that they are of could not (F19). */
function unreachableOf({ system, facts: { surveyProblem } }: Given): Finding | null {
  if (surveyProblem === null) return null;
  const finding = about(system, 'unreadable');
  const text = `The database of ${finding.environment} does not answer: ${reasonIn(surveyProblem)}.`;
  return { ...finding, about: 'database', severity: 'critical', text, remedy: remedyOf(system, 'assess') };
}

function about<K extends Finding['kind']>({ backups: { of } }: System, kind: K) {
  return { kind, environment: of, about: '' };
}
