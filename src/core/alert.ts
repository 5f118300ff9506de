// Something that was looked at and is not as it should be: raised once, kept up to date, and over when it is over.
import { z } from 'zod';
import type { Backup, Proof } from './facts.ts';
import { AlertId, Moment, Slug } from './names.ts';

/**
 * What can be wrong (P15, F19, G5, S14). `missing`: no backup where one is due; `failed`: the newest one failed; `old`;
 * `size`; `retention`; `restore-test`: a proof failed or is overdue; `disk`, `lag`, `pool`: of the server; `unreadable`: it
 * could not be looked at; `offsite`: the copy out of the house is missing, old, or cannot be read; `health`: the application, watched more closely after an incident; `schedule`: a run was missed.
 * @internal
 */
export const ALERTS = [
  'missing',
  'failed',
  'old',
  'size',
  'retention',
  'offsite',
  'restore-test',
  'disk',
  'lag',
  'pool',
  'unreadable',
  'health',
  'schedule',
] as const;
export const AlertKind = z.enum(ALERTS);
export type AlertKind = z.infer<typeof AlertKind>;

/** F19: critical is answered at once, a warning within four hours. */
export const Severity = z.enum(['critical', 'warning', 'info']);
export type Severity = z.infer<typeof Severity>;

/** The command that does the next sensible thing, without `/dr`. */
export const Remedy = z.strictObject({ label: z.string().max(40), command: z.string() });
export type Remedy = z.infer<typeof Remedy>;

/** What one look found. One of a kind per environment, and of `about` where there can be several: a schedule, a backup. */
export const Finding = z.strictObject({
  kind: AlertKind,
  environment: Slug,
  about: z.string().default(''),
  severity: Severity,
  /** What was read, with figures. */
  text: z.string(),
  remedy: Remedy.nullable(),
});
export type Finding = z.infer<typeof Finding>;

export const Alert = Finding.extend({
  id: AlertId,
  system: Slug,
  raisedAt: Moment,
  /** When it was last found so. */
  seenAt: Moment,
  /** When it was found to be over; null while it lasts. */
  overAt: Moment.nullable(),
});
export type Alert = z.infer<typeof Alert>;

/** How long somebody may take to answer (F19), in minutes; null: whenever there is time. */
export const ANSWER_WITHIN: Readonly<Record<Severity, number | null>> = { critical: 0, warning: 240, info: null };

/** What the last look at a system's backups has read, for App Home. */
export type LastLook = {
  readonly at: string;
  /** The newest that can be restored. */
  readonly newest: Backup | null;
  readonly proof: Proof | null;
  /** How much of the newest data a recovery may lose, and what makes it so. */
  readonly capability: { readonly minutes: number; readonly by: 'backups' | 'moments' };
};
