// The contract of whatever is told about incidents outside of Slack: PagerDuty, a status page, e-mail.
import type { IncidentEntry } from '../../core/incident-log.ts';
import type { NoticeItem, NotifierName } from '../../core/incident-ports.ts';
import type { IncidentSight } from '../../core/incident-views.ts';

/** One notice with all that it can be composed from, as it is when it is sent. */
export type ToTell = Pick<NoticeItem, 'notice' | 'receipt' | 'uncertain'> & {
  /** What the notice follows from; null for what is said once in every period. */
  readonly entry: IncidentEntry | null;
  readonly sight: IncidentSight;
  readonly now: Date;
};

/** What became of one attempt. No secret is in `why`. */
export type Told =
  /** It is there: the service said so. `receipt` is what it calls the incident. */
  | { readonly is: 'sent'; readonly receipt: string | null }
  /**
   * It did not arrive, or telling it once more does no harm. `seconds` is the least to wait; `code` names a trouble that does
   * not pass by itself, such as a key that is not accepted.
   */
  | { readonly is: 'again'; readonly seconds: number; readonly why: string; readonly code: string | null }
  /** It is not told: nobody knows whether it arrived, or it was refused for what it says. */
  | { readonly is: 'dropped'; readonly why: string }
  /** There is nothing in it, or nothing any more, for those who read there. */
  | { readonly is: 'skipped'; readonly why: string };

export interface Notifier {
  readonly name: NotifierName;
  /** Never rejects, and returns within 50 s, or soon after `signal` is aborted. */
  send(item: ToTell, signal: AbortSignal): Promise<Told>;
}

/** `holdfast/grayledger/inc-7`: the same in every attempt and for every notice of the incident, and of no other one. */
export function keyOf({ incident }: Pick<IncidentSight, 'incident'>): string {
  return `holdfast/${incident.system}/${incident.id}`;
}

/** Seconds until what only a person can mend is tried again. */
export const SLOWLY = 300;
