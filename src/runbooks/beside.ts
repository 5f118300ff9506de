// A new database is built and checked beside the live one, then made the live one; the old one stays for undo.
import { type Warm, warmFor } from '../core/built.ts';
import type { OperationCommand } from '../core/command.ts';
import type { Backup, EnvironmentFacts } from '../core/facts.ts';
import type { Pinned, Statement } from '../core/plan.ts';
import type { PlanDraft, PlanInput, StepDraft } from '../core/runbook.ts';
import { ago, megabytes, utc } from '../core/wording.ts';
import { chooseFor, factsOf, healthStatements, proofOf, proofStatement, sourceStatements } from './backup-choice.ts';
import { goLive } from './go-live.ts';
import { idle, lossStatement, UNWELL } from './losses.ts';

/** What every recipe may use, whatever was typed. */
export type Given = Omit<PlanInput<OperationCommand>, 'command' | 'former'>;

/** The plan of a restore of a backup; where this very one is kept warm, only the exchange is left to be done. */
export function besidePlan(given: Given, environment: string, choice: string): PlanDraft {
  const { system, facts, proof, chosen } = given;
  const here = idle(factsOf(facts, environment), false);
  const { target, survey, surveyProblem } = here;
  const backup = chooseFor(environment, choice, system, facts);
  const from = { environment: system.backups.of, backup };
  const warm = warmFor(here.server, system, environment, backup);
  const names = chosen.beside(environment);
  const promote = warm?.name ?? names.candidate;
  const before: StepDraft[] =
    warm === undefined
      ? buildCandidate(given, environment, promote, from)
      : [checkStep(given, environment, promote, backup)];
  return {
    environment,
    headline: `Restore ${target.name} from ${backup.id}`,
    statements: [
      ...sourceStatements(backup, system, facts, chosen.now),
      lossStatement(survey, surveyProblem, backup.id),
      ...healthStatements(here, UNWELL),
      proofStatement(proof, backup, system, chosen.now),
      warm === undefined ? untilApproved : warmStatement(warm, chosen.now),
      ...maskingStatements(given, environment),
      ...diskStatements(here, warm === undefined),
    ],
    pinned: { targets: [target], backup: pinnedFrom(given, from), release: null },
    steps: [...before, ...goLive(given, here, { environment, promote, previous: names.previous, migrate: true })],
    gate: before.length,
    undo: keptStatement(given, here, names.previous),
  };
}

/** What is to be the same backup at the gate as well; while its store is away nobody could say so, and nothing comes from it. */
export function pinnedFrom({ system, facts }: Given, from: NonNullable<Pinned['backup']>): Pinned['backup'] {
  return factsOf(facts, system.backups.of).backupsProblem === undefined ? from : null;
}

/** From an archive to a checked database that nobody uses yet. */
export function buildCandidate(
  given: Given,
  environment: string,
  candidate: string,
  from: { environment: string; backup: Backup },
): StepDraft[] {
  const direct = given.can.includes('server');
  return [...(direct ? fetchSteps(from) : []), ...loadSteps(given, environment, candidate, from)];
}

/** The archive is brought here and read to its end before anything is built on it. */
export function fetchSteps(from: { environment: string; backup: Backup }): StepDraft[] {
  return [{ action: 'backup.fetch', title: `Bring ${from.backup.id} here and read it to its end`, args: { from } }];
}

/** From an archive that is here to a checked database. */
export function loadSteps(
  given: Given,
  environment: string,
  candidate: string,
  from: { environment: string; backup: Backup },
): StepDraft[] {
  const masked = isMasked(given, environment);
  const { id } = from.backup;
  const steps: (StepDraft | false)[] = [
    given.can.includes('server') && {
      action: 'candidate.preflight',
      title: 'See whether it can be loaded',
      args: { environment, candidate, from },
    },
    {
      action: 'candidate.create',
      title: `Create a new database ${candidate}`,
      args: { environment, candidate, at: null },
    },
    {
      action: 'candidate.load',
      title: masked ? `Load ${id} into it, masked` : `Restore ${id} into it`,
      args: { environment, candidate, from, masked },
    },
    masked && {
      action: 'candidate.scan',
      title: 'Look for personal data that is left',
      args: { environment, candidate, from },
    },
    // Last: what is checked may stand ready for an emergency.
    checkStep(given, environment, candidate, from.backup),
  ];
  return steps.filter((step) => step !== false);
}

function checkStep({ proof }: Given, environment: string, candidate: string, backup: Backup): StepDraft {
  const expect = proofOf(proof, backup);
  return { action: 'candidate.check', title: 'Check its data', args: { environment, candidate, expect } };
}

function isMasked({ system }: Given, environment: string): boolean {
  return system.environments[environment]?.masked === true;
}

/** What becomes of the database that was live. */
export function keptStatement(
  { system, chosen }: Given,
  { target, server }: EnvironmentFacts,
  previous: string,
): PlanDraft['undo'] {
  if (server === null) {
    const text = `${target.database} is kept until /dr cleanup ${chosen.operation} removes it, and can be made the live database again`;
    return { possible: true, text };
  }
  const days = system.environments[target.environment]?.keepDays ?? 0;
  const until = utc(new Date(chosen.now.getTime() + days * 86_400_000).toISOString());
  const text = `what is live now is kept as ${previous} until ${until}, and can be made the live database again`;
  return { possible: true, text };
}

const untilApproved: Statement = {
  label: 'Until it is approved',
  text: 'only a new database is built and checked; the live one is not touched',
  tone: 'plain',
};

function warmStatement({ name, checkedAt, operation }: Warm, now: Date): Statement {
  const text = `${name} stands ready, checked ${ago(checkedAt, now)} ago by ${operation}; only the exchange is left`;
  return { label: 'Prepared', text, tone: 'plain' };
}

function maskingStatements({ system }: Given, environment: string): Statement[] {
  if (system.environments[environment]?.masked !== true || system.masking === undefined) return [];
  const { columns, empty } = system.masking;
  const cleared = empty.length === 0 ? '' : `; left empty: ${empty.join(', ')}`;
  const text = `${columns.length} columns are masked while they are loaded${cleared}; then everything is searched for what is left`;
  return [{ label: 'Personal data', text, tone: 'plain' }];
}

/** Both copies stand side by side for a while: that must fit. */
function diskStatements({ server }: EnvironmentFacts, builds: boolean): Statement[] {
  if (server === null || server.bytes === null || !builds) return [];
  const { bytes, freeBytes } = server;
  const free = freeBytes === null ? 'free space unknown' : `${megabytes(freeBytes)} free`;
  const tight = freeBytes === null || freeBytes < bytes * 1.2;
  return [
    { label: 'Disk', text: `a second copy of about ${megabytes(bytes)}, ${free}`, tone: tight ? 'warn' : 'plain' },
  ];
}
