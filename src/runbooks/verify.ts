// Are the backups there and good? Optionally proven by restoring one into a scratch database (G1-G3, G5, G7, G14, G28).
import type { OperationCommand } from '../core/command.ts';
import type { Backup, Facts } from '../core/facts.ts';
import type { PlanDraft, PlanInput, Runbook, StepDraft } from '../core/runbook.ts';
import type { System } from '../core/system.ts';
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
  const undo = { possible: false, text: 'nothing is changed' };
  if (!command.deep) {
    return {
      environment,
      headline: `Verify the backups of ${system.title}`,
      statements: [],
      pinned: { targets: [], backup: null, release: null },
      steps: [rulesStep(system, facts, command.backup)],
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
    steps: [rulesStep(system, facts, backup.id), ...scratchSteps(from)],
    gate: null,
    undo,
  };
}

/** `backup`: the one that is looked at besides; `latest` lets the step find it. */
export function rulesStep(system: System, facts: Facts, backup: string): StepDraft {
  const environment = system.backups.of;
  const { target } = factsOf(facts, environment);
  return { action: 'backups.verify', title: `Check the backups of ${target.name}`, args: { environment, backup } };
}

/** What proves a backup. */
export function scratchSteps(from: { environment: string; backup: Backup }): StepDraft[] {
  return [
    { action: 'backup.fetch', title: `Download ${from.backup.id} and read it to its end`, args: { from } },
    { action: 'backup.rehearse', title: 'Restore it into a scratch PostgreSQL and check the data', args: { from } },
  ];
}
