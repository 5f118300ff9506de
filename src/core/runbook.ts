// The contract of a runbook: a pure recipe from a command, a system and facts to a plan.
import type { ActionName, Args } from './action.ts';
import type { OperationCommand, OperationVerb } from './command.ts';
import type { Facts, Proof } from './facts.ts';
import type { Operation } from './operation.ts';
import type { Pinned, Plan, Statement, Step } from './plan.ts';
import type { BesideNames, Capability } from './platform.ts';
import type { Held } from './retention.ts';
import type { System } from './system.ts';

/** A step before the platform has said what will run. */
export type StepDraft = {
  [N in ActionName]: { readonly action: N; readonly title: string; readonly args: Args<N> } & OfDrill;
}[ActionName];

/** As in the plan's step. */
type OfDrill = Pick<Step, 'part' | 'kept'>;

export type PlanDraft = {
  readonly environment: string;
  readonly headline: string;
  readonly statements: readonly Statement[];
  readonly pinned: Pinned;
  /** Step ids are s1, s2, … in this order. */
  readonly steps: readonly StepDraft[];
  readonly gate: number | null;
  readonly undo: Plan['undo'];
};

/** Everything a recipe may use. Random choices and the time are made before, so that the same input gives the same plan. */
export type PlanInput<C extends OperationCommand> = {
  readonly command: C;
  readonly system: System;
  /** What the system's platform offers. */
  readonly can: readonly Capability[];
  readonly facts: Facts;
  readonly proof: Proof | null;
  /** The operation that is to be undone; null for every other verb. */
  readonly former: Operation | null;
  /** What must not be deleted; null where `needs` does not ask for `retention`. */
  readonly held: Held | null;
  readonly chosen: {
    readonly operation: string;
    readonly now: Date;
    /** Names of databases that a restore of this environment would leave beside the live one. */
    beside(environment: string): BesideNames;
  };
};

export interface Runbook<C extends OperationCommand = OperationCommand> {
  readonly verb: C['verb'];
  needs(command: C, system: System, former: Operation | null): FactsNeed;
  plan(input: PlanInput<C>): PlanDraft;
}

export type FactsNeed = {
  readonly capabilities: readonly Capability[];
  /** Environments whose facts are read; every protected one is read besides. */
  readonly environments: readonly string[];
  /** Count rows of these environments' databases, and those written since the moment that this returns. */
  readonly survey: readonly string[];
  writtenSince(facts: Facts): string | null;
  /** As for a platform's facts. */
  readonly storeMayBeAway?: boolean;
  /** Read the copies out of the house of these environments, which may be slow. */
  readonly offsite?: readonly string[];
  /** Read what this operation has left for undo. */
  readonly leftBy?: Operation;
  /** Find out which backups of this environment, and copies of them, must not be deleted. */
  readonly retention?: string;
};

export type Runbooks = { readonly [V in OperationVerb]: Runbook<Extract<OperationCommand, { verb: V }>> };
