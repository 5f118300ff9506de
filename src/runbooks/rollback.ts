// Return to an earlier release's code (G15-G16). The database is not touched, so the plan says what the older code will meet.
import type { OperationCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { EnvironmentFacts, Release, Survey } from '../core/facts.ts';
import type { Statement } from '../core/plan.ts';
import type { PlanDraft, PlanInput, Runbook, StepDraft } from '../core/runbook.ts';
import { ago, count } from '../core/wording.ts';
import { factsOf, healthStatements } from './backup-choice.ts';
import type { Given } from './beside.ts';

type Rollback = Extract<OperationCommand, { verb: 'rollback' }>;

export const rollback: Runbook<Rollback> = {
  verb: 'rollback',
  needs: (_command, system) => ({
    capabilities: ['releases'],
    environments: [system.backups.of],
    survey: [system.backups.of],
    writtenSince: () => null,
  }),
  plan: ({ command, ...given }: PlanInput<Rollback>) => rollbackPlan(given, command.release),
};

/** The plan of the return to a release, or to the `previous` one. */
export function rollbackPlan({ system, facts, chosen }: Given, release: string): PlanDraft {
  const environment = system.backups.of;
  const here = factsOf(facts, environment);
  const from = currentRelease(here);
  const to = release === 'previous' ? previousCode(here, from) : eligible(release, here);
  return rollbackDraft(environment, here, from, to, chosen.now);
}

/**
 * The newest release with other code from before this code first ran (S5): the one directly before may differ in a config var
 * only, and after a rollback it is the very code that was rolled back.
 */
function previousCode({ releases, target }: EnvironmentFacts, from: Release): Release {
  const first = releases.findLastIndex(({ code }) => code === from.code);
  const found = releases.slice(first + 1).find(isEligible);
  if (found !== undefined) return found;
  throw new Refusal(
    'no-such-release',
    `${target.name} has no earlier release with other code than ${from.id}.`,
    'No earlier release can be returned to.',
  );
}

/** The release that runs now. */
export function currentRelease({ releases, target }: EnvironmentFacts): Release {
  const current = releases.find((release) => release.current);
  if (current !== undefined) return current;
  throw new Refusal(
    'no-release',
    `${target.name} has no current release.`,
    'Deploy first; there is nothing to return from.',
  );
}

/** The plan from one release to another; undo is the same with the two exchanged. */
export function rollbackDraft(
  environment: string,
  here: EnvironmentFacts,
  from: Release,
  to: Release,
  now: Date,
): PlanDraft {
  const { target } = here;
  const steps: StepDraft[] = [
    { action: 'release.rollback', title: `Return from ${from.id} to ${to.id}`, args: { environment, to, from } },
    { action: 'health.check', title: 'Ask the health endpoint', args: { environment, required: true } },
    { action: 'logs.watch', title: 'Watch the logs', args: { environment } },
  ];
  return {
    environment,
    headline: `Roll ${target.name} back to ${to.id}`,
    statements: [
      { label: 'Runs now', text: releaseText(from, now), tone: 'plain' },
      { label: 'Will run', text: releaseText(to, now), tone: 'plain' },
      ...healthStatements(here, 'if it is not well afterwards, the rollback takes itself back'),
      codeStatement(from, to),
      releasePhaseStatement(here.releasePhase),
      migrationStatement(here.survey, to),
      {
        label: 'Not touched',
        text: 'the database and the add-ons; configuration returns to that of the release',
        tone: 'plain',
      },
    ],
    pinned: {
      targets: [target],
      backup: null,
      release: { environment, current: from.id, code: from.code, to: to.id },
    },
    steps,
    gate: 0,
    undo: { possible: true, text: `${from.id} is released again` },
  };
}

/** The release of that id, or the refusal that fits it, with others to choose from. */
function eligible(id: string, { releases, target }: EnvironmentFacts): Release {
  const others = releases
    .filter(isEligible)
    .slice(0, 3)
    .map((release) => release.id);
  const next =
    others.length === 0 ? 'No earlier release can be returned to.' : `Possible are for example ${others.join(', ')}.`;
  const found = releases.find((release) => release.id === id);
  if (found === undefined) throw new Refusal('no-such-release', `${target.name} has no release ${id}.`, next);
  if (isEligible(found)) return found;
  if (found.current) throw new Refusal('release-is-current', `${id} is what ${target.name} runs now.`, next);
  if (found.state === 'failed') throw new Refusal('release-failed', `${id} cannot be returned to: it failed.`, next);
  if (found.state === 'pending')
    throw new Refusal('release-unfinished', `${id} cannot be returned to: it is not finished.`, next);
  throw new Refusal('release-without-code', `${id} cannot be returned to: it has no code to return to.`, next);
}

function isEligible({ state, code, current }: Release): boolean {
  return state === 'succeeded' && code !== null && !current;
}

function releaseText({ id, commit, description, by, createdAt }: Release, now: Date): string {
  const code = commit === null ? 'commit unknown' : `commit ${commit.slice(0, 7)}`;
  return `${id} (${description}, ${code}, by ${by}, ${ago(createdAt, now)} ago)`;
}

function codeStatement(from: Release, to: Release): Statement {
  const same = from.code !== null && from.code === to.code;
  if (same)
    return {
      label: 'Difference',
      text: 'none in the code: both run the same; only configuration may differ',
      tone: 'warn',
    };
  return { label: 'Difference', text: `code ${short(from)} → ${short(to)}`, tone: 'plain' };
}

function short({ commit, code }: Release): string {
  return (commit ?? code ?? 'unknown').slice(0, 7);
}

function releasePhaseStatement(command: string | null): Statement {
  if (command === null) return { label: 'Release phase', text: 'none', tone: 'plain' };
  return { label: 'Release phase', text: `will run with the rollback: ${command}`, tone: 'warn' };
}

/** Migration versions are UTC stamps: one younger than the release cannot be known to its code. */
function migrationStatement(survey: Survey | null, to: Release): Statement {
  const label = 'Migrations';
  if (survey === null) return { label, text: 'unknown: the database does not answer', tone: 'warn' };
  if (survey.migrations.length === 0) return { label, text: 'unknown: the database records none', tone: 'warn' };
  const made = to.createdAt.replace(/\D/g, '').slice(0, 14);
  const unknown = survey.migrations.filter((version) => /^\d{14}$/.test(version) && version > made);
  if (unknown.length === 0) return { label, text: `none is younger than ${to.id}`, tone: 'plain' };
  return {
    label,
    text: `${count(unknown.length, 'migration')} younger than ${to.id}, which its code does not know: ${unknown.join(', ')}. The schema stays as it is.`,
    tone: 'warn',
  };
}
