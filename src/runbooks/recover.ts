// The way out of a disaster of the written runbook: what Holdfast does and what only people can do, in one plan (S3, S5, P6-P10, F7-F11).
import type { OperationCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { Facts } from '../core/facts.ts';
import type { Statement } from '../core/plan.ts';
import type { Capability } from '../core/platform.ts';
import type { PlanDraft, PlanInput, Runbook } from '../core/runbook.ts';
import type { Scenario, ScenarioStep, System } from '../core/system.ts';
import { ago, list, span } from '../core/wording.ts';
import { chooseFor, factsOf } from './backup-choice.ts';
import type { Given } from './beside.ts';
import { momentPlan } from './moment.ts';
import { free, gated, join, onceEach, type Part } from './parts.ts';
import { wholePlan } from './restore.ts';
import { rollbackPlan } from './rollback.ts';
import { tablePlan } from './table.ts';

type Recover = Extract<OperationCommand, { verb: 'recover' }>;

export const recover: Runbook<Recover> = {
  verb: 'recover',
  needs: (command, system) => {
    const scenario = scenarioOf(system, command.scenario);
    const { environment, steps } = scenario;
    return {
      capabilities: ['backups', ...steps.flatMap(({ do: what }) => NEEDS[what] ?? [])],
      environments: [system.backups.of, environment],
      storeMayBeAway: true,
      survey: [environment],
      writtenSince: (facts) => command.at ?? restoredFrom(scenario, command, system, facts),
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
      statements: [objectivesOf(scenario, whole, given.chosen.now), ...onceEach(whole.statements)],
      pinned: whole.pinned ?? { targets: [target], backup: null, release: null },
      steps: whole.steps,
      gate: whole.gate,
      undo: whole.undo ?? { possible: false, text: 'nothing in it can be taken back as a whole' },
    };
  },
};

const NEEDS: { readonly [D in ScenarioStep['do']]?: Capability } = {
  reach: 'server',
  rollback: 'releases',
  moment: 'moments',
  table: 'tables',
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

/** When the backup was begun that is restored: what is younger is lost. Null where none is, or where it is not named yet. */
function restoredFrom(
  { environment, steps }: Scenario,
  { backup }: Recover,
  system: System,
  facts: Facts,
): string | null {
  const restores = steps.find((step) => step.do === 'restore');
  if (restores === undefined || (restores.backup === 'asked' && backup === null)) return null;
  return chooseFor(environment, backup ?? 'latest', system, facts).startedAt;
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
    case 'reach':
      return free([
        { action: 'server.reach', title: 'See that Holdfast still reaches the server', args: { environment } },
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
