// Everything that a person can ask of Holdfast, in one interface: what handlers call.
import type { Accepted, Intake } from '../core/ports.ts';
import type { Operation } from '../core/operation.ts';
import type { Answer } from '../core/views.ts';

/** A click: which operation, as it was shown (its digest), by whom. */
export type Click = { readonly operation: string; readonly digest: string; readonly by: string };

/** Every method throws Refusal when the answer is no, and anything else when something broke. */
export interface UseCases {
  /** Commits the command. Nothing was promised to anybody before this returns (I1). */
  accept(intake: Intake): Promise<{ readonly first: boolean; readonly accepted: Accepted }>;
  /** Answers a committed command: plans an operation, shows something, or refuses. Null when somebody else is at it. */
  answer(accepted: Accepted): Promise<Answer | null>;
  approve(click: Click): Promise<Operation>;
  deny(click: Click): Promise<Operation>;
  /** The requester typed the target's name. */
  confirm(click: Click & { readonly typed: string }): Promise<Operation>;
  cancel(click: Omit<Click, 'digest'>): Promise<Operation>;
  /** A person says what happened to a step whose outcome is unknown. */
  settle(
    click: Click & { readonly step: string; readonly verdict: 'happened' | 'did_not' | 'abandon' },
  ): Promise<Operation>;
  /** The operation as it is now; throws Refusal when there is none. */
  find(operation: string): Promise<Operation>;
}
