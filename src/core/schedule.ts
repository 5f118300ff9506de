// What runs by itself, as written in a system file: schedules, drills, and how closely backups are watched.
import { z } from 'zod';
import type { OperationCommand } from './command.ts';
import { Slug } from './names.ts';

/** What a schedule starts. Verifications, drills and warm candidates become operations; a review reminds a person. */
export const ScheduledWork = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('verify'), deep: z.boolean().default(false) }),
  z.strictObject({ do: z.literal('backup'), environment: Slug.optional() }),
  z.strictObject({ do: z.literal('warm'), environment: Slug }),
  /** The latest backup goes out of the house (S14). */
  z.strictObject({ do: z.literal('copy') }),
  /** The tables under `export` go out of the house (S15). */
  z.strictObject({ do: z.literal('export') }),
  z.strictObject({ do: z.literal('drill'), drill: Slug }),
  /** The runbook is read through with somebody under `contacts` (P21, S17, F22). */
  z.strictObject({ do: z.literal('review'), title: z.string().min(1).max(120), contact: Slug }),
]);
export type ScheduledWork = z.infer<typeof ScheduledWork>;

export const Schedule = z.strictObject({
  name: Slug,
  /** Five fields; the first Friday is `0 10 * * 5#1`, never `1-7 * 5`, which means either of them. */
  cron: z.string().min(9).max(80),
  timeZone: z.string().default('UTC'),
  /** What becomes of a run whose time passed while nobody was up: made up once, or only reported. */
  missed: z.enum(['make-up', 'report']).default('make-up'),
  work: ScheduledWork,
});
export type Schedule = z.infer<typeof Schedule>;

/** One part of a drill; each is passed or failed for itself (G26, B15, P12, S7, S8). */
export const DrillPart = z.discriminatedUnion('do', [
  /** Are the backups there, finished, fresh? */
  z.strictObject({ do: z.literal('backups') }),
  /** A backup is downloaded, read, restored into a scratch PostgreSQL and its data checked. */
  z.strictObject({ do: z.literal('scratch') }),
  /** It is restored into an unprotected environment by the very recipe of `/dr restore`. */
  z.strictObject({ do: z.literal('restore'), environment: Slug }),
  /**
   * A throwaway environment is made from the backup, destroyed, and recovered against the clock (P12, S8). Nothing that
   * anybody uses is touched.
   */
  z.strictObject({ do: z.literal('disaster') }),
  z.strictObject({
    do: z.literal('person'),
    title: z.string().min(1).max(80),
    instructions: z.string().min(1).max(1000),
  }),
]);
export type DrillPart = z.infer<typeof DrillPart>;

export const Drill = z.strictObject({
  title: z.string().min(1).max(80),
  /** Roles whose people are asked to join, and how many must have joined for the drill to count (G26). */
  participants: z.strictObject({ roles: z.array(Slug).min(1), atLeast: z.int().min(0).default(1) }).optional(),
  /** How long the runbook says that it takes. */
  minutes: z.number().positive().default(30),
  parts: z.array(DrillPart).min(1),
});
export type Drill = z.infer<typeof Drill>;

/** Limits beyond which an alert is raised (P15, F19, G5, S14). */
export const Watch = z.strictObject({
  /** How often the backups are looked at. */
  everyMinutes: z.number().positive().default(15),
  diskPercent: z.number().positive().max(100).default(90),
  poolPercent: z.number().positive().max(100).default(80),
  lagSeconds: z.number().positive().default(3600),
});
export type Watch = z.infer<typeof Watch>;

/** Everything but a review, which only people can do. */
type Startable = Exclude<ScheduledWork, { do: 'review' }>;

/** What a schedule starts, as a person would type it. */
export function commandOf(work: Startable, system: string): OperationCommand {
  switch (work.do) {
    case 'verify':
      return { verb: 'verify', system, backup: 'latest', deep: work.deep };
    case 'backup':
      return { verb: 'backup', system, environment: work.environment ?? null, keep: false };
    case 'warm':
      return { verb: 'warm', system, environment: work.environment, backup: 'latest' };
    case 'copy':
      return { verb: 'copy', system, backup: 'latest' };
    case 'export':
      return { verb: 'export', system };
    case 'drill':
      return { verb: 'drill', system, drill: work.drill };
  }
}

/** A part of a drill in a few words. */
export function partTitle(part: DrillPart): string {
  switch (part.do) {
    case 'backups':
      return 'Backups there, finished and fresh';
    case 'scratch':
      return 'Restored into a scratch PostgreSQL';
    case 'restore':
      return `Restored into ${part.environment}`;
    case 'disaster':
      return 'A throwaway server destroyed and recovered';
    case 'person':
      return part.title;
  }
}
