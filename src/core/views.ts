// What the answering commands show: plain data, rendered by messages/.
import type { Alert } from './alert.ts';
import type { Verb } from './command.ts';
import type { Refusal } from './errors.ts';
import type { Backup, Proof } from './facts.ts';
import type { Incident } from './incident.ts';
import type { ChecklistName, Level } from './incident-rules.ts';
import type { DrillView, FilledTicket, IncidentSight, MonthFigures, ScheduleView } from './incident-views.ts';
import type { Entry } from './journal.ts';
import type { Operation } from './operation.ts';
import type { Report } from './report.ts';
import type { RetentionView } from './retention.ts';
import type { System } from './system.ts';

export type SystemStatus = {
  readonly system: System;
  readonly open: readonly Operation[];
  readonly recent: readonly Operation[];
  readonly proof: Proof | null;
};

export type View =
  | { readonly is: 'help'; readonly about: Verb | null }
  | { readonly is: 'scenarios'; readonly system: System }
  | { readonly is: 'systems'; readonly systems: readonly System[] }
  | { readonly is: 'status'; readonly at: string; readonly systems: readonly SystemStatus[] }
  | {
      readonly is: 'backups';
      readonly at: string;
      readonly system: System;
      /** The place whose backups these are: the app's name. */
      readonly of: string;
      readonly backups: readonly Backup[];
      readonly proof: Proof | null;
    }
  /** `broken`: the first entry that does not follow from those before it, or null when the chain holds. */
  | {
      readonly is: 'audit';
      readonly operation: Operation;
      readonly entries: readonly Entry[];
      readonly broken: number | null;
    }
  /** What was just done to an incident, said in a sentence: its card tells the rest. */
  | {
      readonly is: 'incident';
      readonly did: 'declared' | 'acknowledged' | 'updated' | 'level_set' | 'review_set' | 'resolved';
      readonly incident: Incident;
      readonly system: System;
      /** Others of the system that are open too: said to whoever declares one. */
      readonly beside?: readonly string[];
    }
  | {
      readonly is: 'incidents';
      readonly at: string;
      readonly open: readonly IncidentSight[];
      /** Newest first. */
      readonly resolved: readonly { readonly incident: Incident; readonly system: System }[];
    }
  /** `broken`: as for `audit`. */
  | { readonly is: 'timeline'; readonly at: string; readonly sight: IncidentSight; readonly broken: number | null }
  | { readonly is: 'contacts'; readonly system: System }
  | {
      readonly is: 'tickets';
      readonly system: System;
      /** Null: filled in without an incident. */
      readonly incident: Incident | null;
      readonly tickets: readonly FilledTicket[];
    }
  | { readonly is: 'checklist'; readonly at: string; readonly sight: IncidentSight; readonly list: ChecklistName }
  | { readonly is: 'drills'; readonly at: string; readonly system: System; readonly drills: readonly DrillView[] }
  | {
      readonly is: 'schedules';
      readonly at: string;
      readonly system: System;
      readonly schedules: readonly ScheduleView[];
    }
  /** `before`: the one before it of the same drill, to compare with. */
  | { readonly is: 'report'; readonly system: System; readonly report: Report; readonly before: Report | null }
  | {
      readonly is: 'month';
      readonly system: System;
      readonly month: MonthFigures;
      readonly before: MonthFigures | null;
    }
  | { readonly is: 'alerts'; readonly at: string; readonly system: System; readonly alerts: readonly Alert[] }
  /** What the retention would delete, before anything is. */
  | ({ readonly is: 'retention' } & RetentionView);

/** A dialog to be opened for whoever asked, while Slack still allows it (3 s). */
export type Dialog =
  | { readonly dialog: 'assess'; readonly system: System }
  | {
      readonly dialog: 'declare';
      readonly system: System;
      /** What is known already and stands in the inputs. */
      readonly level: Level;
      readonly seen: string | null;
      readonly since: string | null;
      readonly scenario: string | null;
      readonly alert: string | null;
    };

/** The answer to one command. */
export type Answer =
  /** `late`: the queue could not be told; the operation is stored and starts when the queue answers again. */
  | { readonly is: 'operation'; readonly operation: Operation; readonly late: boolean }
  | { readonly is: 'refused'; readonly refusal: Refusal }
  | { readonly is: 'view'; readonly view: View }
  | ({ readonly is: 'dialog' } & Dialog);
