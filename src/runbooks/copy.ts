// Take a backup out of the house, encrypted to public keys, so that it outlives the house (P13, P14, S14, F2).
import type { OperationCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { Backup, Offsite } from '../core/facts.ts';
import type { Statement } from '../core/plan.ts';
import type { PlanDraft, PlanInput, Runbook } from '../core/runbook.ts';
import type { System } from '../core/system.ts';
import { ago, megabytes, utc } from '../core/wording.ts';
import { chooseBackup, factsOf, sourceStatements } from './backup-choice.ts';

type Copy = Extract<OperationCommand, { verb: 'copy' }>;

export const copy: Runbook<Copy> = {
  verb: 'copy',
  needs: (_command, system) => ({
    capabilities: ['backups'],
    environments: [system.backups.of],
    survey: [],
    writtenSince: () => null,
    offsite: [system.backups.of],
  }),
  plan,
};

function plan({ command, system, facts, chosen }: PlanInput<Copy>): PlanDraft {
  const environment = system.backups.of;
  const { target, offsite } = factsOf(facts, environment);
  const place = named(offsite, system);
  const backup = chooseBackup(command.backup, system, facts);
  const there = place.copies.find(({ of, startedAt }) => of === backup.id && startedAt === backup.startedAt);
  if (there?.state === 'finished') {
    throw new Refusal(
      'copied-already',
      `${backup.id} of ${target.name} was copied to ${place.name} at ${utc(there.copiedAt)}, as ${there.id}.`,
      'Name another one: `/dr backups`.',
    );
  }
  const from = { environment, backup };
  return {
    environment,
    headline: `Copy ${backup.id} of ${target.name} out of the house`,
    statements: [
      ...sourceStatements(backup, system, facts, chosen.now),
      placeStatement(place, chosen.now),
      { label: 'Disk', text: diskText(backup), tone: 'plain' },
    ],
    pinned: { targets: [], backup: from, release: null },
    steps: [
      {
        action: 'backup.copy',
        title: `Copy ${backup.id} to ${place.name} and read the copy back`,
        args: { from },
      },
    ],
    gate: null,
    undo: { possible: false, text: 'a copy more does no harm' },
  };
}

/** The place; throws a Refusal where none is named. */
export function named(offsite: Offsite | null | undefined, system: System): Offsite {
  if (offsite != null) return offsite;
  throw new Refusal(
    'no-offsite',
    `No place out of the house is named for the backups of ${system.title}.`,
    `Name one in the system file: environments.${system.backups.of}.settings.offsite.`,
  );
}

function placeStatement({ name, copies, problem }: Offsite, now: Date): Statement {
  const label = 'Copied to';
  if (problem !== null) return { label, text: `${name}, which could not be read just now: ${problem}`, tone: 'warn' };
  const newest = copies.find(({ state }) => state === 'finished');
  const text =
    newest === undefined
      ? 'no copy is there yet'
      : `newest copy there: ${newest.of}, ${ago(newest.startedAt, now)} old`;
  return { label, text: `${name}; ${text}`, tone: 'plain' };
}

/** The backup as it came, and what it is encrypted to, which is kept until all of it has arrived. */
function diskText({ bytes }: Backup): string {
  const size = bytes === null ? 'twice the size of the backup' : `about ${megabytes(2 * bytes)}`;
  return `${size} where Holdfast runs, until the copy is there`;
}
