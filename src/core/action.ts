// The actions that plans are made of: their arguments, their effect, and what code must offer to carry one out.
import { z } from 'zod';
import { Check } from './check.ts';
import { Backup, Proof, Release, Target } from './facts.ts';
import { Json } from './json.ts';
import { Slug } from './names.ts';
import type { System } from './system.ts';

/**
 * What doing it means. `read` looks; `scratch` makes something new that can be thrown away;
 * `change` alters an environment and can be taken back; `destroy` overwrites data.
 */
export const Effect = z.enum(['read', 'scratch', 'change', 'destroy']);
export type Effect = z.infer<typeof Effect>;

const environment = Slug;
const BackupOf = z.strictObject({ environment, backup: Backup });
/** A database built beside the live one; its name is chosen in the plan, before it exists. */
export const CANDIDATE_ALIAS = /^CANDIDATE_[0-9]+$/;
const Candidate = z.strictObject({ name: z.string(), alias: z.string().regex(CANDIDATE_ALIAS) });
export type Candidate = z.infer<typeof Candidate>;

/** Arguments of every action. Everything is pinned here at proposal: names, ids, times (style rule 7). */
export const ActionArgs = {
  'backups.verify': z.strictObject({ environment, backup: z.string() }),
  'backup.capture': z.strictObject({ environment, target: Target }),
  'backup.fetch': z.strictObject({ from: BackupOf }),
  'backup.rehearse': z.strictObject({ from: BackupOf }),
  'database.restore': z.strictObject({
    environment,
    target: Target,
    from: BackupOf,
    /** The step that captured what is overwritten here, for taking it back. */
    preimage: z.string(),
  }),
  'database.check': z.strictObject({ environment, target: Target, expect: Proof.nullable() }),
  'candidate.create': z.strictObject({ environment, candidate: Candidate }),
  'candidate.load': z.strictObject({ environment, candidate: Candidate, from: BackupOf }),
  'candidate.check': z.strictObject({ environment, candidate: Candidate, expect: Proof.nullable() }),
  'maintenance.on': z.strictObject({ environment }),
  'maintenance.off': z.strictObject({ environment }),
  'database.promote': z.strictObject({ environment, promote: z.string(), previous: z.string() }),
  'services.check': z.strictObject({ environment, database: z.string() }),
  /** Not `required` on the way back: what was before may have been unhealthy, and is wanted all the same. */
  'health.check': z.strictObject({ environment, required: z.boolean() }),
  'release.rollback': z.strictObject({ environment, to: Release, from: Release }),
  'logs.watch': z.strictObject({ environment }),
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
  'candidate.create': 'scratch',
  'candidate.load': 'scratch',
  'candidate.check': 'read',
  'maintenance.on': 'change',
  'maintenance.off': 'change',
  'database.promote': 'change',
  'services.check': 'read',
  'health.check': 'read',
  'release.rollback': 'change',
  'logs.watch': 'read',
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
  /** How it is taken back, or why it need not or cannot be. */
  readonly undo:
    | { readonly how: string; run(args: A, output: Json, run: Run): Promise<Evidence> }
    | { readonly not: string };
}

export type Actions = { readonly [N in ActionName]?: Action<Args<N>> };
