// The actions that plans are made of: their arguments, their effect, and what code must offer to carry one out.
import { z } from 'zod';
import { Check } from './check.ts';
import { Backup, Proof, Release, Target } from './facts.ts';
import { Json } from './json.ts';
import { Identifier, Moment, Slug } from './names.ts';
import type { System } from './system.ts';

/**
 * What doing it means. `read` looks; `scratch` makes something new that can be thrown away;
 * `change` alters an environment and can be taken back; `destroy` overwrites data.
 */
export const Effect = z.enum(['read', 'scratch', 'change', 'destroy']);
export type Effect = z.infer<typeof Effect>;

const environment = Slug;
/** Only rows that are gone, or besides those that were changed. */
const MergeMode = z.enum(['missing', 'replace']);
const BackupOf = z.strictObject({ environment, backup: Backup });
/** The name of a database built beside the live one; it is chosen in the plan, before it exists. */
const candidate = z.string();

/** Arguments of every action. Everything is pinned here at proposal: names, ids, times (style rule 7). */
export const ActionArgs = {
  'backups.verify': z.strictObject({ environment, backup: z.string() }),
  /** `preimage`: of data that may be damaged or is about to be replaced; never chosen as the latest (S3, P6). */
  'backup.capture': z.strictObject({
    environment,
    target: Target,
    kind: z.enum(['manual', 'preimage']),
    /** A milestone, which no retention deletes. */
    keep: z.literal('forever').optional(),
    /** Of what is damaged: where it cannot be made, the operation goes on without it. */
    mayFail: z.literal(true).optional(),
  }),
  'backup.fetch': z.strictObject({ from: BackupOf }),
  'backup.rehearse': z.strictObject({ from: BackupOf }),
  'database.restore': z.strictObject({
    environment,
    target: Target,
    from: BackupOf,
    /** The step that captured what is overwritten here, for taking it back. */
    preimage: z.string(),
  }),
  /** `tolerates` on the way back: what was before may have been broken, and is wanted all the same. */
  'database.check': z.strictObject({
    ...{ environment, target: Target, expect: Proof.nullable() },
    tolerates: z.literal('anything').optional(),
  }),
  /** Recovers a cluster to a moment, away from the live one, and makes of it the archive that `from` names. */
  'moment.recover': z.strictObject({ environment, at: Moment, from: BackupOf }),
  /** Would it fit? Version, extensions, roles, encoding, disk, other work. */
  'candidate.preflight': z.strictObject({ environment, candidate, from: BackupOf }),
  /** `at`: made by the provider as the database was at that moment; null makes an empty one. */
  'candidate.create': z.strictObject({ environment, candidate, at: Moment.nullable() }),
  /** `masked`: personal data is made harmless while it is loaded (B7). */
  'candidate.load': z.strictObject({ environment, candidate, from: BackupOf, masked: z.boolean() }),
  'candidate.check': z.strictObject({ environment, candidate, expect: Proof.nullable() }),
  /** Is any clear text left? */
  'candidate.scan': z.strictObject({ environment, candidate, from: BackupOf }),
  /** One that was kept warm and was never live. `spare`: it stays, and that is no failure, while an open operation needs it. */
  'candidate.drop': z.strictObject({ environment, candidate, identity: z.string(), spare: z.literal(true).optional() }),
  /** The table as the backup has it, in the schema `beside` of the live database, compared row by row. */
  'table.extract': z.strictObject({
    environment,
    table: Identifier,
    beside: z.string(),
    from: BackupOf,
    /** A candidate that is kept warm and holds this backup: quicker than the archive. */
    warm: candidate.nullable(),
    mode: MergeMode,
  }),
  'table.merge': z.strictObject({
    environment,
    table: Identifier,
    beside: z.string(),
    mode: MergeMode,
  }),
  'table.unmerge': z.strictObject({ environment, table: Identifier, beside: z.string() }),
  'maintenance.on': z.strictObject({ environment }),
  'maintenance.off': z.strictObject({ environment }),
  'database.promote': z.strictObject({ environment, promote: z.string(), previous: z.string() }),
  /** `services` in the order in which they are started. */
  'services.stop': z.strictObject({ environment, services: z.array(z.string()) }),
  'services.start': z.strictObject({ environment, services: z.array(z.string()) }),
  'services.check': z.strictObject({ environment, database: z.string() }),
  'services.scale': z.strictObject({ environment, process: z.string(), quantity: z.int().min(1).max(100) }),
  /** Brings the schema to what the code expects. */
  'migrations.run': z.strictObject({ environment }),
  /** Is the server still within our reach, behind what people have changed around it? */
  'server.reach': z.strictObject({ environment }),
  /** A new, empty server where the old one cannot be started; what is left of the old one is kept. */
  'server.recreate': z.strictObject({ environment }),
  /** A database that was live once, or a schema in the live one with rows as they were before. */
  'leftover.drop': z.strictObject({ environment, name: z.string(), identity: z.string() }),
  /** Not `required` on the way back: what was before may have been unhealthy, and is wanted all the same. */
  'health.check': z.strictObject({ environment, required: z.boolean() }),
  'release.rollback': z.strictObject({ environment, to: Release, from: Release }),
  'smoke.check': z.strictObject({ environment }),
  'logs.watch': z.strictObject({ environment }),
  /** A throwaway server is filled from the backup, destroyed, and recovered from it against the clock (P12, S8). */
  'drill.disaster': z.strictObject({ from: BackupOf }),
  /** To the off-site place of the settings, encrypted to public keys; the copy is read back (P13, P14, S14, F2). */
  'backup.copy': z.strictObject({ from: BackupOf }),
  /** Some tables of the live database as one file, to the off-site place, encrypted (S15). `tables`: as `schema.name`. */
  'data.export': z.strictObject({ environment, tables: z.array(z.string()).min(1), file: z.string() }),
  /** Files that the retention no longer keeps, with their manifests. */
  'backups.prune': z.strictObject({
    environment,
    place: z.enum(['archives', 'offsite']),
    remove: z.array(Backup).min(1),
  }),
  /** What only a person can do (P9, F8-F10): shown, confirmed by name, timed. */
  'person.task': z.strictObject({ title: z.string(), instructions: z.string() }),
} as const satisfies Record<string, z.ZodType>;

