// For the tests of runbooks: inputs, plans as text that a person can judge, and plans that were carried out.
import { ActionArgs, EFFECTS, type Outcome } from '../../../src/core/action.ts';
import type { OperationCommand, OperationVerb } from '../../../src/core/command.ts';
import type { Facts, Proof } from '../../../src/core/facts.ts';
import { chain, type Entry, type Event } from '../../../src/core/journal.ts';
import type { Json } from '../../../src/core/json.ts';
import { type Operation, replay } from '../../../src/core/operation.ts';
import { digestOf, Plan } from '../../../src/core/plan.ts';
import type { Capability } from '../../../src/core/platform.ts';
import type { Held } from '../../../src/core/retention.ts';
import type { PlanDraft, PlanInput, Runbook, StepDraft } from '../../../src/core/runbook.ts';
import type { System } from '../../../src/core/system.ts';
import { daysAgo, factsOf, NOW, targetOf } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';

export type Given = {
  readonly facts?: Facts;
  readonly system?: System;
  readonly proof?: Proof | null;
  readonly former?: Operation | null;
  readonly held?: Held | null;
  readonly can?: readonly Capability[];
};

const HEROKU: readonly Capability[] = ['backups', 'candidate', 'maintenance', 'releases'];

/** Everything that a recipe may use, for `op-41` with the nonce 7f3a. */
export function inputOf<C extends OperationCommand>(command: C, given: Given = {}): PlanInput<C> {
  const { facts = factsOf(), system = systemOf(), proof = null, former = null, held = null, can = HEROKU } = given;
  const beside = (environment: string) => {
    const { name, database } = facts.environments[environment]?.target ?? targetOf(environment);
    return { candidate: `${name}-op41-7f3a`, previous: database };
  };
  return { command, system, facts, proof, former, held, can, chosen: { operation: 'op-41', now: NOW, beside } };
}

/** Plans it, with all arguments of all steps as the actions' schemas want them. */
export function planned<C extends OperationCommand>(runbook: Runbook<C>, command: C, given: Given = {}): PlanDraft {
  const draft = runbook.plan(inputOf(command, given));
  for (const { action, args } of draft.steps) ActionArgs[action].parse(args);
  return draft;
}

/** The plan as text. `!` marks warnings, the line of dashes the gate. */
export function inWords({ environment, headline, statements, pinned, steps, gate, undo }: PlanDraft): string {
  const targets = pinned.targets.map(({ name, database }) => `${name}/${database}`).join(', ');
  const { backup, release } = pinned;
  const lines = steps.map((step, index) => `s${index + 1} ${step.action}: ${step.title}${argsInWords(step)}`);
  return [
    `${headline} [${environment}]`,
    ...statements.map(({ label, text, tone }) => `${tone === 'warn' ? '!' : '·'} ${label}: ${text}`),
    `pinned: ${targets || 'no target'}${backup === null ? '' : `, ${backup.backup.id} of ${backup.environment}`}${release === null ? '' : `, ${release.current} → ${release.to} of ${release.environment}`}`,
    ...(gate === null ? lines : lines.toSpliced(gate, 0, '----')),
    `${undo.possible ? 'undo' : 'no undo'}: ${undo.text}`,
  ].join('\n');
}

/** What a step is given, in the order of its arguments: ids and names. */
function argsInWords({ args }: StepDraft): string {
  const words = Object.entries(args).map(([key, value]) => `${key} ${valueInWords(value)}`);
  return ` (${words.join(', ')})`;
}

function valueInWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueInWords).join('+');
  if (typeof value !== 'object' || value === null) return String(value);
  const { id, name, operation, environment, backup } = value as Record<string, unknown>;
  if (backup !== undefined && environment !== undefined) return `${valueInWords(backup)} of ${environment}`;
  return String(id ?? name ?? `of ${operation}`);
}

type Done = { readonly operation?: string; readonly output?: Json; readonly last?: Outcome; readonly undoes?: string };

/** The operation after every step of the draft was done an hour ago; `output` is that of each step. */
export function carriedOut(draft: PlanDraft, verb: OperationVerb, done: Done = {}): Operation {
  const operation = done.operation ?? 'op-40';
  const outcome: Outcome = { is: 'done', evidence: { says: [], checks: [] }, output: done.output ?? null };
  const plan = Plan.parse({
    version: 1,
    operation,
    system: 'grayledger',
    environment: draft.environment,
    verb,
    command: `/dr ${verb}`,
    headline: draft.headline,
    target: targetOf(draft.environment),
    protected: false,
    statements: draft.statements,
    pinned: draft.pinned,
    steps: draft.steps.map(({ action, title, args }, index) => ({
      id: `s${index + 1}`,
      action,
      effect: EFFECTS[action],
      title,
      runs: '…',
      args,
      undo: '…',
      undoable: EFFECTS[action] !== 'read',
      expectedSeconds: null,
    })),
    gate: draft.gate,
    consent: { kind: 'none' },
    undo: draft.undo,
    undoes: done.undoes ?? null,
    proposedAt: daysAgo(0, 2),
  });
  const last = plan.steps.length - 1;
  const ran = plan.steps.map(({ id }, index): Event[] => [
    { type: 'step_started', step: id, before: null },
    { type: 'step_ended', step: id, outcome: index === last ? (done.last ?? outcome) : outcome, adopted: false },
  ]);
  const gate = draft.gate ?? 0;
  const ending = done.last?.is === 'unverified' ? 'unverified' : 'succeeded';
  return journaled(plan, [
    ...ran.slice(0, gate).flat(),
    { type: 'started' },
    ...ran.slice(gate).flat(),
    { type: 'finished', outcome: ending },
  ]);
}

/** The operation of a plan after these events, all of an hour ago. */
export function journaled(plan: Plan, events: readonly Event[]): Operation {
  const entries: Entry[] = [];
  for (const event of [{ type: 'proposed', by: 'U01ALICE', digest: digestOf(plan) } as const, ...events]) {
    entries.push(chain(entries.at(-1) ?? null, plan.operation, daysAgo(0, 1), event));
  }
  return replay(plan, entries);
}
