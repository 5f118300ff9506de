// Overwrite a database whose loss would hurt nobody; a backup of it is taken first, so that it can be put back.
import type { Backup, EnvironmentFacts } from '../core/facts.ts';
import type { PlanDraft, StepDraft } from '../core/runbook.ts';
import { chooseBackup, factsOf, healthStatements, proofOf, proofStatement, sourceStatements } from './backup-choice.ts';
import type { Given } from './beside.ts';
import { smokeSteps } from './go-live.ts';
import { idle, rowsText, UNWELL } from './losses.ts';

/** The data is overwritten; a backup of it is taken first, so that it can be put back. */
export function inPlacePlan({ system, facts, proof, chosen }: Given, environment: string, choice: string): PlanDraft {
  const here = idle(factsOf(facts, environment), true);
  const { target, survey } = here;
  const backup = chooseBackup(choice, system, facts);
  const from = { environment: system.backups.of, backup };
  const rows = survey === null ? 'everything in it' : rowsText(survey, ({ rows }) => rows);
  return {
    environment,
    headline: `Restore ${target.name} from ${backup.id} of ${factsOf(facts, system.backups.of).target.name}`,
    statements: [
      ...sourceStatements(backup, system, facts, chosen.now),
      { label: 'Overwrites', text: `${target.name}/${target.database}: ${rows}`, tone: 'warn' },
      ...healthStatements(here, UNWELL),
      proofStatement(proof, backup, system, chosen.now),
    ],
    pinned: { targets: [target], backup: from, release: null },
    steps: [...overwrite(environment, target, from, proofOf(proof, backup)), ...smokeSteps(system, environment)],
    gate: 0,
    undo: { possible: true, text: `the backup of ${target.name} taken before is restored` },
  };
}

/** The steps of a restore in place, with the backup of what is overwritten first. */
export function overwrite(
  environment: string,
  target: EnvironmentFacts['target'],
  from: { environment: string; backup: Backup },
  expect: ReturnType<typeof proofOf>,
): StepDraft[] {
  return [
    {
      action: 'backup.capture',
      title: `Back up ${target.name} as it is now`,
      args: { environment, target, kind: 'preimage' },
    },
    {
      action: 'database.restore',
      title: `Restore ${from.backup.id} into ${target.name}`,
      args: { environment, target, from, preimage: 's1' },
    },
    { action: 'database.check', title: 'Check the restored data', args: { environment, target, expect } },
    { action: 'health.check', title: 'Ask the health endpoint', args: { environment, required: true } },
  ];
}
