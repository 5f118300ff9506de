// What every part of a load is given, and what its errors are made of.
import { DatabaseError, escapeIdentifier as quoted } from 'pg';
import { Fault, Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { ToolPath } from '../client-tools.ts';
import type { Query } from '../connect.ts';
import { saidWithoutRows } from './lane.ts';

export type Loading = ToolPath & {
  /** The database as its own role of this one load, which is no superuser: everything of the archive runs as it. */
  readonly database: Secret;
  /** The same database as the role that made it: for extensions only, before anything of the archive is there. */
  readonly admin: Secret;
  /** Its name. */
  readonly role: string;
  /** Of the database. */
  readonly name: string;
  /** The same for a person: "a scratch PostgreSQL". */
  readonly into: string;
  /** Of the server: 15. */
  readonly major: number;
  readonly jobs: number;
  /** Only where nobody would miss it: policies may name roles that another server has. */
  readonly createsRoles?: boolean;
  /** A directory for lists, closed to others. */
  readonly workDir: string;
  readonly purpose: string;
  readonly signal: AbortSignal;
};

/** Asked as the role of the load. */
export type Hooks = {
  /** When all tables are there and none has a row. */
  beforeData?(query: Query): Promise<void>;
  /** When all rows are there and no index is. */
  afterData?(query: Query): Promise<void>;
  /** `percent` is null where the whole is not known. */
  onProgress?(progress: { readonly percent: number | null; readonly note: string }): void;
};

/** `table` as it is written in SQL, with its schema. */
export type Unvalidated = { readonly table: string; readonly constraint: string };

export type LoadedParts = {
  /** Of the archive, but not in the database: extensions by their names, others as "event trigger audit". */
  readonly leftOut: readonly string[];
  readonly unvalidated: readonly Unvalidated[];
};

/** Says for a person what a server answered, without the rows that it quotes. Refusals and Faults stay as they are. */
export function troubleWith(activity: string, thrown: unknown): Error {
  if (thrown instanceof Refusal || thrown instanceof Fault) return thrown;
  const said = saidWithoutRows(thrown);
  if (thrown instanceof DatabaseError && thrown.code === '53100') return diskFull(said);
  return roleMissing(said) ?? new Fault(activity, { cause: new Error(said) });
}

export function diskFull(said: string): Refusal {
  return new Refusal(
    'disk-full',
    `The disk of the database server is full (${said}). The live database was not touched.`,
    'Free space on the server (what is kept for undo goes with `/dr cleanup`), then ask again.',
  );
}

const MISSING_ROLE = /\brole "(.+)" does not exist/;

/** Null when something else was said. */
export function roleMissing(said: string): Refusal | null {
  const role = MISSING_ROLE.exec(said)?.[1];
  if (role === undefined) return null;
  return new Refusal(
    'role-missing',
    `The backup needs the role ${role}, which the server does not have.`,
    `Make it with: CREATE ROLE ${quoted(role)}; then ask again.`,
  );
}
