// Which backup a person means, and what every plan says about it.
import { latestBackup, newestFinished } from '../core/backup-checks.ts';
import { standingFor, type Warm } from '../core/built.ts';
import { Refusal } from '../core/errors.ts';
import type { Backup, EnvironmentFacts, Facts, Proof } from '../core/facts.ts';
import type { Statement } from '../core/plan.ts';
import type { System } from '../core/system.ts';
import { ago, clock, megabytes, utc } from '../core/wording.ts';

const DAY = 86_400_000;

/** The facts of an environment; a runbook that asks for one it did not declare in `needs` is a defect. */
export function factsOf(facts: Facts, environment: string): EnvironmentFacts {
  const found = facts.environments[environment];
  if (found === undefined)
    throw new Refusal('unknown-environment', `There is no environment “${environment}”.`, 'See `/dr systems`.');
  return found;
}

/**
 * A backup of the environment that backups are taken of, always (G9's correction: never the target's own).
 * What `latest` means is `latestBackup`'s to say.
 */
export function chooseBackup(choice: string, system: System, facts: Facts): Backup {
  const { backups, target } = factsOf(facts, system.backups.of);
  if (choice === 'latest') {
    const newest = latestBackup(backups);
    if (newest !== null) return newest;
    throw new Refusal('no-backup', `${target.name} has no finished backup.`, 'Take one with `/dr backup`.');
  }
  const found = backups.find(({ id }) => id === choice);
  if (found === undefined) {
    const known = backups.slice(0, 3).map(({ id }) => id);
    const newest = known.length === 0 ? '' : ` The newest are ${known.join(', ')}.`;
    throw new Refusal('no-such-backup', `${target.name} has no backup ${choice}.${newest}`, 'See `/dr backups`.');
  }
  if (found.state === 'finished' && found.finishedAt !== null) return found;
  if (found.state === 'failed') {
    throw new Refusal('backup-failed', `Backup ${found.id} failed.`, 'Choose a finished one: `/dr backups`.');
  }
  const state = found.state === 'finished' ? 'no end is known' : found.state;
  throw new Refusal(
    'backup-unfinished',
    `Backup ${found.id} is not finished (${state}).`,
    'Wait for it, or choose another: `/dr backups`.',
  );
}

/**
 * The same for a restore of this environment. While the backups cannot be listed, it is one of those that stand ready there,
 * as it was when it was loaded: a store that is away must not keep a database from going live that is beside the broken one.
 */
export function chooseFor(environment: string, choice: string, system: System, facts: Facts): Backup {
  const { backupsProblem, target } = factsOf(facts, system.backups.of);
  if (backupsProblem === undefined) return chooseBackup(choice, system, facts);
  const standing = standingFor(factsOf(facts, environment).server, system, environment).flatMap(backupIn);
  const [newest] = standing.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
  const found = choice === 'latest' ? newest : standing.find(({ id }) => id === choice);
  if (found !== undefined) return found;
  const why = `The backups of ${target.name} cannot be listed now: ${backupsProblem}.`;
  if (newest === undefined) {
    throw new Refusal(
      'backups-unknown',
      `${why} None of them stands ready beside ${environment}.`,
      'Mend the way to them, then ask again; where the write-ahead log is archived, a moment can be had: `--at`.',
    );
  }
  throw new Refusal(
    'backups-unknown',
    `${why} The newest that stands ready beside ${environment} is ${newest.id}.`,
    `Use it: \`/dr restore ${environment} ${newest.id}\`. Or mend the way to them, then ask again.`,
  );
}

function backupIn({ backup: id, sha256, built: { bytes, finishedAt } }: Warm): Backup[] {
  if (finishedAt === null) return [];
  return [{ id, kind: 'scheduled', state: 'finished', startedAt: finishedAt, finishedAt, bytes, sha256 }];
}

/** What the plan says about the source: place, id, time, size and age, and whether something newer exists. */
export function sourceStatements(backup: Backup, system: System, facts: Facts, now: Date): Statement[] {
  const { target, backups, backupsProblem } = factsOf(facts, system.backups.of);
  const finished = backup.finishedAt ?? backup.startedAt;
  const size = backup.bytes === null ? 'size unknown' : megabytes(backup.bytes);
  const kind = backupsProblem === undefined ? ` (${backup.kind})` : '';
  const source: Statement = {
    label: 'Source',
    text: `${target.name}, backup ${backup.id}${kind}, finished ${utc(finished)}, ${size}`,
    tone: 'plain',
  };
  const newer = newestFinished(backups.filter(({ kind }) => kind !== 'preimage'));
  const age: Statement = { label: 'Age of the backup', text: ago(finished, now), tone: 'plain' };
  if (backupsProblem !== undefined) {
    const text = `cannot be listed now (${backupsProblem}): whether there is a newer one is not known`;
    return [source, age, { label: 'Backups', text, tone: 'warn' }];
  }
  if (newer === null || newer.id === backup.id) return [source, age];
  return [
    source,
    {
      ...age,
      text: `${age.text}; ${newer.id} is newer (${newer.kind}, ${ago(newer.startedAt, now)} old)`,
      tone: 'warn',
    },
  ];
}

/** How the application is before anything is done; nothing where it was not asked. */
export function healthStatements({ health }: EnvironmentFacts, ifUnwell: string): Statement[] {
  if (health === undefined) return [];
  const text = health.ok ? health.text : `${health.text}; ${ifUnwell}`;
  return [{ label: 'Health now', text, tone: health.ok ? 'plain' : 'warn' }];
}

/** When a restore of this system was last proven, and whether that is too long ago or never. */
export function proofStatement(proof: Proof | null, backup: Backup, system: System, now: Date): Statement {
  const label = 'Last proven restore';
  if (proof === null) return { label, text: 'never; `/dr verify --deep` proves one', tone: 'warn' };
  const which = proof.backup === backup.id ? 'of this backup' : `of ${proof.backup}, not of this one`;
  const days = (now.getTime() - Date.parse(proof.at)) / DAY;
  return {
    label,
    text: `${ago(proof.at, now)} ago ${which}, in ${clock(proof.seconds)} (${proof.operation})`,
    tone: days > system.backups.provenWithinDays ? 'warn' : 'plain',
  };
}

/** The proof whose row counts a restore of this very backup must show; null when another one was proven. */
export function proofOf(proof: Proof | null, backup: Backup): Proof | null {
  return proof?.backup === backup.id ? proof : null;
}
