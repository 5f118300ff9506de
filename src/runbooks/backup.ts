// Take a backup now (G4): before a risky change, or to keep what is there.
import { newestFinished } from '../core/backup-checks.ts';
import type { OperationCommand } from '../core/command.ts';
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
  const { target, backups } = factsOf(facts, environment);
  const newest = newestFinished(backups);
  const text = newest === null ? 'none' : `${newest.id}, ${ago(newest.startedAt, chosen.now)} old`;
  return {
    environment,
    headline: `Back up ${target.name}`,
    statements: [{ label: 'Newest backup so far', text, tone: 'plain' }],
    pinned: { targets: [target], backup: null, release: null },
    steps: [
      {
        action: 'backup.capture',
        title: `Take a backup of ${target.name}`,
        args: { environment, target, kind: 'manual' },
      },
    ],
    gate: null,
    undo: { possible: false, text: 'a backup more does no harm' },
  };
}
