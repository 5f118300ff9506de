// Restore or roll back (G22)? Answered from what was read, each sentence with its fact. Pure; the decision stays with people.
import type { Backup, Release } from '../core/facts.ts';
import type { Assessment } from '../core/incident-views.ts';
import type { Scenario, ScenarioStep } from '../core/system.ts';
import { ago, clean, utc } from '../core/wording.ts';

export type Evidence = {
  readonly scenario: Scenario | null;
  /** When it began; null when nobody knows. */
  readonly onset: string | null;
  /** The code that runs, and the newest other code before it; null is what could not be read or does not exist. */
  readonly release: Release | null;
  readonly former: Release | null;
  /** The version of the newest migration: a UTC stamp, or whatever the application calls it. */
  readonly migration: string | null;
  /** The newest backup that was finished before the onset. */
  readonly backup: Backup | null;
  readonly now: Date;
};

/** A release is suspected of what begins within so many hours after it. */
const SUSPECT_HOURS = 2;

export function adviceOf(evidence: Evidence): Assessment['advice'] {
  const { scenario, backup } = evidence;
  const restores = does(scenario, 'restore', 'moment', 'table', 'recreate');
  const rollsBack = does(scenario, 'rollback');
  const suspect = isSuspect(evidence);
  const younger = migratedSince(evidence);
  const because = [
    releaseSentence(evidence, suspect),
    ...(suspect && younger !== null ? [younger] : []),
    ...(restores || !suspect ? [backupSentence(evidence)] : []),
    ...(scenario === null ? [] : [wayOut(scenario, restores, rollsBack)]),
  ];
  if (suspect) return { is: younger !== null || (restores && !rollsBack) ? 'unclear' : 'roll back', because };
  if (restores) return { is: backup === null ? 'unclear' : 'restore', because };
  return { is: rollsBack || evidence.release === null ? 'unclear' : 'neither', because };
}

function does(scenario: Scenario | null, ...what: ScenarioStep['do'][]): boolean {
  return scenario?.steps.some((step) => what.includes(step.do)) ?? false;
}

function isSuspect({ release, onset, now }: Evidence): boolean {
  if (release === null) return false;
  const hours = (Date.parse(onset ?? now.toISOString()) - Date.parse(release.createdAt)) / 3_600_000;
  return hours >= 0 && hours <= SUSPECT_HOURS;
}

function releaseSentence({ release, onset, now }: Evidence, suspect: boolean): string {
  if (release === null) return 'The releases could not be read, so it is not known whether new code is to blame.';
  const what = `Release ${clean(release.id)} is ${ago(release.createdAt, now)} old`;
  if (onset === null) return `${what}; nobody has said when it began.`;
  if (suspect) return `${what} and went out shortly before it began at ${utc(onset)}: the code is a suspect.`;
  const when =
    Date.parse(release.createdAt) > Date.parse(onset)
      ? 'went out only after'
      : `went out more than ${SUSPECT_HOURS} h before`;
  return `${what} and ${when} it began at ${utc(onset)}: the code is hardly to blame.`;
}

/** A migration that the former code cannot know; null when there is none, or its version does not tell its time. */
function migratedSince({ migration, former }: Evidence): string | null {
  if (migration === null || former === null || !/^\d{14}$/.test(migration)) return null;
  if (migration <= former.createdAt.replace(/\D/g, '').slice(0, 14)) return null;
  return `Migration ${migration} is younger than ${clean(former.id)}: a rollback of the code leaves a schema that it does not know.`;
}

function backupSentence({ backup, onset, now }: Evidence): string {
  const limit = onset === null ? '' : ' from before it began';
  if (backup?.finishedAt == null) return `There is no finished backup${limit}.`;
  return `The newest finished backup${limit} is ${clean(backup.id)}, ${ago(backup.finishedAt, now)} old.`;
}

function wayOut({ title }: Scenario, restores: boolean, rollsBack: boolean): string {
  const ways = [...(restores ? ['restores data'] : []), ...(rollsBack ? ['rolls the code back'] : [])];
  return `The runbook “${title}” ${ways.length === 0 ? 'does neither' : ways.join(' and ')}.`;
}
