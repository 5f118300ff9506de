// The way back from a finished operation, as a plan of its own: with its own consent, journal and proof.
import { z } from 'zod';
import type { ActionName } from '../core/action.ts';
import type { OperationCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { Operation } from '../core/operation.ts';
import { argsOf } from '../core/plan.ts';
import type { PlanDraft, PlanInput, Runbook, StepDraft } from '../core/runbook.ts';
import { utc } from '../core/wording.ts';
import { factsOf } from './backup-choice.ts';
import { goLive } from './go-live.ts';
import { overwrite } from './in-place.ts';
import { idle, lossStatement } from './losses.ts';
import { currentRelease, rollbackDraft } from './rollback.ts';
import { untableSteps } from './table.ts';

type Undo = Extract<OperationCommand, { verb: 'undo' }>;

export const undo: Runbook<Undo> = {
  verb: 'undo',
  needs: (_command, _system, former) => ({
    capabilities: former === null || argsOf(former.plan, 'release.rollback') === null ? ['backups'] : ['releases'],
    environments: former === null ? [] : [former.plan.environment],
    storeMayBeAway: true,
    survey: former === null ? [] : [former.plan.environment],
    // What is live now was built from older data, so whatever is younger than the proposal was written since it went live.
    writtenSince: () => former?.plan.proposedAt ?? null,
  }),
  plan: (input) => {
    const former = undoable(input.former);
    const draft =
      unpromote(former, input) ?? unrestore(former, input) ?? unmerge(former, input) ?? unroll(former, input);
    if (draft === null) throw nothingToUndo(former);
    return { ...draft, headline: `Undo ${former.id}: ${draft.headline}`, steps: draft.steps.map(whateverHealth) };
  },
};

/** Only what ended well stands; a failed operation has taken itself back. */
function undoable(former: Operation | null): Operation {
  if (former === null) throw new Refusal('no-such-operation', 'There is no such operation.', 'See `/dr status`.');
  if (former.state === 'undone') {
    throw new Refusal(
      'already-undone',
      `${former.id} was undone by ${former.undoneBy ?? 'another operation'}.`,
      'There is nothing left to do.',
    );
  }
  if (former.state !== 'succeeded' && former.state !== 'unverified') {
    throw new Refusal(
      'not-undoable',
      `${former.id} is ${former.state.replaceAll('_', ' ')}: only a finished operation can be undone.`,
      `See \`/dr audit ${former.id}\`.`,
    );
  }
  if (!former.plan.undo.possible) throw nothingToUndo(former);
  return former;
}

function nothingToUndo(former: Operation): Refusal {
  return new Refusal(
    'nothing-to-undo',
    `There is nothing to undo in ${former.id}: ${former.plan.undo.text}.`,
    'See `/dr status`.',
  );
}

function unpromote(former: Operation, input: PlanInput<Undo>): PlanDraft | null {
  const args = argsOf(former.plan, 'database.promote');
  if (args === null) return null;
  const here = idle(factsOf(input.facts, args.environment), false);
  const { target, survey, surveyProblem } = here;
  // Where it was read back, by identity; a person who only said that it happened knew the name at most.
  const live = outputOf(former, 'database.promote', z.looseObject({ live: z.string() }))?.live;
  if (live === undefined ? target.database !== args.promote : target.identity !== live) {
    throw new Refusal(
      'moved-on',
      `${target.name} no longer uses the database that ${former.id} made live; now it is ${target.database}.`,
      'Undo the later change first.',
    );
  }
  return {
    environment: args.environment,
    headline: `make ${args.previous} the live database of ${target.name} again`,
    statements: [
      { label: 'Live since', text: `${utc(former.last.at)}, by ${former.id}`, tone: 'plain' },
      lossStatement(survey, surveyProblem, 'then'),
    ],
    pinned: { targets: [target], backup: null, release: null },
    steps: goLive(input, here, {
      environment: args.environment,
      promote: args.previous,
      previous: args.promote,
      migrate: false,
    }),
    gate: 0,
    undo: {
      possible: true,
      text: `${args.promote} is kept until /dr cleanup ${input.chosen.operation} removes it, and can be made the live database again`,
    },
  };
}

function unrestore(former: Operation, { facts }: PlanInput<Undo>): PlanDraft | null {
  const args = argsOf(former.plan, 'database.restore');
  if (args === null) return null;
  const { environment, preimage } = args;
  const { target, backups } = idle(factsOf(facts, environment), true);
  const id = capturedBy(former, preimage);
  const backup = backups.find((candidate) => candidate.id === id);
  if (backup === undefined) {
    throw new Refusal(
      'preimage-gone',
      `The backup ${id} that ${former.id} took of ${target.name} is gone.`,
      'Restore another one: `/dr backups`.',
    );
  }
  return {
    environment,
    headline: `put ${target.name} back to ${backup.id}`,
    statements: [
      {
        label: 'Source',
        text: `${target.name}, backup ${backup.id}, taken by ${former.id} at ${utc(backup.startedAt)}`,
        tone: 'plain',
      },
      { label: 'Overwrites', text: `what ${former.id} restored into ${target.name}/${target.database}`, tone: 'warn' },
    ],
    pinned: { targets: [target], backup: { environment, backup }, release: null },
    steps: overwrite(environment, target, { environment, backup }, null),
    gate: 0,
    undo: { possible: true, text: 'the backup taken in the first step is restored' },
  };
}

function unmerge(former: Operation, { facts }: PlanInput<Undo>): PlanDraft | null {
  const args = argsOf(former.plan, 'table.merge');
  if (args === null) return null;
  const { target } = idle(factsOf(facts, args.environment), true);
  return {
    environment: args.environment,
    headline: `put the rows of ${args.table} of ${target.name} back as they were`,
    statements: [
      { label: 'Takes out', text: `rows that ${former.id} brought back and nobody has changed since`, tone: 'plain' },
      { label: 'Puts back', text: `rows that ${former.id} replaced, as they were before`, tone: 'plain' },
    ],
    pinned: { targets: [target], backup: null, release: null },
    steps: untableSteps(args, target),
    gate: 0,
    undo: { possible: false, text: 'recover the table again instead' },
  };
}

function unroll(former: Operation, { facts, chosen }: PlanInput<Undo>): PlanDraft | null {
  const args = argsOf(former.plan, 'release.rollback');
  if (args === null) return null;
  const here = factsOf(facts, args.environment);
  const now = currentRelease(here);
  if (now.code !== args.to.code) {
    throw new Refusal(
      'moved-on',
      `${here.target.name} runs ${now.id} (${now.description}), no longer the code of ${args.to.id}.`,
      'Name the release to return to: `/dr rollback <release>`.',
    );
  }
  const draft = rollbackDraft(args.environment, here, now, args.from, chosen.now);
  return { ...draft, headline: `roll ${here.target.name} forward to ${args.from.id}` };
}

/** What was before may have been unhealthy, and is wanted back all the same: health is told, not required. */
function whateverHealth(step: StepDraft): StepDraft {
  return step.action === 'health.check' ? { ...step, args: { ...step.args, required: false } } : step;
}

/** The id of the backup that a `backup.capture` step reported. */
function capturedBy(former: Operation, step: string): string {
  return reported(former, step, z.looseObject({ backup: z.string() }))?.backup ?? 'unknown';
}

function outputOf<T>(former: Operation, action: ActionName, shape: z.ZodType<T>): T | undefined {
  const step = former.plan.steps.find((candidate) => candidate.action === action);
  return step && reported(former, step.id, shape);
}

/** What a step left for others to read; undefined when it left nothing of that shape. */
function reported<T>(former: Operation, step: string, shape: z.ZodType<T>): T | undefined {
  const outcome = former.steps[step]?.outcome;
  const output = outcome?.is === 'done' || outcome?.is === 'unverified' ? outcome.output : null;
  return shape.safeParse(output).data;
}
