// How Holdfast reaches one environment's PostgreSQL, and what a platform of this kind adds to what they have in common.
import type { Actions } from '../../core/action.ts';
import type { Window } from '../../core/facts.ts';
import type { Capability, Platform } from '../../core/platform.ts';
import type { Secret } from '../../core/secret.ts';
import type { System } from '../../core/system.ts';
import type { FileOptions } from '../shared/work-files.ts';
import type { Archives } from './settings.ts';

export type Reach = {
  /** What people call the place, and type to confirm: the project, the host. */
  readonly name: string;
  /** The live database's address, for a role that may create and rename databases on its server. */
  readonly live: Secret;
  readonly archives: Archives;
  /** To whom a restored database goes when no live one is left; undefined: the role that we connect as. */
  readonly owner?: string | undefined;
  /** What runs on the database, in the order in which it is started. */
  readonly services: readonly string[];
  /** The command that brings the schema to what the code expects, as a person would type it. */
  readonly migrate: string | null;
  /** On the disk of the server's data; null when nobody can say. */
  freeBytes(signal?: AbortSignal): Promise<number | null>;
  /** The same disk, whole. */
  disk(signal?: AbortSignal): Promise<Disk | null>;
  /** Null where the write-ahead log is not archived. */
  readonly moments: Moments | null;
};

/** What ordinary users may have of it: blocks kept for root are in neither. */
export type Disk = { readonly usedBytes: number; readonly freeBytes: number };

/** Recovers a cluster to a moment, away from the live one, and dumps it. */
export interface Moments {
  window(signal?: AbortSignal): Promise<Window>;
  /** Writes a pg_dump archive of the database as it was at `at`; `reached` is what the server itself said it had reached. */
  recover(
    given: { readonly at: string; readonly database: string; readonly name: string; readonly file: string },
    options: { readonly signal: AbortSignal; onNote(note: string): void },
  ): Promise<{ readonly reached: string; readonly says: readonly string[] }>;
  /** Removes whatever an attempt of that name has left. */
  clear(name: string, signal: AbortSignal): Promise<void>;
}

/** What a platform adds. */
export type Parts = Pick<Platform, 'kind' | 'problemsOf' | 'variablesOf'> & {
  /** Besides those that all of this kind have. */
  readonly capabilities: readonly Capability[];
  reach(system: System, environment: string): Promise<Reach>;
  /** What only it can do: services, migrations, logs. */
  readonly actions: Actions;
};

export type DirectOptions = {
  /** On a disk with room for an archive. */
  readonly workDir: string;
  /** The PATH on which PostgreSQL's programs are found. */
  readonly path: string;
  /** By which masked values are derived (MASKING_KEY); null where nothing is masked. */
  readonly maskingKey: Secret | null;
  /** What an environment variable holds that a system file names. */
  secretOf(variable: string): Secret;
};

/** What the actions of this room work with. */
export type Tools = DirectOptions & {
  reach(system: System, environment: string): Promise<Reach>;
  readonly files: FileOptions;
};
