// Take a backup now (G4): before a risky change, or to keep what is there.
import { newestFinished } from '../core/backup-checks.ts';
import type { OperationCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { PlanDraft, PlanInput, Runbook } from '../core/runbook.ts';
import { ago } from '../core/wording.ts';
import { factsOf } from './backup-choice.ts';

type BackupCommand = Extract<OperationCommand, { verb: 'backup' }>;

export const backup: Runbook<BackupCommand> = {
  verb: 'backup',
  needs: (command, system) => ({
    capabilities: ['backups'],
    environments: [command.environment ?? system.backups.of],
    survey: [],
    writtenSince: () => null,
  }),
  plan,
};

function plan({ command, system, facts, chosen }: PlanInput<BackupCommand>): PlanDraft {
  const environment = command.environment ?? system.backups.of;
  const { target, backups, server } = factsOf(facts, environment);
  if (command.keep && server === null) throw keptByOthers(target.name);
  const newest = newestFinished(backups);
  const text = newest === null ? 'none' : `${newest.id}, ${ago(newest.startedAt, chosen.now)} old`;
  return {
    environment,
    headline: `Back up ${target.name}`,
    statements: [
      { label: 'Newest backup so far', text, tone: 'plain' },
      ...(command.keep ? [{ label: 'Kept', text: 'forever: no retention deletes it', tone: 'plain' } as const] : []),
    ],
    pinned: { targets: [target], backup: null, release: null },
    steps: [
      {
        action: 'backup.capture',
        title: `Take a backup of ${target.name}`,
        args: { environment, target, kind: 'manual', ...(command.keep ? { keep: 'forever' } : {}) },
      },
    ],
    gate: null,
    undo: { possible: false, text: 'a backup more does no harm' },
  };
}

function keptByOthers(name: string): Refusal {
  return new Refusal(
    'kept-by-the-provider',
    `The backups of ${name} are kept by its provider, by rules of its own.`,
    'Take it without --keep, and bring a copy out of the house.',
  );
}
