// The contract of a platform: what it can do, what it reads, and the actions it carries out.
import type { Actions } from './action.ts';
import type { EnvironmentFacts } from './facts.ts';
import type { Secret } from './secret.ts';
import type { System } from './system.ts';

/** What runbooks may ask of a platform. A runbook that lacks one is refused with the reason. */
export type Capability = 'backups' | 'candidate' | 'maintenance' | 'releases';

/** The environment's live database, or one built beside it (by its name in the plan). */
export type DatabaseRef = { readonly environment: string; readonly candidate: string | null };

export interface Platform {
  readonly kind: string;
  readonly capabilities: readonly Capability[];
  /** Every problem with an environment's settings as `{ path, message }`; empty when they are right. */
  problemsOf(settings: unknown): readonly { path: readonly (string | number)[]; message: string }[];
  /** The id as the platform writes it; throws a Refusal for anything that cannot be one of its restorable backups. */
  backupId(typed: string): string;
  /** Facts of one environment, read now; the survey is left null (it is read from the database itself). */
  facts(system: System, environment: string): Promise<EnvironmentFacts>;
  /** The connection string of a database, read now. Never stored. */
  connection(system: System, database: DatabaseRef): Promise<Secret>;
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
