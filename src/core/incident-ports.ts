// The contracts for incidents, alerts, schedules, reports, and what is told outside of Slack.
import type { Alert, Finding } from './alert.ts';
import type { Incident } from './incident.ts';
import type { IncidentEntry, IncidentEvent } from './incident-log.ts';
import type { Telling } from './ports.ts';
import type { Report } from './report.ts';

export interface IncidentStore {
  /** Opens it. A command leads to one incident: when this one has one already, that is returned. */
  declare(event: Extract<IncidentEvent, { type: 'declared' }>, command: string): Promise<Incident>;
  load(id: string): Promise<Incident | null>;
  log(id: string): Promise<readonly IncidentEntry[]>;
  /** As `OperationStore.change`: appends what `decide` returns, under a lock, at the database's time. */
  change(id: string, decide: (incident: Incident, now: Date) => readonly IncidentEvent[]): Promise<Incident>;
  /** Not resolved, oldest first. */
  open(system: string | null): Promise<readonly Incident[]>;
  /** Resolved, newest first. */
  resolved(system: string | null, limit: number): Promise<readonly Incident[]>;
  /** The one whose own channel in Slack this is; null when it is nobody's. */
  inChannel(channel: string): Promise<Incident | null>;
  /** Resolved within the last so many hours, oldest first: work may follow from them. */
  resolvedWithin(hours: number): Promise<readonly Incident[]>;
}

/**
 * What is told outside of Slack about an incident. `seq` names the entry that it follows from; of `ongoing`, the sentence that
 * the public is given once in every period, it is the number of the period (G24).
 */
export type Notice = {
  readonly is: 'declared' | 'acknowledged' | 'updated' | 'ongoing' | 'escalated' | 'resolved';
  readonly seq: number;
};

export const NOTIFIERS = ['pagerduty', 'statuspage', 'email'] as const;
export type NotifierName = (typeof NOTIFIERS)[number];

/** A notice, and through which notifier it goes. */
export type AddressedNotice = Notice & { readonly notifier: NotifierName };

/** What follows from new entries of an incident: tellings in Slack, notices outside. */
export type NarrateIncident = (
  incident: Incident,
  entries: readonly IncidentEntry[],
) => { readonly tellings: readonly Telling[]; readonly notices: readonly AddressedNotice[] };

/** What is told when an alert was raised (`was` is null then), has changed, or is over. */
export type NarrateAlert = (alert: Alert, was: Alert | null) => readonly Telling[];

export type NoticeItem = {
  readonly id: string;
  readonly incident: string;
  readonly notifier: NotifierName;
  readonly notice: Notice;
  readonly attempts: number;
  /** What this notifier answered about the incident before: the id that a status page gave it. */
  readonly receipt: string | null;
  /** A former attempt began and nobody settled it: its process died, so it may have arrived. As in the outbox. */
  readonly uncertain: boolean;
};

/** What has still to be told outside. One row per incident, notice and notifier, so that nothing is told twice. */
export interface Notices {
  /** Adds a notice unless it is there already. Those that follow from the log are added with its entries. */
  add(incident: string, notice: AddressedNotice): Promise<void>;
  /** Oldest first, and per notifier and incident one after the other. Marks them as begun for 60 s. */
  take(limit: number): Promise<readonly NoticeItem[]>;
  sent(id: string, receipt: string | null): Promise<void>;
  retry(id: string, seconds: number, why: string): Promise<void>;
  drop(id: string, why: string): Promise<void>;
  /** How each notice of an incident fared, for its card and timeline. */
  of(incident: string): Promise<readonly NoticeState[]>;
}

export type NoticeState = {
  readonly notifier: NotifierName;
  readonly notice: Notice;
  readonly state: 'due' | 'sent' | 'dropped';
  readonly at: string | null;
  readonly why: string | null;
};

export interface AlertStore {
  /**
   * Brings the alerts of a system in line with what a look found: new ones are raised, known ones kept, those of the looked-at
   * `kinds` that were not found are over. Each change is told in the same transaction.
   */
  reconcile(system: string, kinds: readonly Alert['kind'][], findings: readonly Finding[]): Promise<readonly Alert[]>;
  load(id: string): Promise<Alert | null>;
  /** Not over, oldest first. */
  open(system: string | null): Promise<readonly Alert[]>;
  /** Raised since `from` and before `to`, oldest first. */
  raised(system: string, from: string, to: string): Promise<readonly Alert[]>;
}

/** `key` is the system's name, a slash and the schedule's: `grayledger/daily-verify`. */
export interface ScheduleStore {
  /**
   * From when on a schedule counts, and which of its times was handled last. A schedule that is seen for the first time, or
   * whose definition has changed, counts from now on.
   */
  begin(key: string, definition: string): Promise<{ readonly since: string; readonly last: string | null }>;
  /** True for whoever is first to take this time of this schedule. */
  claim(key: string, due: string): Promise<boolean>;
  /** What became of it, for `/dr schedules`. */
  settle(key: string, due: string, result: { readonly operation: string | null; readonly note: string }): Promise<void>;
  /** Taken times that nobody settled within so many seconds: their process died. They are given out once more. */
  unsettled(seconds: number): Promise<readonly { readonly key: string; readonly due: string }[]>;
  /** The newest run of each schedule of the system, by key. */
  latest(system: string): Promise<readonly ScheduleRun[]>;
}

/** `note` is empty while nobody has settled it. */
export type ScheduleRun = {
  readonly key: string;
  readonly due: string;
  readonly operation: string | null;
  readonly note: string;
};

export interface ReportStore {
  /** Stores it once per operation or incident, and has it told; returns the one that is there. */
  save(report: Omit<Report, 'id'>): Promise<Report>;
  load(id: string): Promise<Report | null>;
  /** Of an operation or incident. */
  of(subject: string): Promise<Report | null>;
  /** Newest first. */
  list(system: string, kind: Report['kind'], limit: number): Promise<readonly Report[]>;
}
