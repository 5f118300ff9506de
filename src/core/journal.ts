// The journal's events and their hash chain. The journal is the truth about an operation and its audit log.
import { z } from 'zod';
import { Evidence, Outcome } from './action.ts';
import { chained } from './chain.ts';
import { Json } from './json.ts';
import { Moment, UserId } from './names.ts';
import { SecondFactor } from './second-factor.ts';

const step = z.string();
const by = UserId;
const why = z.string();

export const Event = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('proposed'), by, digest: z.string() }),
  /** The requester typed the target's name. */
  z.strictObject({ type: z.literal('confirmed'), by }),
  /** `factor`: what was asked for beside the click. */
  z.strictObject({
    type: z.literal('approved'),
    by,
    roles: z.array(z.string()),
    digest: z.string(),
    factor: SecondFactor.optional(),
  }),
  /** The rule is satisfied: the gate may be passed. */
  z.strictObject({ type: z.literal('consented') }),
  /** Approvals that no longer count (an approver lost the role): back to waiting. */
  z.strictObject({ type: z.literal('voided'), why, by: z.array(UserId) }),
  /** The gate was passed: facts re-read without drift, approvers re-authorised. */
  z.strictObject({ type: z.literal('started') }),
  /** Intent, written before acting. `before` is what the action read beforehand. */
  z.strictObject({ type: z.literal('step_started'), step, before: Json }),
  z.strictObject({ type: z.literal('step_progress'), step, percent: z.number().nullable(), note: z.string() }),
  /** `adopted`: it had happened already when the step was taken up again. */
  z.strictObject({ type: z.literal('step_ended'), step, outcome: Outcome, adopted: z.boolean() }),
  /** A step whose outcome cannot be known: a person must say. */
  z.strictObject({ type: z.literal('asked'), step, why }),
  z.strictObject({ type: z.literal('answered'), step, by, verdict: z.enum(['happened', 'did_not', 'abandon']) }),
  /** No further steps; what was done is taken back, then the operation ends with `outcome`. */
  z.strictObject({
    type: z.literal('stopped'),
    outcome: z.enum(['failed', 'cancelled', 'expired']),
    why,
    by: by.nullable(),
  }),
  z.strictObject({ type: z.literal('undo_started'), step }),
  z.strictObject({ type: z.literal('undo_ended'), step, evidence: Evidence }),
  z.strictObject({ type: z.literal('undo_failed'), step, why }),
  z.strictObject({
    type: z.literal('finished'),
    outcome: z.enum(['succeeded', 'unverified', 'failed', 'cancelled', 'expired']),
  }),
  /** Somebody takes part in a drill (G26). It moves nothing. */
  z.strictObject({ type: z.literal('joined'), by }),
  /** Another operation took this one back. */
  z.strictObject({ type: z.literal('undone'), operation: z.string() }),
]);
export type Event = z.infer<typeof Event>;
export type EventType = Event['type'];

/** An event as it stands in the journal. `hash` covers `previous`, so that no row can be changed or taken out unnoticed. */
export const Entry = z.strictObject({
  operation: z.string(),
  seq: z.int().positive(),
  at: Moment,
  event: Event,
  previous: z.string(),
  hash: z.string(),
});
export type Entry = z.infer<typeof Entry>;

/** Makes the next entry of the chain. */
export function chain(last: Entry | null, operation: string, at: string, event: Event): Entry {
  return chained(last, { operation, at, event });
}
