// Everything that a person can ask of Holdfast, in one interface: what handlers call.

import type { Operation } from '../core/operation.ts';
import type { Accepted, Intake } from '../core/ports.ts';
import type { Answer } from '../core/views.ts';
import { answer } from './answer.ts';
import type { Approval, Click, Settlement } from './click.ts';
import { approve, cancel, confirm, deny, join, settle } from './decide.ts';
import type { Deps } from './deps.ts';
import { findOperation } from './find-system.ts';

/** Every method throws Refusal when the answer is no, and anything else when something broke. */
export interface UseCases {
  /** Commits the command. Nothing was promised to anybody before this returns (I1). */
  accept(intake: Intake): Promise<{ readonly first: boolean; readonly accepted: Accepted }>;
  /** Answers a committed command: plans an operation, shows something, or refuses. Null when somebody else is at it. */
  answer(accepted: Accepted): Promise<Answer | null>;
  /** Throws the Refusal `factor-needed` when all is well but a second factor is asked for and was not given. */
  approve(click: Approval): Promise<Operation>;
  deny(click: Click): Promise<Operation>;
  /** The requester typed the target's name. */
  confirm(click: Click & { readonly typed: string }): Promise<Operation>;
  cancel(click: Omit<Click, 'digest'>): Promise<Operation>;
  /** Somebody takes part in a drill. */
  join(click: Omit<Click, 'digest'>): Promise<Operation>;
  /** A person says what happened to a step whose outcome is unknown. */
  settle(click: Settlement): Promise<Operation>;
  /** The operation as it is now; throws Refusal when there is none. */
  find(operation: string): Promise<Operation>;
}

/** The use cases over what the composition root hands in. */
export function createUseCases(deps: Deps): UseCases {
  return {
    accept: (intake) => deps.commands.accept(intake),
    answer: (accepted) => answer(deps, accepted),
    approve: (click) => approve(deps, click),
    deny: (click) => deny(deps, click),
    confirm: (click) => confirm(deps, click),
    cancel: (click) => cancel(deps, click),
    join: (click) => join(deps, click),
    settle: (click) => settle(deps, click),
    find: (operation) => findOperation(deps.operations, operation),
  };
}
