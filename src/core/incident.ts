// An incident as its log tells it: what is seen, since when, who is at it, what was reached and what is still due.
import { Fault } from './errors.ts';
import type { IncidentEntry, IncidentEvent, Milestone } from './incident-log.ts';
import type { ChecklistName, Level } from './incident-rules.ts';

type EventOf<T extends IncidentEvent['type']> = Extract<IncidentEvent, { type: T }>;

export type Tick = { readonly by: string | null; readonly at: string; readonly evidence: string | null };

export type Incident = {
  readonly id: string;
  readonly system: string;
  readonly level: Level;
  /** Every level that it has had, the newest last. */
  readonly levels: readonly Level[];
  readonly seen: string;
  readonly declaredBy: string;
  readonly declaredAt: string;
  /** When it began: before or at the declaration. */
  readonly startedAt: string;
  readonly scenario: string | null;
  readonly alert: string | null;
  /** Undefined until it is known; null: that of the system. */
  readonly channel: string | null | undefined;
  readonly acknowledged: { readonly by: string; readonly at: string } | null;
  /** The newest last. */
  readonly words: readonly {
    readonly by: string;
    readonly at: string;
    readonly text: string;
    readonly public: boolean;
  }[];
  readonly operations: readonly string[];
  readonly reached: Readonly<Partial<Record<Milestone, { readonly at: string; readonly note: string }>>>;
  readonly overdue: readonly EventOf<'overdue'>['what'][];
  /** Which rungs of the escalation have been called, as `ladderOf` counts them. */
  readonly rungs: readonly number[];
  /** By `during:2`. */
  readonly ticks: Readonly<Record<string, Tick>>;
  /** Keys of items whose tick a person took away: Holdfast does not tick them again. */
  readonly unticked: readonly string[];
  readonly resolved: { readonly by: string; readonly at: string; readonly text: string } | null;
  /** By hours after the end. */
  readonly reminded: readonly number[];
  readonly followedUp: Readonly<Record<string, { readonly by: string; readonly verdict: 'done' | 'dismissed' }>>;
  readonly last: IncidentEntry;
};

export function tickKey(list: ChecklistName, item: number): string {
  return `${list}:${item}`;
}

/** Throws a Fault when the log does not begin with the declaration. */
export function replayIncident(entries: readonly IncidentEntry[]): Incident {
  const [first, ...rest] = entries;
  if (first === undefined || first.event.type !== 'declared') {
    throw new Fault('replaying the log of an incident: it does not begin with the declaration');
  }
  return rest.reduce(applyIncident, begin(first, first.event));
}

function begin(entry: IncidentEntry, event: EventOf<'declared'>): Incident {
  return {
    id: entry.incident,
    system: event.system,
    level: event.level,
    levels: [event.level],
    seen: event.seen,
    declaredBy: event.by,
    declaredAt: entry.at,
    startedAt: event.startedAt,
    scenario: event.scenario,
    alert: event.alert,
    channel: undefined,
    acknowledged: null,
    words: [],
    operations: [],
    reached: {},
    overdue: [],
    rungs: [],
    ticks: {},
    unticked: [],
    resolved: null,
    reminded: [],
    followedUp: {},
    last: entry,
  };
}

/** One entry further. Whether an event may come now is judged by whoever makes it, under the store's lock. */
export function applyIncident(incident: Incident, entry: IncidentEntry): Incident {
  return { ...changed(incident, entry.event, entry.at), last: entry };
}

function changed(incident: Incident, event: IncidentEvent, at: string): Incident {
  switch (event.type) {
    case 'declared':
      throw new Fault(`replaying ${incident.id}: declared twice`);
    case 'acknowledged':
      return { ...incident, acknowledged: { by: event.by, at } };
    case 'level_set':
      return { ...incident, level: event.level, levels: [...incident.levels, event.level] };
    case 'scenario_set':
      return { ...incident, scenario: event.scenario };
    case 'updated':
      return { ...incident, words: [...incident.words, { by: event.by, at, text: event.text, public: event.public }] };
    case 'channel':
      return { ...incident, channel: event.channel };
    case 'linked':
      return { ...incident, operations: [...incident.operations, event.operation] };
    case 'reached':
      return { ...incident, reached: { ...incident.reached, [event.milestone]: { at, note: event.note } } };
    case 'overdue':
      return { ...incident, overdue: [...incident.overdue, event.what] };
    case 'escalated':
      return { ...incident, rungs: [...incident.rungs, event.rung] };
    case 'ticked': {
      const tick = { by: event.by, at, evidence: event.evidence };
      return { ...incident, ticks: { ...incident.ticks, [tickKey(event.list, event.item)]: tick } };
    }
    case 'unticked': {
      const key = tickKey(event.list, event.item);
      const { [key]: _gone, ...ticks } = incident.ticks;
      return { ...incident, ticks, unticked: [...incident.unticked, key] };
    }
    case 'resolved':
      return { ...incident, resolved: { by: event.by, at, text: event.text } };
    case 'reminded':
      return { ...incident, reminded: [...incident.reminded, event.hours] };
    case 'followed_up':
      return {
        ...incident,
        followedUp: { ...incident.followedUp, [String(event.hours)]: { by: event.by, verdict: event.verdict } },
      };
  }
}
