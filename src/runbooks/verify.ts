// Are the backups there and good? Optionally proven by restoring one into a scratch database (G1-G3, G5, G7, G14, G28).
import type { OperationCommand } from '../core/command.ts';
import type { PlanDraft, PlanInput, Runbook, StepDraft } from '../core/runbook.ts';
import { chooseBackup, factsOf, proofStatement, sourceStatements } from './backup-choice.ts';

type Verify = Extract<OperationCommand, { verb: 'verify' }>;

export const verify: Runbook<Verify> = {
  verb: 'verify',
  needs: (_command, system) => ({
    capabilities: ['backups'],
    environments: [system.backups.of],
    survey: [],
    writtenSince: () => null,
  }),
  plan,
};

function plan({ command, system, facts, proof, chosen }: PlanInput<Verify>): PlanDraft {
  const environment = system.backups.of;
  const { target } = factsOf(facts, environment);
  const rules: StepDraft = {
    action: 'backups.verify',
    title: `Check the backups of ${target.name}`,
    args: { environment, backup: command.backup },
  };
  const undo = { possible: false, text: 'nothing is changed' };
  if (!command.deep) {
    return {
      environment,
      headline: `Verify the backups of ${system.title}`,
      statements: [],
      pinned: { targets: [], backup: null, release: null },
      steps: [rules],
      gate: null,
      undo,
    };
  }
  const backup = chooseBackup(command.backup, system, facts);
  const from = { environment, backup };
  return {
    environment,
    headline: `Prove that ${backup.id} of ${system.title} can be restored`,
    statements: [
      ...sourceStatements(backup, system, facts, chosen.now),
      proofStatement(proof, backup, system, chosen.now),
    ],
    pinned: { targets: [], backup: from, release: null },
    steps: [
      { ...rules, args: { environment, backup: backup.id } },
      { action: 'backup.fetch', title: `Download ${backup.id} and read it to its end`, args: { from } },
      { action: 'backup.rehearse', title: 'Restore it into a scratch PostgreSQL and check the data', args: { from } },
    ],
    gate: null,
    undo,
  };
}
