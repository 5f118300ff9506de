// Restore production's backup into an environment: beside the live database where losing data would hurt, else in place.
import type { OperationCommand } from '../core/command.ts';
import { consentFor } from '../core/consent.ts';
import { hindrances } from '../core/drift.ts';
import { Refusal } from '../core/errors.ts';
import type { Backup, EnvironmentFacts, Survey } from '../core/facts.ts';
import type { Statement } from '../core/plan.ts';
import type { PlanDraft, PlanInput, Runbook, StepDraft } from '../core/runbook.ts';
import { count, list } from '../core/wording.ts';
import { chooseBackup, factsOf, healthStatements, proofOf, proofStatement, sourceStatements } from './backup-choice.ts';

type Restore = Extract<OperationCommand, { verb: 'restore' }>;
type Input = PlanInput<Restore>;

const UNWELL = 'if it is not well afterwards, the restore takes itself back (is it the code? see `/dr rollback`)';

export const restore: Runbook<Restore> = {
  verb: 'restore',
  needs: (command, system) => ({
    capabilities: ['backups'],
    environments: [system.backups.of, command.environment],
    survey: [command.environment],
    writtenSince: (facts) => chooseBackup(command.backup, system, facts).startedAt,
  }),
  plan: (input) => (isProtected(input) ? beside(input) : inPlace(input)),
};

function isProtected({ command, system, facts }: Input): boolean {
  return consentFor(system, command.environment, facts).protected;
}

/** A new database is built and checked beside the live one, then made the live one; the old one stays for undo. */
function beside(input: Input): PlanDraft {
  const { command, system, facts, proof, chosen } = input;
  const { environment } = command;
  const here = idle(factsOf(facts, environment), false);
  const { target, survey, surveyProblem } = here;
  const backup = chooseBackup(command.backup, system, facts);
  const from = { environment: system.backups.of, backup };
  const number = chosen.operation.slice('op-'.length);
  const candidate = { name: `${target.name}-op${number}-${chosen.nonce}`, alias: `CANDIDATE_${number}` };
  const expect = proofOf(proof, backup);
  const rehearsal: StepDraft[] = [
    { action: 'candidate.create', title: `Create a new database ${candidate.name}`, args: { environment, candidate } },
    { action: 'candidate.load', title: `Restore ${backup.id} into it`, args: { environment, candidate, from } },
    { action: 'candidate.check', title: 'Check its data', args: { environment, candidate, expect } },
  ];
  return {
    environment,
    headline: `Restore ${target.name} from ${backup.id}`,
    statements: [
      ...sourceStatements(backup, system, facts, chosen.now),
      lossStatement(survey, surveyProblem, backup.id),
      ...healthStatements(here, UNWELL),
      proofStatement(proof, backup, system, chosen.now),
      {
        label: 'Until it is approved',
        text: 'only a new database is built and checked; the live one is not touched',
        tone: 'plain',
      },
    ],
    pinned: { targets: [target], backup: from, release: null },
    steps: [...rehearsal, ...goLive(environment, candidate.name, target.database)],
    gate: rehearsal.length,
    undo: {
      possible: true,
      text: `${target.database} is kept until somebody removes it, and can be made the live database again`,
    },
  };
}

/** The steps that swap the live database. Also the way back, with the names exchanged. */
export function goLive(environment: string, promote: string, previous: string): StepDraft[] {
  return [
    { action: 'maintenance.on', title: 'Show the maintenance page', args: { environment } },
    {
      action: 'database.promote',
      title: `Make ${promote} the live database`,
      args: { environment, promote, previous },
    },
    { action: 'services.check', title: 'See the application run on it', args: { environment, database: promote } },
    { action: 'maintenance.off', title: 'Open to customers again', args: { environment } },
    { action: 'health.check', title: 'Ask the health endpoint', args: { environment, required: true } },
  ];
}

/** The data is overwritten; a backup of it is taken first, so that it can be put back. */
function inPlace({ command, system, facts, proof, chosen }: Input): PlanDraft {
  const { environment } = command;
  const here = idle(factsOf(facts, environment), true);
  const { target, survey } = here;
  const backup = chooseBackup(command.backup, system, facts);
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
    steps: overwrite(environment, target, from, proofOf(proof, backup)),
    gate: 0,
    undo: { possible: true, text: `the backup of ${target.name} taken in the first step is restored` },
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
    { action: 'backup.capture', title: `Back up ${target.name} as it is now`, args: { environment, target } },
    {
      action: 'database.restore',
      title: `Restore ${from.backup.id} into ${target.name}`,
      args: { environment, target, from, preimage: 's1' },
    },
    { action: 'database.check', title: 'Check the restored data', args: { environment, target, expect } },
    { action: 'health.check', title: 'Ask the health endpoint', args: { environment, required: true } },
  ];
}

/** Refuses while somebody else's work on the database stands in the way (fault 40). */
export function idle(facts: EnvironmentFacts, overwrites: boolean): EnvironmentFacts {
  const [busy] = hindrances(facts.activity, overwrites);
  if (busy === undefined) return facts;
  throw new Refusal(
    'target-busy',
    `On ${facts.target.name} somebody else is at work: ${busy.text}.`,
    'Wait until it has ended, then ask again.',
  );
}

/** The rows that only the live database has: those added since the backup, or since `then`. */
export function lossStatement(survey: Survey | null, problem: string | null, since: string): Statement {
  const label = 'Lost by this';
  if (survey === null) {
    return {
      label,
      text: `unknown: the live database does not answer (${problem ?? 'no reason given'})`,
      tone: 'warn',
    };
  }
  const text = rowsText(survey, ({ writtenSince }) => writtenSince);
  if (text === '')
    return { label, text: 'unknown: no table of the system file says when its rows are written', tone: 'warn' };
  const lost = Object.values(survey.tables).reduce((sum, { writtenSince }) => sum + (writtenSince ?? 0), 0);
  const rest = notCounted(survey);
  if (lost === 0) return { label, text: `no rows were added since ${since} (not counted: ${rest})`, tone: 'plain' };
  return { label, text: `rows added since ${since}: ${text}; besides, not counted: ${rest}`, tone: 'warn' };
}

function rowsText(survey: Survey, pick: (table: Survey['tables'][string]) => number | null): string {
  const parts = Object.entries(survey.tables).flatMap(([name, table]) => {
    const rows = pick(table);
    return rows === null ? [] : [`${name} ${count(rows, 'row')}`];
  });
  return list(parts);
}

/** What the count of added rows leaves out: changes to older rows, and tables that do not tell when a row was written. */
function notCounted({ tables }: Survey): string {
  const silent = Object.entries(tables).flatMap(([name, { writtenSince }]) => (writtenSince === null ? [name] : []));
  return list(['changes to older rows', ...(silent.length === 0 ? [] : [`rows of ${list(silent)}`])]);
}
