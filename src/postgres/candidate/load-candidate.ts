// Fills a candidate from a backup, as a role of its own to which everything belongs until it goes live, and has it on disk.
import type { Secret } from '../../core/secret.ts';
import type { ToolPath } from '../client-tools.ts';
import { type Query, toDatabase, withDatabase } from '../connect.ts';
import { onServer, sqlStateOf } from '../database-facts.ts';
import { type Loadable, type LoadOptions, load } from '../load.ts';
import { createCandidate } from './create.ts';
import { tryHandOver } from './hand-over.ts';
import { candidateMark, type Mark, markCandidate, mustBeOurs, type ServerOptions } from './mark.ts';
import { asRole, createLoadRole, dismissLoadRole, loadRole, mustGetIn } from './role.ts';

export type CandidateLoad = ServerOptions &
  ToolPath &
  LoadOptions & {
    readonly name: string;
    readonly backup: Loadable;
    /** From which owners and grants are taken; null where it is lost. */
    readonly live: string | null;
    /** To whom everything goes then; default: the role that we connect as. */
    readonly owner?: string;
    /** For small files, closed to others. */
    readonly workDir: string;
  };

export type LoadedCandidate = {
  readonly seconds: number;
  /** Extensions that the server does not have, by name; event triggers, publications, subscriptions: "event trigger audit". */
  readonly leftOut: readonly string[];
  /** Sentences for a person: about the owners and grants that it will have. */
  readonly says: readonly string[];
  readonly mark: Mark;
};

/**
 * Repeatable: what an interrupted load has left is thrown away first, and one that is loaded is left as it is. Throws Fault
 * or Refusal when anything of the backup cannot be loaded; the live database is never touched, the candidate can be dropped.
 */
export async function loadCandidate(server: Secret, request: CandidateLoad): Promise<LoadedCandidate> {
  const { name, live, purpose, signal } = request;
  const options = { purpose, signal };
  const before = await candidateMark(server, name, options);
  const mark = mustBeOurs(name, { exists: before !== null, mark: before, isUnfinished: false });
  if (mark.state !== 'loading') return { seconds: 0, leftOut: [], says: ['It was loaded already.'], mark };
  const admin = toDatabase(server, name);
  if (await wasBegun(admin, name, options)) await createCandidate(server, { ...options, name, live, mark });
  const { role, database } = await prepare(admin, name, options);
  const place = { ...request, database, admin, role, into: `the candidate ${name}` };
  const loaded = await load(place, request.backup, request);
  const says = await tryHandOver(server, { name, live, owner: request.owner ?? null }, options);
  await onServer(server, writing(options), async (query) => {
    await dismissLoadRole(query, name);
    await checkpoint(query);
  });
  // The last word: only now is everything there, and the commit of the mark takes everything before it to the disk.
  return { ...loaded, says, mark: await markCandidate(server, name, { state: 'loaded' }, options) };
}

/** The schema public goes to the role of the load first of all, and comes back at the end. */
async function wasBegun(admin: Secret, name: string, options: ServerOptions): Promise<boolean> {
  return (await withDatabase(admin, writing(options), ownerOfPublic)) === loadRole(name);
}

async function prepare(admin: Secret, name: string, options: ServerOptions) {
  const { role, password } = await withDatabase(admin, writing(options), (query) => createLoadRole(query, name));
  const database = asRole(admin, role, password);
  await mustGetIn(database, role, options);
  return { role, database };
}

async function ownerOfPublic(query: Query): Promise<string> {
  // What an attempt that died has loaded must not be asked.
  await query('set search_path = pg_catalog, pg_temp');
  const [row] = await query<{ owner: string }>(
    "select pg_get_userbyid(nspowner) as owner from pg_namespace where nspname = 'public'",
  );
  return row?.owner ?? '';
}

/** So that a server that crashes soon afterwards has little to replay; managed servers do not allow it. */
async function checkpoint(query: Query): Promise<void> {
  try {
    await query('checkpoint');
  } catch (thrown) {
    if (sqlStateOf(thrown) !== '42501') throw thrown;
  }
}

function writing(options: ServerOptions) {
  return { ...options, readOnly: false, timeoutSeconds: 3600 };
}
