// How the people of a system are told, called and guided in an incident, as written in its system file.
import { z } from 'zod';
import { Slug, UserId, VariableName } from './names.ts';

/** 1 is the worst: customers are hurt and everybody is woken (F5). */
export const Level = z.union([z.literal(1), z.literal(2), z.literal(3)]);
export type Level = z.infer<typeof Level>;

/** Somebody to be called, in Slack or outside: first the primary, then the secondary (B13, F21, S16). */
export const Contact = z.strictObject({
  title: z.string().min(1).max(80),
  /** Mentioned in Slack, in this order. */
  users: z.array(UserId).default([]),
  email: z.email().optional(),
  phone: z.string().max(40).optional(),
  /** Of a vendor: where its status is shown and a ticket is opened (S16, G21). */
  url: z.url().optional(),
  note: z.string().max(300).optional(),
});
export type Contact = z.infer<typeof Contact>;

/** Who is called when nobody has acknowledged the incident for so long (F20, F21, G21, P16). */
export const Rung = z.strictObject({
  afterMinutes: z.number().min(0),
  call: z.array(Slug).min(1),
  /** Only for incidents of these levels. */
  levels: z.array(Level).min(1).default([1, 2, 3]),
});
export type Rung = z.infer<typeof Rung>;

/** What must have happened by when, counted from the declaration (G22). */
export const Milestones = z.strictObject({
  diagnosisMinutes: z.number().positive().default(5),
  decisionMinutes: z.number().positive().default(15),
  executionMinutes: z.number().positive().default(30),
  reviewMinutes: z.number().positive().default(60),
});
export type Milestones = z.infer<typeof Milestones>;

/** One row of the decision matrix: what is seen, what it likely is, what to do (F6). */
export const Symptom = z.strictObject({
  name: Slug,
  /** As somebody would say it: `the database does not start`. */
  seen: z.string().min(1).max(75),
  cause: z.string().min(1).max(120),
  level: Level,
  /** The scenario to run; left out where there is none. */
  scenario: Slug.optional(),
});
export type Symptom = z.infer<typeof Symptom>;

/**
 * What Holdfast can see for itself and then ticks with its evidence. `declared`: an incident is open; `notified`: its root
 * message and its notices went out; `backup`: a finished backup is there; `procedure`: an operation was planned for it;
 * `stopped`, `restored`, `integrity`, `restarted`, `health`, `smoke`: the steps of its operation of that kind were done and
 * read back; `review`: the review is scheduled.
 * @internal
 */
export const SEEN = [
  'declared',
  'notified',
  'backup',
  'procedure',
  'stopped',
  'restored',
  'integrity',
  'restarted',
  'health',
  'smoke',
  'review',
] as const;

export const ChecklistItem = z.strictObject({
  text: z.string().min(1).max(75),
  seen: z.enum(SEEN).optional(),
});
export type ChecklistItem = z.infer<typeof ChecklistItem>;

export const CHECKLISTS = ['pre', 'during', 'post'] as const;
export type ChecklistName = (typeof CHECKLISTS)[number];

/** Vendors' tickets, filled in from facts: `{app}`, `{symptom}`, `{started}`, `{steps}`, `{release}`, `{incident}`, `{level}` (G21). */
const Ticket = z.strictObject({
  /** A name under `contacts`. */
  contact: Slug,
  subject: z.string().min(1).max(150),
  body: z.string().min(1).max(2000),
});

const levels = z.array(Level).min(1);

/** A token is sent there: in clear text only on this machine. */
const Address = z
  .url()
  .refine((text) => /^https:\/\//.test(text) || /^http:\/\/(127\.|localhost\b|\[::1\])/.test(text), {
    error: 'must begin with https://',
  });

/** Where incidents are told outside of Slack. Secrets are named by the environment variables that hold them. */
export const Notifiers = z.strictObject({
  /** Events API v2. */
  pagerduty: z
    .strictObject({
      routingKey: VariableName,
      url: Address.default('https://events.pagerduty.com'),
      levels: levels.default([1]),
    })
    .optional(),
  /** Statuspage-compatible incidents and components (G23, G24). */
  statuspage: z
    .strictObject({
      token: VariableName,
      page: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/),
      component: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/),
      url: Address.default('https://api.statuspage.io'),
      levels: levels.default([1, 2]),
    })
    .optional(),
  /** `smtp` names a variable with smtp:// or smtps://user:password@host:port. */
  email: z
    .strictObject({
      smtp: VariableName,
      from: z.email(),
      to: z.array(z.email()).min(1),
      levels: levels.default([1, 2, 3]),
    })
    .optional(),
});
export type Notifiers = z.infer<typeof Notifiers>;

export const IncidentRules = z.strictObject({
  /** Each incident gets a channel of its own in Slack, and the channel of the system a word of where it is. */
  ownChannel: z.boolean().default(false),
  milestones: Milestones.prefault({}),
  /** Who owns the clocks: a name under `contacts`, mentioned when a point is overdue. Default: the first rung's first contact. */
  owner: Slug.optional(),
  escalation: z.array(Rung).default([]),
  symptoms: z.array(Symptom).max(40).default([]),
  checklists: z
    .strictObject({
      pre: z.array(ChecklistItem).max(10).default([]),
      during: z.array(ChecklistItem).max(10).default([]),
      post: z.array(ChecklistItem).max(10).default([]),
    })
    .prefault({}),
  tickets: z.array(Ticket).default([]),
  notify: Notifiers.prefault({}),
  /** What the public is told; `{title}` is the system's (G24). */
  publicText: z
    .string()
    .max(500)
    .default('We are investigating a problem with {title} and will post an update within {minutes} minutes.'),
  /** How long a system is watched more closely after an incident, and how often (F16, P19). */
  watchAfter: z.strictObject({ hours: z.number().positive(), everySeconds: z.number().min(10) }).optional(),
  /** Reminders of the work that follows an incident, in hours (G28-G30, S12, P19). */
  followUpHours: z.array(z.number().positive()).default([24, 48, 168]),
});
export type IncidentRules = z.infer<typeof IncidentRules>;
