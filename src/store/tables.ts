// The tables as Kysely sees them: what is read from and what is written to each column.
import type { ColumnType, Generated } from 'kysely';
import type { AlertKind, Remedy, Severity } from '../core/alert.ts';
import type { Proof } from '../core/facts.ts';
import type { IncidentEvent, IncidentEventType } from '../core/incident-log.ts';
import type { Notice, NotifierName } from '../core/incident-ports.ts';
import type { Event, EventType } from '../core/journal.ts';
import type { State } from '../core/operation.ts';
import type { Plan } from '../core/plan.ts';
import type { AnswerRecord, Intake, Telling } from '../core/ports.ts';
import type { DrillFigures, Report } from '../core/report.ts';

/** A json column: read as a value, written as text. */
type JsonOf<T> = ColumnType<T, string, string>;
type JsonOrNull<T> = ColumnType<T | null, string | null, string | null>;
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
  durations: {
    operation: string;
    seq: number;
    system: string;
    action: string;
    seconds: number;
    number: ColumnType<number, never, never>;
  };
  incidents: {
    id: string;
    number: ColumnType<number, never, never>;
    command: string;
    system: string;
    declared_at: MomentColumn;
    level: number;
    last_seq: number;
    resolved_at: MomentOrNull;
  };
  incident_log: {
    incident: string;
    seq: number;
    at: MomentColumn;
    type: IncidentEventType;
    event: JsonOf<IncidentEvent>;
    previous: string;
    hash: string;
  };
  ledger: {
    seq: ColumnType<number, never, never>;
    subject: ColumnType<string, never, never>;
    entry: ColumnType<number, never, never>;
    digest: ColumnType<string, never, never>;
    previous: ColumnType<string, never, never>;
    hash: ColumnType<string, never, never>;
  };
  notices: {
    id: ColumnType<number, never, never>;
    incident: string;
    notifier: NotifierName;
    what: Notice['is'];
    seq: number;
    state: Generated<'due' | 'begun' | 'sent' | 'dropped'>;
    due_at: Generated<string>;
    begun_at: MomentOrNull;
    attempts: Generated<number>;
    uncertain: Generated<boolean>;
    receipt: string | null;
    settled_at: MomentOrNull;
    why: string | null;
  };
  alerts: {
    id: string;
    number: ColumnType<number, never, never>;
    system: string;
    environment: string;
    kind: AlertKind;
    about: string;
    severity: Severity;
    text: JsonOf<string>;
    remedy: JsonOrNull<Remedy>;
    raised_at: MomentColumn;
    seen_at: MomentColumn;
    over_at: MomentOrNull;
  };
  schedules: { key: string; definition: string; since: MomentColumn };
  schedule_runs: {
    key: string;
    due: MomentColumn;
    taken_at: MomentColumn;
    settled_at: MomentOrNull;
    operation: string | null;
    note: JsonOrNull<string>;
  };
  reports: {
    id: string;
    number: ColumnType<number, never, never>;
    system: string;
    kind: Report['kind'];
    of: string;
    at: MomentColumn;
    title: JsonOf<string>;
    result: Report['result'];
    figures: JsonOrNull<DrillFigures>;
    markdown: JsonOf<string>;
  };
  outbox: {
    id: ColumnType<number, never, never>;
    subject: string;
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
