// What the use cases stand on: handed in by the composition root.
import type { IncidentCommand } from '../core/command.ts';
import type { AlertStore, ReportStore, ScheduleRun, ScheduleStore } from '../core/incident-ports.ts';
import type { MonthFigures, ScheduleView } from '../core/incident-views.ts';
import type { CommandStore, Factors, OperationStore, People, Queue, Systems } from '../core/ports.ts';
import type { Runbooks } from '../core/runbook.ts';
import type { System } from '../core/system.ts';
import type { Answer } from '../core/views.ts';

export type Log = {
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
};

export type Deps = {
  readonly commands: CommandStore;
  readonly operations: OperationStore;
  readonly queue: Queue;
  readonly people: People;
  readonly factors: Factors;
  readonly systems: Systems;
  readonly runbooks: Runbooks;
  readonly alerts: Pick<AlertStore, 'open'>;
  readonly reports: Pick<ReportStore, 'of' | 'list'>;
  readonly schedules: Pick<ScheduleStore, 'latest'>;
  /** When each schedule of a system comes next, and how its last run went. */
  scheduleViews(system: System, runs: readonly ScheduleRun[], now: Date): readonly ScheduleView[];
  /** When a drill is next; null when no schedule starts it. */
  nextDrill(system: System, drill: string, now: Date): string | null;
  /** `month`: `2026-11`. */
  month(system: System, month: string): Promise<MonthFigures>;
  placeOf(channel: string): Promise<Place>;
  /** Commands about incidents have use cases of their own. `id` is that of the committed command. */
  answerIncident(
    command: IncidentCommand,
    asked: { readonly id: string; readonly by: string; readonly system: System },
  ): Promise<Answer>;
  readonly audit: Audit;
  /** Hides secrets in a text that is written down for people. */
  redact(text: string): string;
  readonly log: Log;
};

/** Where a command was typed; `about` the incident whose own channel that is. */
export type Place = {
  readonly channel: string;
  readonly about: { readonly system: string; readonly incident: string } | null;
};

export type Audit = {
  /** Resolves when whatever was written is also in the second record, where there is one. Throws when it cannot be. */
  secure(): Promise<void>;
};
