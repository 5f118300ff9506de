// How incidents, drills and schedules look at one moment: what incidents/ computes and messages/ shows, as plain data.
import type { Alert } from './alert.ts';
import type { Backup, Proof, Release } from './facts.ts';
import type { Incident } from './incident.ts';
import type { IncidentEntry, Milestone } from './incident-log.ts';
import type { NoticeState, ScheduleRun } from './incident-ports.ts';
import type { Level, Symptom } from './incident-rules.ts';
import type { Entry } from './journal.ts';
import type { Operation } from './operation.ts';
import type { Report } from './report.ts';
import type { Drill, Schedule } from './schedule.ts';
import type { Objectives, Scenario, System } from './system.ts';

/** One point with its limit: a milestone (G22), or the recovery time of the scenario. */
export type Clock = {
  readonly what: Milestone | 'rto';
  readonly dueAt: string;
  /** Null while it is open; later than `dueAt` when it was late. */
  readonly reachedAt: string | null;
};

/** An operation of an incident with its journal, of which the updates and the timeline are made. */
export type Linked = { readonly operation: Operation; readonly entries: readonly Entry[] };

/** Everything that the card, the updates and the timeline of an incident are composed from. */
export type IncidentSight = {
  readonly incident: Incident;
  readonly system: System;
  readonly entries: readonly IncidentEntry[];
  readonly clocks: readonly Clock[];
  /** Oldest first. */
  readonly operations: readonly Linked[];
  /** How it is told outside of Slack. */
  readonly notices: readonly NoticeState[];
  /** Null once it is resolved. */
  readonly nextUpdateAt: string | null;
};

/** The recovery that is promised: of the incident's scenario, else of the system; null where nothing is. */
export function objectivesOf(
  { scenario }: Pick<Incident, 'scenario'>,
  { scenarios, objectives }: Pick<System, 'scenarios' | 'objectives'>,
): Objectives | null {
  const chosen = scenario === null ? undefined : scenarios[scenario];
  return chosen ?? objectives ?? null;
}

/** What the symptoms say (F6), and whether to restore or to roll back (G22), with the facts that speak for it. */
export type Assessment = {
  readonly at: string;
  readonly system: System;
  readonly symptoms: readonly Symptom[];
  /** The worst of the symptoms. */
  readonly level: Level;
  readonly causes: readonly string[];
  /** Of the worst symptom that names one. */
  readonly scenario: { readonly name: string; readonly scenario: Scenario } | null;
  /** When it began, as far as anybody knows. */
  readonly onset: string | null;
  readonly advice: {
    readonly is: 'restore' | 'roll back' | 'neither' | 'unclear';
    /** Sentences, each with the fact that it stands on. */
    readonly because: readonly string[];
  };
  /** What was read; null is what could not be read or does not exist. */
  readonly release: Release | null;
  readonly migration: string | null;
  /** The newest backup that was finished before the onset. */
  readonly backup: Backup | null;
  readonly proof: Proof | null;
  /** The command that plans it, without `/dr`; null where there is nothing to plan. */
  readonly plan: string | null;
};

/** A ticket for a vendor, filled in (G21). */
export type FilledTicket = {
  /** The contact's title. */
  readonly to: string;
  readonly url: string | null;
  readonly subject: string;
  readonly body: string;
};

/** A drill with when it is next and how it went last. */
export type DrillView = {
  readonly name: string;
  readonly drill: Drill;
  readonly nextAt: string | null;
  readonly last: Report | null;
};

/** A schedule with its next times, soonest first. */
export type ScheduleView = {
  readonly schedule: Schedule;
  readonly nextAt: readonly string[];
  readonly last: ScheduleRun | null;
};

/** A month in figures, to be compared with the one before it. Null is what was not measured. */
export type MonthFigures = {
  /** `2026-11` */
  readonly month: string;
  readonly drills: number;
  readonly drillsPassed: number;
  readonly proofs: number;
  /** The longest recovery of its drills, and the median. */
  readonly recoverySeconds: number | null;
  readonly medianRecoverySeconds: number | null;
  readonly backupBytes: number | null;
  readonly incidents: number;
  readonly downSeconds: number | null;
  /** Means over the incidents of the month: MTTD and MTTR (G30). */
  readonly detectSeconds: number | null;
  readonly recoverSeconds: number | null;
  readonly alerts: number | null;
};

/** One system as App Home shows it: what is stored, and of the provider what the last look has read. */
export type SystemHome = {
  readonly system: System;
  /** Null when nobody has looked yet. */
  readonly backups: { readonly at: string; readonly newest: Backup | null } | null;
  readonly proof: Proof | null;
  /** How far apart in minutes the points are to which data can be recovered, and what makes it so; null when not known. */
  readonly capability: { readonly minutes: number; readonly by: 'backups' | 'moments' } | null;
  readonly open: readonly Operation[];
  readonly incidents: readonly Pick<IncidentSight, 'incident' | 'clocks' | 'nextUpdateAt'>[];
  readonly alerts: readonly Alert[];
  readonly nextDrill: { readonly title: string; readonly at: string } | null;
};

/** App Home of one person. */
export type Home = {
  readonly at: string;
  readonly systems: readonly SystemHome[];
  /** What waits for this very person's approval or confirmation. */
  readonly waiting: readonly Operation[];
};
