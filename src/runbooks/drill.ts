// Rehearse the written plan part by part, by the very recipes of the real thing (G26, B1, B11, P12, S7, S8).
//
// A drill is one operation. What its parts check is evidence and no failure of a step (backups that are too old, an RTO that was
// missed), so that each part is passed or failed for itself and a stale backup hides no restore. A step that cannot be done at
// all ends the drill: the parts after it are reported as not run.
import { EFFECTS } from '../core/action.ts';
import type { OperationCommand } from '../core/command.ts';
import { consentFor } from '../core/consent.ts';
import { Refusal } from '../core/errors.ts';
import type { Statement } from '../core/plan.ts';
import type { PlanDraft, PlanInput, Runbook, StepDraft } from '../core/runbook.ts';
import { type Drill, type DrillPart, partTitle } from '../core/schedule.ts';
import type { System } from '../core/system.ts';
import { count, list, span } from '../core/wording.ts';
import { chooseBackup, factsOf, proofStatement, sourceStatements } from './backup-choice.ts';
import { fetchSteps, type Given } from './beside.ts';
import { free, join, onceEach, type Part } from './parts.ts';
import { wholePlan } from './restore.ts';
import { rulesStep, scratchSteps } from './verify.ts';

type Drilling = Extract<OperationCommand, { verb: 'drill' }>;

export const drill: Runbook<Drilling> = {
  verb: 'drill',
  needs: (command, system) => {
    const into = restoredInto(drillOf(system, command.drill));
    return {
      capabilities: ['backups'],
      environments: [system.backups.of, ...into],
      survey: into,
      writtenSince: (facts) => chooseBackup('latest', system, facts).startedAt,
    };
  },
  plan: ({ command, ...given }: PlanInput<Drilling>): PlanDraft => {
    const { system } = given;
    const asked = drillOf(system, command.drill);
    const [environment] = restoredInto(asked);
    const whole = asked.parts.map((part, at) => ofPart(at, partOf(part, given))).reduce(join);
    return {
      environment: environment ?? system.backups.of,
      headline: `Drill: ${asked.title}`,
      statements: [...outline(asked), ...ifItFails(environment), ...onceEach(whole.statements)],
      pinned: whole.pinned ?? { targets: [], backup: null, release: null },
      steps: whole.steps,
      gate: whole.gate,
      undo: whole.undo ?? { possible: false, text: 'nothing that anybody uses is changed' },
    };
  },
};

/** Throws Refusal, naming those that there are. */
function drillOf({ drills, title }: System, name: string): Drill {
  const found = drills[name];
  if (found !== undefined) return found;
  const known = Object.keys(drills);
  const which = known.length === 0 ? 'It has none.' : `It has ${list(known)}.`;
  throw new Refusal('no-such-drill', `${title} has no drill “${name}”.`, `${which} See \`/dr drills\`.`);
}

function restoredInto({ parts }: Drill): string[] {
  return parts.flatMap((part) => (part.do === 'restore' ? [part.environment] : []));
}

function partOf(part: DrillPart, given: Given): Part {
  const { system, facts } = given;
  switch (part.do) {
    case 'backups':
      return free([rulesStep(system, facts, 'latest')]);
    case 'scratch':
      return fromLatest(given, scratchSteps);
    case 'restore':
      return restorePart(given, part.environment);
    case 'disaster':
      return fromLatest(given, (from) => [
        ...fetchSteps(from),
        {
          action: 'drill.disaster',
          title: `Fill a throwaway server from ${from.backup.id}, destroy it, recover it`,
          args: { from },
        },
      ]);
    case 'person': {
      const { title, instructions } = part;
      return free([{ action: 'person.task', title, args: { title, instructions } }]);
    }
  }
}

function fromLatest({ system, facts, proof, chosen }: Given, steps: typeof scratchSteps): Part {
  const backup = chooseBackup('latest', system, facts);
  const from = { environment: system.backups.of, backup };
  return {
    ...free(steps(from)),
    statements: [
      ...sourceStatements(backup, system, facts, chosen.now),
      proofStatement(proof, backup, system, chosen.now),
    ],
    pinned: { targets: [], backup: from, release: null },
  };
}

/** Never into what customers use, whatever it is called: the identity of its database counts. */
function restorePart(given: Given, environment: string): Part {
  const { target } = factsOf(given.facts, environment);
  if (consentFor(given.system, environment, given.facts).protected) {
    throw new Refusal(
      'drill-on-protected',
      `${environment} is ${target.name}/${target.database}, which is protected: a drill never changes it.`,
      'Let the drill restore into another environment.',
    );
  }
  const plan = wholePlan(given, environment, 'latest');
  return { ...plan, steps: plan.steps.map(keptOnFailure) };
}

/** Only what stands in the environment is kept; files that were brought to this machine are not. */
function keptOnFailure(step: StepDraft): StepDraft {
  const stays = EFFECTS[step.action] !== 'read' && step.action !== 'backup.fetch';
  return stays ? { ...step, kept: true } : step;
}

function ofPart(part: number, { steps, ...rest }: Part): Part {
  return { ...rest, steps: steps.map((step) => ({ ...step, part })) };
}

/** What approvers and participants read, and the report's titles. */
function outline({ parts, participants, minutes }: Drill): Statement[] {
  const told = parts.map((part, at) => plain(`Part ${at + 1}`, partTitle(part)));
  const time = plain('Takes', `about ${span(minutes * 60)}, as the runbook says`);
  if (participants === undefined) return [...told, time];
  const { roles, atLeast } = participants;
  const needed =
    atLeast === 0 ? 'it counts without them' : `it counts when ${count(atLeast, 'person has', 'people have')} joined`;
  return [...told, time, plain('Participants', `${list(roles)} are asked to join; ${needed}`)];
}

function ifItFails(environment: string | undefined): Statement[] {
  if (environment === undefined) return [];
  const text = `what was only prepared is removed; once ${environment} was changed, it stays as it is, to be looked into`;
  return [plain('If it fails', text)];
}

function plain(label: string, text: string): Statement {
  return { label, text, tone: 'plain' };
}
