// What the platform and the database say now. Facts are read, never guessed; null means "could not be read".
import { z } from 'zod';
import { Moment, Slug } from './names.ts';

export const Backup = z.strictObject({
  /** The provider's id, or the file's name: `a001`, `backup_20251122_020000.sql.gz`. */
  id: z.string(),
  /** `preimage`: taken by an operation of data that it was about to replace; never chosen as the latest (S3, P6). */
  kind: z.enum(['scheduled', 'manual', 'preimage']),
  state: z.enum(['finished', 'running', 'pending', 'failed']),
  startedAt: Moment,
  finishedAt: Moment.nullable(),
  bytes: z.number().nullable(),
  /** As recorded when it was made; null where nothing was recorded. */
  sha256: z.string().nullable(),
  /** A milestone: the retention never deletes it (S13). */
  keep: z.literal('forever').optional(),
});
export type Backup = z.infer<typeof Backup>;

/** An encrypted copy of a backup out of the house; size and SHA-256 are those of the copy itself. */
export const Copy = Backup.extend({
  /** The id of the backup that was copied, and the SHA-256 of its file. */
  of: z.string(),
  ofSha256: z.string(),
  copiedAt: Moment,
});
export type Copy = z.infer<typeof Copy>;

/** The place out of the house; `problem` says why its copies could not be read. */
export const Offsite = z.strictObject({
  name: z.string(),
  /** Newest first. */
  copies: z.array(Copy),
  problem: z.string().nullable(),
});
export type Offsite = z.infer<typeof Offsite>;

/** Which database an environment uses, named so that two environments on one database are noticed. */
export const Target = z.strictObject({
  environment: Slug,
  /** What people call the place, and type to confirm: the app's name, the host's name. */
  name: z.string(),
  /** The database's own name: `postgresql-curved-12345`. */
  database: z.string(),
  /** What cannot be renamed: the provider's id or the system identifier with the database name. */
  identity: z.string(),
});
export type Target = z.infer<typeof Target>;

export const Release = z.strictObject({
  id: z.string(),
  /** Identity of the code, equal for two releases with the same code; null when the provider does not say. */
  code: z.string().nullable(),
  commit: z.string().nullable(),
  description: z.string(),
  by: z.string(),
  createdAt: Moment,
  state: z.enum(['succeeded', 'failed', 'pending']),
  current: z.boolean(),
});
export type Release = z.infer<typeof Release>;

/** Rows per table, and how many of them were written after a moment (null where the table has no such column). */
export const Survey = z.strictObject({
  tables: z.record(z.string(), z.strictObject({ rows: z.number(), writtenSince: z.number().nullable() })),
  /** Versions in the application's migrations table, ascending. */
  migrations: z.array(z.string()),
});
export type Survey = z.infer<typeof Survey>;

/** Work of others that has not ended. A backup only reads the database, a restore writes it. */
export const Activity = z.strictObject({
  is: z.enum(['backup', 'restore']),
  /** `restore r012, started 02:14 UTC` */
  text: z.string(),
});
export type Activity = z.infer<typeof Activity>;

/** The moments between which a database can be recovered from its write-ahead log. */
export const Window = z.strictObject({ from: Moment, to: Moment });
export type Window = z.infer<typeof Window>;

/** A database that an operation left beside the live one. */
const Beside = z.strictObject({
  name: z.string(),
  identity: z.string(),
  operation: z.string(),
  bytes: z.number(),
});

/** `until` is null where nobody has promised to keep it for so long. */
export const Kept = Beside.extend({ until: Moment.nullable() });
export type Kept = z.infer<typeof Kept>;

/** For whom a candidate was built and of what, as its mark says: by this it is told whether it is the one that is wanted. */
export const Built = z.object({
  system: Slug,
  environment: Slug,
  /** Digest of the rules by which it was masked; null: personal data stands in it. */
  masked: z.string().nullable(),
  /** Of the backup, as it was listed when it was loaded. */
  bytes: z.number().nullable(),
  finishedAt: Moment.nullable(),
});
export type Built = z.infer<typeof Built>;

/** What is known where Holdfast reaches the PostgreSQL server itself. */
export const Server = z.strictObject({
  /** What runs on the database, in the order in which it is started. */
  services: z.array(z.string()),
  /** The command that brings the schema to what the code expects; null where there is none. */
  migrate: z.string().nullable(),
  /** Size of the live database. */
  bytes: z.number().nullable(),
  freeBytes: z.number().nullable(),
  /** Candidates that were checked and are kept for an emergency, for whatever system of this server; newest first. */
  warm: z.array(Beside.extend({ backup: z.string(), sha256: z.string().nullable(), built: Built, checkedAt: Moment })),
  /** Whatever was built and never live, warm or left over. */
  candidates: z.array(Beside),
  /** What operations have left for undo: databases that were live once, rows as they were before a merge. */
  kept: z.array(Kept),
});
export type Server = z.infer<typeof Server>;

export const EnvironmentFacts = z.strictObject({
  target: Target,
  /** Newest first. */
  backups: z.array(Backup),
  /** Why they could not be listed, where the store of backups may be away. */
  backupsProblem: z.string().optional(),
  /** Newest first. */
  releases: z.array(Release),
  /** The command that runs with each release, or null if there is none. */
  releasePhase: z.string().nullable(),
  /** Null where no moment in time can be recovered. */
  window: Window.nullable(),
  /** Why it could not be read, where moments can be recovered. */
  windowProblem: z.string().optional(),
  /** Null where the provider keeps the server to itself. */
  server: Server.nullable(),
  /** On this environment's database. */
  activity: z.array(Activity),
  survey: Survey.nullable(),
  /** Why there is no survey. */
  surveyProblem: z.string().nullable(),
  /** What the health endpoint answers now, read with the survey: `answered 500 in 3 ms`. */
  health: z.strictObject({ ok: z.boolean(), text: z.string() }).optional(),
  /** Only where it was asked for: it may be slow. Null where no such place is named. */
  offsite: Offsite.nullable().optional(),
  /** What one operation has left for undo, only where it was asked for: a provider that keeps the server does not tell. */
  left: z.array(Kept).optional(),
});
export type EnvironmentFacts = z.infer<typeof EnvironmentFacts>;

export type Facts = {
  readonly at: string;
  readonly environments: Readonly<Record<string, EnvironmentFacts>>;
};

/** The last time a backup of this system was restored somewhere and its data checked. */
export const Proof = z.strictObject({
  system: Slug,
  backup: z.string(),
  operation: z.string(),
  at: Moment,
  seconds: z.number(),
  tables: z.record(z.string(), z.number()),
});
export type Proof = z.infer<typeof Proof>;
