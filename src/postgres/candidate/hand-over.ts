// When a candidate goes live: what belonged to the role of the load gets the owners and grants that the live database has.
import { escapeIdentifier as quoted } from 'pg';
import { Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { count, list } from '../../core/wording.ts';
import { type Query, toDatabase, withDatabase } from '../connect.ts';
import { sqlStateOf } from '../database-facts.ts';
import { saidWithoutRows } from './lane.ts';
import type { ServerOptions } from './mark.ts';
import { type Privileges, privilegesOf, statementsFor, tablesNotIn, usualOwner } from './privileges.ts';
import { loadRole } from './role.ts';

/** What is known of the live database before the load. `owner`: to whom everything goes that it does not have. */
type Heritage = { readonly live: string | null; readonly owner: string; readonly privileges: Privileges | null };

/** There is none of this name, it takes no connections, or its files are damaged. */
const UNREADABLE = /^(3D000|55000|XX00.|58P01|58030)$/;

/** `owner` is for the case that there is no live database that could be asked; null: whoever we connect as. */
async function heritageOf(
  server: Secret,
  from: { readonly live: string | null; readonly owner: string | null },
  options: ServerOptions,
): Promise<Heritage> {
  const nobody: Heritage = { live: null, owner: from.owner ?? 'current_user', privileges: null };
  if (from.live === null) return nobody;
  try {
    const connection = { ...options, readOnly: true, timeoutSeconds: 120 };
    return await withDatabase(toDatabase(server, from.live), connection, async (query) => {
      const privileges = await privilegesOf(query);
      const [row] = await query<{ owner: string }>(
        'select pg_get_userbyid(datdba) as owner from pg_database where datname = current_database()',
      );
      return { live: from.live, owner: usualOwner(privileges) ?? row?.owner ?? '', privileges };
    });
  } catch (thrown) {
    if (!UNREADABLE.test(sqlStateOf(thrown))) throw thrown;
    return nobody;
  }
}

export type HandOver = {
  readonly name: string;
  /** From which owners and grants are taken; null where it is lost. */
  readonly live: string | null;
  /** To whom everything goes then; null: the role that we connect as. */
  readonly owner: string | null;
};

/** Says what `handOver` would do, and throws what it would throw: all of it is done and taken back. */
export async function tryHandOver(server: Secret, given: HandOver, options: ServerOptions): Promise<string[]> {
  return await inCandidate(server, given, options, async (query, heritage) => {
    const objects = await exchangeOwners(query, given.name, heritage, 'rollback');
    return sayings(heritage, objects, 'will be');
  });
}

/**
 * All or nothing: from then on what the backup has brought along can run with the rights of others. Only for a candidate that
 * goes live. Done before, it does nothing and says nothing.
 */
export async function handOver(server: Secret, given: HandOver, options: ServerOptions): Promise<string[]> {
  const { name } = given;
  return await inCandidate(server, given, options, async (query, heritage) => {
    const [there] = await query('select from pg_roles where rolname = $1', [loadRole(name)]);
    if (there === undefined) return [];
    const objects = await exchangeOwners(query, name, heritage, 'commit');
    await query(`drop role ${quoted(loadRole(name))}`);
    return sayings(heritage, objects, 'are');
  });
}

async function inCandidate<T>(
  server: Secret,
  { name, live, owner }: HandOver,
  options: ServerOptions,
  work: (query: Query, heritage: Heritage) => Promise<T>,
): Promise<T> {
  const heritage = await heritageOf(server, { live, owner }, options);
  const connection = { ...options, readOnly: false, timeoutSeconds: 3600 };
  return await withDatabase(toDatabase(server, name), connection, async (query) => {
    // We may be a superuser here, and names are to mean PostgreSQL's own.
    await query('set search_path = pg_catalog, pg_temp');
    return await work(query, heritage);
  });
}

/** The role of the load is left without anything in the database. */
async function exchangeOwners(
  query: Query,
  name: string,
  { live, owner, privileges }: Heritage,
  end: 'commit' | 'rollback',
): Promise<Privileges['objects']> {
  const role = loadRole(name);
  const { objects } = await privilegesOf(query);
  const taken = privileges === null ? [] : statementsFor(privileges, objects, { from: role, to: owner });
  await query('begin');
  try {
    await query(`alter schema public owner to ${quoted(await usualOwnerOfPublic(query))}`);
    await query(`reassign owned by ${quoted(role)} to ${owner === 'current_user' ? owner : quoted(owner)}`);
    await query(`drop owned by ${quoted(role)}`);
    for (const statement of taken) await query(statement);
    await query(end);
    return objects;
  } catch (thrown) {
    await query('rollback').catch(() => {});
    throw mayNot(saidWithoutRows(thrown), live ?? 'the archive');
  }
}

/** As in a database that nobody has touched: since PostgreSQL 15 whoever owns it, before that the first superuser. */
async function usualOwnerOfPublic(query: Query): Promise<string> {
  const [row] = await query<{ owner: string }>(
    `select case when current_setting('server_version_num')::int >= 150000 then 'pg_database_owner'
                 else pg_get_userbyid(10) end::text as owner`,
  );
  return row?.owner ?? '';
}

function sayings(
  { live, owner, privileges }: Heritage,
  objects: Privileges['objects'],
  tense: 'are' | 'will be',
): string[] {
  if (privileges === null) {
    const whose = owner === 'current_user' ? 'the role that Holdfast connects as' : owner;
    return [
      `There was no live database to take owners and grants from: everything belongs to ${whose}, and others have been granted nothing.`,
    ];
  }
  const fresh = tablesNotIn(privileges, objects).map(({ name }) => name);
  const many = count(objects.length - fresh.length, 'object');
  return [
    `Owners and grants of ${many} ${tense} those of ${live}.`,
    ...(fresh.length === 0
      ? []
      : [`Not in ${live}, so that they belong to ${owner} and nobody has been granted anything: ${list(fresh)}.`]),
  ];
}

function mayNot(said: string, live: string): Refusal {
  return new Refusal(
    'may-not-hand-over',
    `What was loaded cannot be given the owners and grants of ${live}: ${said}.`,
    'Let Holdfast connect as a superuser, or as a role that is a member of the owners.',
  );
}
