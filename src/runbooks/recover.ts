// The way out of a disaster of the written runbook: what Holdfast does and what only people can do, in one plan (S3, S5, P6-P10, F7-F11).
import type { OperationCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { Statement } from '../core/plan.ts';
import type { Capability } from '../core/platform.ts';
import type { PlanDraft, PlanInput, Runbook, StepDraft } from '../core/runbook.ts';
import type { Scenario, ScenarioStep, System } from '../core/system.ts';
import { ago, list, span } from '../core/wording.ts';
import { factsOf } from './backup-choice.ts';
import type { Given } from './beside.ts';
import { momentPlan } from './moment.ts';
import { wholePlan } from './restore.ts';
import { rollbackPlan } from './rollback.ts';
import { tablePlan } from './table.ts';

type Recover = Extract<OperationCommand, { verb: 'recover' }>;
/** A part of the plan; `gate` counts from its own first step. */
type Part = Pick<PlanDraft, 'steps' | 'gate' | 'statements'> & Partial<Pick<PlanDraft, 'pinned' | 'undo'>>;

export const recover: Runbook<Recover> = {
  verb: 'recover',
  needs: (command, system) => {
    const { environment, steps } = scenarioOf(system, command.scenario);
    return {
      capabilities: ['backups', ...steps.flatMap(({ do: what }) => NEEDS[what] ?? [])],
      environments: [system.backups.of, environment],
      survey: [environment],
      writtenSince: () => command.at,
    };
  },
  plan: ({ command, ...given }: PlanInput<Recover>): PlanDraft => {
    const scenario = scenarioOf(given.system, command.scenario);
    const { title, environment, steps } = scenario;
    const { target } = factsOf(given.facts, environment);
    const parts = steps.map((step) => partOf(step, given, environment, command));
    const whole = parts.reduce(join);
    return {
      environment,
      headline: `Recover ${target.name}: ${title}`,
      statements: [
        objectivesOf(scenario, whole, given.chosen.now),
        ...whole.statements.filter(({ label }, at) => whole.statements.findIndex((one) => one.label === label) === at),
      ],
      pinned: whole.pinned ?? { targets: [target], backup: null, release: null },
      steps: whole.steps,
      gate: whole.gate,
      undo: whole.undo ?? { possible: false, text: 'nothing in it can be taken back as a whole' },
    };
  },
};

const NEEDS: { readonly [D in ScenarioStep['do']]?: Capability } = {
  rollback: 'releases',
  moment: 'moments',
  table: 'server',
};

/** What was promised, and whether this very way can keep it (P1, F1). */
function objectivesOf({ rtoMinutes, rpoMinutes }: Scenario, { pinned }: Part, now: Date): Statement {
  const label = 'Objectives';
  const text = `RTO ${span(rtoMinutes * 60)}, RPO ${span(rpoMinutes * 60)}`;
  const backup = pinned?.backup?.backup;
  if (backup === undefined || now.getTime() - Date.parse(backup.startedAt) <= rpoMinutes * 60_000)
    return { label, text, tone: 'plain' };
  const old = `${backup.id} is ${ago(backup.startedAt, now)} old, so that more is lost than was promised`;
  return { label, text: `${text}; ${old}`, tone: 'warn' };
}

/** Throws Refusal, naming those that there are. */
function scenarioOf({ scenarios, title }: System, name: string): Scenario {
  const found = scenarios[name];
  if (found !== undefined) return found;
  const known = Object.keys(scenarios);
  const which = known.length === 0 ? 'It has none.' : `It has ${list(known)}.`;
  throw new Refusal('no-such-scenario', `${title} has no scenario “${name}”.`, `${which} See \`/dr recover\`.`);
}

function partOf(step: ScenarioStep, given: Given, environment: string, { backup, at, table }: Recover): Part {
  switch (step.do) {
    case 'restore':
      return wholePlan(given, environment, step.backup === 'latest' ? (backup ?? 'latest') : asked(backup));
    case 'moment':
      return momentPlan(given, environment, askedMoment(at));
    case 'table':
      return tablePlan(given, environment, backup ?? 'latest', askedTable(table));
    case 'rollback':
      return rollbackPlan(given, 'previous');
    case 'backup': {
      const { target } = factsOf(given.facts, environment);
      return free([
        {
          action: 'backup.capture',
          title: `Try to back up ${target.name} as it is`,
          args: { environment, target, kind: 'preimage', mayFail: true },
        },
      ]);
    }
    case 'recreate':
      return gated([
        {
          action: 'server.recreate',
          title: 'Make a new, empty server; keep what is left of the old one',
          args: { environment },
        },
      ]);
    case 'scale': {
      const { process, quantity } = step;
      return gated([
        {
          action: 'services.scale',
          title: `Run ${process} ${quantity} times`,
          args: { environment, process, quantity },
        },
      ]);
    }
    case 'logs':
      return free([{ action: 'logs.watch', title: 'Watch the logs', args: { environment } }]);
    // A person acts on the world: that, too, is agreed to first.
    case 'person':
      return gated([
        { action: 'person.task', title: step.title, args: { title: step.title, instructions: step.instructions } },
      ]);
  }
}

function free(steps: StepDraft[]): Part {
  return { steps, gate: null, statements: [] };
}

function gated(steps: StepDraft[]): Part {
  return { steps, gate: 0, statements: [] };
}

/** One part after the other. Steps refer to each other by their place, which moves. */
function join(before: Part, after: Part): Part {
  const shift = before.steps.length;
  const pinned = before.pinned && after.pinned ? both(before.pinned, after.pinned) : (before.pinned ?? after.pinned);
  const undo = [before.undo, after.undo].find((one) => one?.possible) ?? before.undo ?? after.undo;
  return {
    steps: [...before.steps, ...after.steps.map((step) => moved(step, shift))],
    gate: before.gate ?? (after.gate === null ? null : after.gate + shift),
    statements: [...before.statements, ...after.statements],
    ...(pinned === undefined ? {} : { pinned }),
    ...(undo === undefined ? {} : { undo }),
  };
}

function both(one: PlanDraft['pinned'], other: PlanDraft['pinned']): PlanDraft['pinned'] {
  return {
    targets: one.targets,
    backup: one.backup ?? other.backup,
    release: one.release ?? other.release,
  };
}

function moved(step: StepDraft, shift: number): StepDraft {
  if (step.action !== 'database.restore') return step;
  const preimage = `s${Number(step.args.preimage.slice(1)) + shift}`;
  return { ...step, args: { ...step.args, preimage } };
}

function asked(backup: string | null): string {
  if (backup !== null && backup !== 'latest') return backup;
  throw new Refusal(
    'which-backup',
    'Here the backup has to be chosen by a person: one from before the damage.',
    'Look with `/dr backups`, then name it: `/dr recover <scenario> <backup>`.',
  );
}

function askedMoment(at: string | null): string {
  if (at !== null) return at;
  throw new Refusal(
    'which-moment',
    'Here the moment has to be named, just before the damage.',
    'For example `/dr recover <scenario> --at "2025-11-22 14:30 UTC"`.',
  );
}

function askedTable(table: Recover['table']): NonNullable<Recover['table']> {
  if (table !== null) return table;
  throw new Refusal(
    'which-table',
    'Here the table has to be named from which rows are gone.',
    'For example `/dr recover <scenario> latest --table entries`.',
  );
}
