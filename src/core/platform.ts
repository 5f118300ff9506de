// The contract of a platform: what it can do, what it reads, and the actions it carries out.
import type { Actions } from './action.ts';
import type { EnvironmentFacts, Kept, Target } from './facts.ts';
import type { Operation } from './operation.ts';
import type { Secret } from './secret.ts';
import type { System } from './system.ts';
import type { Vitals } from './vitals.ts';

/**
 * What runbooks may ask of a platform. A runbook that lacks one is refused with the reason.
 * `server`: Holdfast reaches the PostgreSQL server itself, so that nothing need be overwritten.
 * `tables`: the live database can be written to by Holdfast, so that one table can be recovered.
 * `moments`: a moment in time can be recovered. `maintenance`: a page is shown while the database is exchanged.
 */
export type Capability = 'backups' | 'candidate' | 'server' | 'tables' | 'moments' | 'maintenance' | 'releases';

/** The environment's live database, or one built beside it (by its name in the plan). */
export type DatabaseRef = { readonly environment: string; readonly candidate: string | null };

/** What opens encrypted backups. None of it is ever written to a file or an argument. */
export type ArchiveKeys = {
  /** Lines of an age identity file: `AGE-SECRET-KEY-1…`. */
  readonly ageIdentity?: Secret;
  /** For `gpg --symmetric`, and for age with a passphrase. */
  readonly passphrase?: Secret;
};

/** The database that is built, and the one that was live when it has been promoted. */
export type BesideNames = { readonly candidate: string; readonly previous: string };

export type FactsOptions = {
  /** Nothing will be read from a backup: a store that is away counts as empty, instead of standing in the way. */
  readonly storeMayBeAway?: boolean;
};

export interface Platform {
  readonly kind: string;
  readonly capabilities: readonly Capability[];
  /** Every problem with an environment's settings as `{ path, message }`; empty when they are right. */
  problemsOf(settings: unknown): readonly { path: readonly (string | number)[]; message: string }[];
  /** The environment variables that settings name for their secrets: `PROVOTE_DATABASE_URL`. */
  variablesOf(settings: unknown): readonly string[];
  /** The id as the platform writes it; throws a Refusal for anything that cannot be one of its restorable backups. */
  backupId(typed: string): string;
  /** How databases will be called that an operation leaves beside the live one. */
  names(target: Target, chosen: { readonly operation: string; readonly nonce: string }): BesideNames;
  /** Facts of one environment, read now; the survey is left null (it is read from the database itself). */
  facts(system: System, environment: string, options?: FactsOptions): Promise<EnvironmentFacts>;
  /**
   * What an operation has left for undo, read now; absent where the facts of the server tell it. Throws a Refusal when it
   * cannot be read.
   */
  leftBy?(system: System, operation: Operation): Promise<readonly Kept[]>;
  /** How the environment's server is doing; absent where the provider tells nothing of it. */
  vitals?(system: System, environment: string): Promise<Vitals>;
  /** On the disk of the live database; null, or absent, where nobody can say. */
  freeBytes?(system: System, environment: string, signal?: AbortSignal): Promise<number | null>;
  /** The connection string of a database, read now. Never stored. */
  connection(system: System, database: DatabaseRef): Promise<Secret>;
  /** What opens the backups of this environment. */
  archiveKeys(system: System, environment: string): Promise<ArchiveKeys>;
  /** Writes a finished backup to a new file (never over an existing one). Rejects with a Fault, or when `signal` aborts. */
  download(system: System, environment: string, backup: string, file: string, options: DownloadOptions): Promise<void>;
  /** What only this platform can do; what every platform shares (health, checks, rehearsal) is added by the composition root. */
  readonly actions: Actions;
}

export type DownloadOptions = {
  readonly signal: AbortSignal;
  /** Bytes so far. */
  onBytes(bytes: number): void;
};
