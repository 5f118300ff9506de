// The tables as Kysely sees them: what is read from and what is written to each column.
import type { ColumnType, Generated } from 'kysely';
import type { Proof } from '../core/facts.ts';
import type { Event, EventType } from '../core/journal.ts';
import type { State } from '../core/operation.ts';
import type { Plan } from '../core/plan.ts';
import type { AnswerRecord, Intake, Telling } from '../core/ports.ts';

/** A json column: read as a value, written as text. */
type JsonOf<T> = ColumnType<T, string, string>;
/** A timestamptz column: read as ISO 8601 in UTC with milliseconds (see `pool.ts`). */
type MomentColumn = ColumnType<string, string, string>;
type MomentOrNull = ColumnType<string | null, string | null | undefined, string | null>;

export type Tables = {
  commands: {
    id: string;
    key: string;
    intake: JsonOf<Intake>;
    received_at: ColumnType<string, never, never>;
    claimed_until: MomentOrNull;
    answer: ColumnType<AnswerRecord | null, never, string>;
    answered_at: MomentOrNull;
  };
  operations: {
    id: string;
    number: ColumnType<number, never, never>;
    command: string;
    system: string;
    environment: string;
    verb: string;
    headline: string;
    plan: JsonOf<Plan>;
    digest: string;
    requested_by: string;
    undoes: string | null;
    target_identity: string;
    proposed_at: MomentColumn;
    state: State;
    last_seq: number;
    expires_at: MomentOrNull;
    ended_at: MomentOrNull;
    active_target: string | null;
    active_environment: string | null;
    holder: ColumnType<string | null, never, string | null>;
    token: ColumnType<number, never, number>;
    lease_until: ColumnType<string | null, never, string | null>;
  };
  journal: {
    operation: string;
    seq: number;
    at: MomentColumn;
    type: EventType;
    event: JsonOf<Event>;
    previous: string;
    hash: string;
  };
  proofs: { operation: string; seq: number; system: string; backup: string; at: MomentColumn; proof: JsonOf<Proof> };
  durations: { operation: string; seq: number; system: string; action: string; seconds: number };
  outbox: {
    id: ColumnType<number, never, never>;
    operation: string;
    key: string;
    kind: Telling['kind'];
    telling: JsonOf<Telling>;
    state: Generated<'due' | 'begun' | 'sent' | 'dropped'>;
    due_at: Generated<string>;
    begun_at: MomentOrNull;
    attempts: Generated<number>;
    uncertain: Generated<boolean>;
    wanted: Generated<number>;
    taken: Generated<number>;
    channel: string | null;
    ts: string | null;
    seq: number | null;
    sent_at: MomentOrNull;
    why: string | null;
  };
};