export type ActionName = keyof typeof ActionArgs;
export const ActionName = z.enum(Object.keys(ActionArgs) as [ActionName, ...ActionName[]]);
export type Args<N extends ActionName> = z.infer<(typeof ActionArgs)[N]>;

export const EFFECTS: Readonly<Record<ActionName, Effect>> = {
  'backups.verify': 'read',
  'backup.capture': 'scratch',
  'backup.fetch': 'scratch',
  'backup.rehearse': 'scratch',
  'database.restore': 'destroy',
  'database.check': 'read',
  'moment.recover': 'scratch',
  'candidate.preflight': 'read',
  'candidate.create': 'scratch',
  'candidate.load': 'scratch',
  'candidate.check': 'read',
  'candidate.scan': 'read',
  'candidate.drop': 'scratch',
  'table.extract': 'scratch',
  'table.merge': 'change',
  'table.unmerge': 'change',
  'maintenance.on': 'change',
  'maintenance.off': 'change',
  'database.promote': 'change',
  'services.stop': 'change',
  'services.start': 'change',
  'services.check': 'read',
  'services.scale': 'change',
  'migrations.run': 'change',
  'server.reach': 'read',
  'server.recreate': 'destroy',
  'leftover.drop': 'destroy',
  'health.check': 'read',
  'release.rollback': 'change',
  'smoke.check': 'read',
  'logs.watch': 'read',
  'drill.disaster': 'scratch',
  'backup.copy': 'scratch',
  'data.export': 'scratch',
  'backups.prune': 'destroy',
  'person.task': 'read',
};

/** What was read back after the act. `says` are sentences with figures; an exit code is never among them. */
export const Evidence = z.strictObject({
  says: z.array(z.string()),
  checks: z.array(Check).default([]),
  /** A backup was restored and its data checked: cited by later plans. */
  proof: Proof.optional(),
});
export type Evidence = z.infer<typeof Evidence>;

export const Outcome = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('done'), evidence: Evidence, output: Json.default(null) }),
  /** It ran to its end but could not be read back. */
  z.strictObject({ is: z.literal('unverified'), why: z.string(), evidence: Evidence, output: Json.default(null) }),
  /** `untouched`: it is certain that nothing was changed, so there is nothing to take back. */
  z.strictObject({
    is: z.literal('failed'),
    why: z.string(),
    evidence: Evidence,
    untouched: z.boolean().default(false),
  }),
]);
export type Outcome = z.infer<typeof Outcome>;

export type Probed = { is: 'happened'; outcome: Outcome } | { is: 'not_happened' } | { is: 'unknown'; why: string };

export type Progress = { percent: number | null; note: string };

/** What an action gets besides its arguments. */
export interface Run {
  readonly system: System;
  readonly operation: string;
  readonly step: string;
  /** Aborted when the lease is lost or the process stops: stop waiting, start nothing. */
  readonly signal: AbortSignal;
  /** What `before` returned for this step when its intent was journaled; null for actions without `before`. */
  readonly before: Json;
  /** Outputs of the steps that are done, by step id. */
  readonly outputs: Readonly<Record<string, Json>>;
  progress(progress: Progress): void;
  /** To be awaited directly before anything is changed. Throws LeaseLost when another worker may have taken over. */
  fence(): Promise<void>;
  /** The open operation, other than this one, whose plan uses that database or schema; null when there is none. */
  neededBy(name: string): Promise<string | null>;
}

/**
 * Code that carries out one kind of step. Doing it twice, or undoing what is already undone, is harmless or noticed.
 * Anything thrown from `do` leads to `probe`: the executor never concludes from an exception what happened.
 */
export interface Action<A> {
  /** The command or request as a person would write it, for the plan. No secrets. */
  describe(args: A, system: System): string;
  /** A reading taken before the intent is journaled, by which `probe` can tell this act from earlier ones. */
  before?(args: A, run: Run): Promise<Json>;
  do(args: A, run: Run): Promise<Outcome>;
  /** Did it happen? Asked after a crash or a fault, about an intent without a result. */
  probe(args: A, run: Run): Promise<Probed>;
  /** Only where a person does it: what there is to do. Neither `do` nor `probe` is asked then. */
  readonly asks?: (args: A) => string;
  /** How it is taken back, or why it need not or cannot be. */
  readonly undo:
    | { readonly how: string; run(args: A, output: Json, run: Run): Promise<Evidence> }
    | { readonly not: string };
}

export type Actions = { readonly [N in ActionName]?: Action<Args<N>> };
