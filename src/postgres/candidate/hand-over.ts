// When everything is loaded: what belonged to the role of the load gets the owners and grants that the live database has.
import { escapeIdentifier as quoted } from 'pg';
import { Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { count, list } from '../../core/wording.ts';
import { type Query, toDatabase, withDatabase } from '../connect.ts';
import { sqlStateOf } from '../database-facts.ts';
import { saidWithoutRows } from './lane.ts';
import type { ServerOptions } from './mark.ts';
import { type Privileges, privilegesOf, statementsFor, tablesNotIn, usualOwner } from './privileges.ts';

/** What is known of the live database before the load. `owner`: to whom everything goes that it does not have. */
export type Heritage = { readonly live: string | null; readonly owner: string; readonly privileges: Privileges | null };

/** There is none of this name, it takes no connections, or its files are damaged. */
const UNREADABLE = /^(3D000|55000|XX00.|58P01|58030)$/;

/** `owner` is for the case that there is no live database that could be asked; null: whoever we connect as. */
export async function heritageOf(
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

/**
 * All or nothing, by `query` in the candidate. Returns sentences for a person: what was taken over, and what was not.
 * The role of the load is left without anything in the database.
 */
export async function handOver(
  query: Query,
  { role, publicOwner, heritage }: { role: string; publicOwner: string; heritage: Heritage },
): Promise<string[]> {
  const { live, owner, privileges } = heritage;
  const { objects } = await privilegesOf(query);
  const taken = privileges === null ? [] : statementsFor(privileges, objects);
  await query('begin');
  try {
    await query(`alter schema public owner to ${quoted(publicOwner)}`);
    await query(`reassign owned by ${quoted(role)} to ${owner === 'current_user' ? owner : quoted(owner)}`);
    await query(`drop owned by ${quoted(role)}`);
    for (const statement of taken) await query(statement);
    await query('commit');
  } catch (thrown) {
    await query('rollback').catch(() => {});
    throw mayNot(saidWithoutRows(thrown), live ?? 'the archive');
  }
  return sayings(heritage, objects);
}

function sayings({ live, owner, privileges }: Heritage, objects: Privileges['objects']): string[] {
  if (privileges === null) {
    const whose = owner === 'current_user' ? 'the role that Holdfast connects as' : owner;
    return [
      `There was no live database to take owners and grants from: everything belongs to ${whose}, and others have been granted nothing.`,
    ];
  }
  const fresh = tablesNotIn(privileges, objects).map(({ name }) => name);
  const many = count(objects.length - fresh.length, 'object');
  return [
    `Owners and grants of ${many} are those of ${live}.`,
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
