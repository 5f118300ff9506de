// What is kept of a drill or an incident when it is over: figures to compare, and a text for people.
import { z } from 'zod';
import { Check } from './check.ts';
import { Moment, Slug, UserId } from './names.ts';

/**
 * One part of a drill, or of a proof that is counted with them. `pass` is only what was read back. `confirmed`: a person said
 * that it was done, and nothing can be read back. `unverified`: it ran to its end, and could not be read back.
 */
export const ReportPart = z.strictObject({
  title: z.string(),
  result: z.enum(['pass', 'fail', 'unverified', 'confirmed', 'not run']),
  /** Of work: what was waited for people between two steps is not in it. */
  seconds: z.number().nullable(),
  /** What was read back. */
  says: z.array(z.string()),
  checks: z.array(Check).default([]),
});
export type ReportPart = z.infer<typeof ReportPart>;

/** G27, B15: what a drill has shown. Null is what was not measured. */
export const DrillFigures = z.strictObject({
  drill: Slug,
  backup: z.strictObject({ id: z.string(), at: Moment.nullable(), bytes: z.number().nullable() }).nullable(),
  /** Seconds of bringing the backup here, and of restoring it: the longest of all parts. */
  downloadSeconds: z.number().nullable(),
  restoreSeconds: z.number().nullable(),
  totalSeconds: z.number(),
  /**
   * The steps of the longest part that recovered data and found it right: what the RTO is held against. Of a simulated
   * disaster only the recovery.
   */
  recoverySeconds: z.number().nullable(),
  /** From the system's objectives. */
  rtoMinutes: z.number().nullable(),
  rpoMinutes: z.number().nullable(),
  rows: z.record(z.string(), z.number()),
  smoke: z.strictObject({ passed: z.number(), of: z.number() }).nullable(),
  /** What the scan for personal data found; null where nothing is masked. */
  leaks: z.number().nullable(),
  participants: z.array(UserId),
  /** What they are, by id, as far as the system file says so: `engineering-lead`. */
  people: z.record(z.string(), z.string()).default({}),
  parts: z.array(ReportPart),
  issues: z.array(z.string()),
  recommendations: z.array(z.string()),
  nextAt: Moment.nullable(),
});
export type DrillFigures = z.infer<typeof DrillFigures>;

export const Report = z.strictObject({
  id: z.string().regex(/^rep-[1-9][0-9]{0,9}$/),
  system: Slug,
  kind: z.enum(['drill', 'post-mortem']),
  /** The operation or incident that it is about. */
  of: z.string(),
  at: Moment,
  title: z.string(),
  /** `none`: a drill that does not count since too few have joined; an incident. */
  result: z.enum(['pass', 'fail', 'unverified', 'none']),
  figures: DrillFigures.nullable(),
  markdown: z.string(),
});
export type Report = z.infer<typeof Report>;
