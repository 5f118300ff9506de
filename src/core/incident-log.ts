// What happened in an incident, entry by entry, hash-chained like an operation's journal: the source of its timeline.
import { z } from 'zod';
import { chained } from './chain.ts';
import { CHECKLISTS, Level } from './incident-rules.ts';
import { AlertId, ChannelId, IncidentId, Moment, OperationId, Slug, UserId } from './names.ts';

const by = UserId;

/** The points that must be reached by a given time (G22). `started`: a recovery is under way. */
export const MILESTONES = ['diagnosed', 'decided', 'started', 'review'] as const;
export type Milestone = (typeof MILESTONES)[number];

export const IncidentEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('declared'),
    by,
    system: Slug,
    level: Level,
    /** What is seen, in the words of whoever declared it. */
    seen: z.string(),
    /** When it began, as far as anybody knows; never after the declaration. */
    startedAt: Moment,
    scenario: Slug.nullable(),
    alert: AlertId.nullable(),
  }),
  z.strictObject({ type: z.literal('acknowledged'), by }),
  z.strictObject({ type: z.literal('level_set'), by, level: Level }),
  z.strictObject({ type: z.literal('scenario_set'), by, scenario: Slug }),
  /** A sentence by a person, for the next status update; `public`: it is also told outside. */
  z.strictObject({ type: z.literal('updated'), by, text: z.string(), public: z.boolean() }),
  /** A channel of its own was opened in Slack; null where that could not be had, and `why`: then the system's one is its channel. */
  z.strictObject({ type: z.literal('channel'), channel: ChannelId.nullable(), why: z.string().nullable() }),
  /** An operation that was planned for it. */
  z.strictObject({ type: z.literal('linked'), operation: OperationId }),
  /** `by` is null where Holdfast saw it happen. */
  z.strictObject({ type: z.literal('reached'), milestone: z.enum(MILESTONES), by: by.nullable(), note: z.string() }),
  /** A point was not reached in time. Said once. */
  z.strictObject({ type: z.literal('overdue'), what: z.enum([...MILESTONES, 'rto']), call: z.array(UserId) }),
  /** `rung` counts from 0 in the order of the minutes. */
  z.strictObject({ type: z.literal('escalated'), rung: z.int().min(0), call: z.array(Slug) }),
  z.strictObject({
    type: z.literal('ticked'),
    list: z.enum(CHECKLISTS),
    item: z.int().min(0),
    by: by.nullable(),
    /** What Holdfast saw; null where a person says so. */
    evidence: z.string().nullable(),
  }),
  z.strictObject({ type: z.literal('unticked'), list: z.enum(CHECKLISTS), item: z.int().min(0), by }),
  z.strictObject({ type: z.literal('resolved'), by, text: z.string() }),
  /** Work that follows, by its hours after the end: it was reminded of, done, or dismissed. */
  z.strictObject({ type: z.literal('reminded'), hours: z.number() }),
  z.strictObject({ type: z.literal('followed_up'), hours: z.number(), by, verdict: z.enum(['done', 'dismissed']) }),
]);
export type IncidentEvent = z.infer<typeof IncidentEvent>;
export type IncidentEventType = IncidentEvent['type'];

export const IncidentEntry = z.strictObject({
  incident: IncidentId,
  seq: z.int().positive(),
  at: Moment,
  event: IncidentEvent,
  previous: z.string(),
  hash: z.string(),
});
export type IncidentEntry = z.infer<typeof IncidentEntry>;

/** Makes the next entry of the chain. */
export function chainIncident(
  last: IncidentEntry | null,
  incident: string,
  at: string,
  event: IncidentEvent,
): IncidentEntry {
  return chained(last, { incident, at, event });
}
