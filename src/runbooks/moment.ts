// Recover the database as it was at a moment: a cluster beside the live one, then the same route as every restore.
import { Refusal } from '../core/errors.ts';
import type { Backup, EnvironmentFacts } from '../core/facts.ts';
import type { Statement } from '../core/plan.ts';
import type { PlanDraft, StepDraft } from '../core/runbook.ts';
import { utc, utcTime } from '../core/wording.ts';
import { factsOf, healthStatements } from './backup-choice.ts';
import { type Given, keptStatement, loadSteps } from './beside.ts';
import { goLive } from './go-live.ts';
import { idle, lossStatement, UNWELL } from './losses.ts';

/** `at` as ISO 8601. Refuses a moment that cannot be reached, with those that can. */
export function momentPlan(given: Given, environment: string, at: string): PlanDraft {
  const { facts, chosen } = given;
  const here = idle(factsOf(facts, environment), false);
  const { target, survey, surveyProblem } = here;
  const window = reachable(here, at, chosen.now);
  const names = chosen.beside(environment);
  const before = recoverSteps(given, environment, names.candidate, at);
  const when = `${at.slice(0, 10)} ${utcTime(at)}`;
  return {
    environment,
    headline: `Restore ${target.name} as it was at ${when}`,
    statements: [
      { label: 'Moment', text: `${when}, exactly: what was committed later is not in it`, tone: 'plain' },
      window,
      lossStatement(survey, surveyProblem, 'then'),
      ...healthStatements(here, UNWELL),
    ],
    pinned: { targets: [target], backup: null, release: null },
    steps: [
      ...before,
      ...goLive(given, here, { environment, promote: names.candidate, previous: names.previous, migrate: true }),
    ],
    gate: before.length,
    undo: keptStatement(given, here, names.previous),
  };
}

/** Where the provider makes the database as it was, nothing is loaded. */
function recoverSteps(given: Given, environment: string, candidate: string, at: string): StepDraft[] {
  if (!given.can.includes('server')) {
    return [
      {
        action: 'candidate.create',
        title: `Create ${candidate} as the database was then`,
        args: { environment, candidate, at },
      },
      { action: 'candidate.check', title: 'Check its data', args: { environment, candidate, expect: null } },
    ];
  }
  const from = { environment, backup: archiveOf(at) };
  return [
    {
      action: 'moment.recover',
      title: 'Recover a cluster to that moment, beside the live one',
      args: { environment, at, from },
    },
    ...loadSteps(given, environment, candidate, from),
  ];
}

/** What the recovered cluster is dumped to: an archive like any other, named by its moment. */
function archiveOf(at: string): Backup {
  const id = `at-${at.replaceAll(/[-:]/g, '').replace(/\.\d+/, '')}`;
  return { id, kind: 'manual', state: 'finished', startedAt: at, finishedAt: at, bytes: null, sha256: null };
}

function reachable({ target, window, windowProblem }: EnvironmentFacts, at: string, now: Date): Statement {
  const next = 'Choose a moment in between, or restore a backup: `/dr backups`.';
  if (windowProblem !== undefined) {
    throw new Refusal(
      'window-unknown',
      `Which moments of ${target.name} can be recovered could not be read (${windowProblem}).`,
      'Mend that and ask again, or restore a backup: `/dr backups`.',
    );
  }
  if (window === null) {
    throw new Refusal(
      'no-moments',
      `No moment in time can be recovered of ${target.name}: its write-ahead log is not archived.`,
      'Restore a backup: `/dr backups`.',
    );
  }
  if (Date.parse(at) > now.getTime()) throw new Refusal('in-the-future', `${utc(at)} has not been yet.`, next);
  const text = `${utc(window.from)} to ${utc(window.to)}`;
  if (Date.parse(at) < Date.parse(window.from)) {
    throw new Refusal('outside-window', `${target.name} can be recovered from ${text}, not to ${utc(at)}.`, next);
  }
  if (Date.parse(at) <= Date.parse(window.to)) return { label: 'Recoverable', text, tone: 'plain' };
  // Where the server still runs, its log is archived up to now first; where it does not, recovery refuses.
  return { label: 'Recoverable', text: `${text}; what is younger has to be archived first`, tone: 'warn' };
}
