// What belongs to a database and is in no dump of it: owner, grants, settings and connection limit, taken over from the live one.
import { escapeIdentifier, escapeLiteral } from 'pg';
import { Fault, Refusal, reasonOf } from '../../core/errors.ts';
import { list } from '../../core/wording.ts';
import type { Query } from '../connect.ts';
import { sqlStateOf } from '../database-facts.ts';

/** Makes `candidate` in these respects what `live` is, in one transaction, and reads it back. */
export async function carryOver(query: Query, live: string, candidate: string): Promise<void> {
  const [from, to] = [await traitsOf(query, live), await traitsOf(query, candidate)];
  if (differences(from, to).length === 0) return;
  await query('begin');
  try {
    for (const statement of statementsFor(candidate, from, to)) await query(statement);
    await query('commit');
  } catch (cause) {
    await query('rollback');
    if (sqlStateOf(cause) !== '42501') throw new Fault(`giving ${candidate} what belongs to ${live}`, { cause });
    throw new Refusal(
      'may-not-carry-over',
      `Owner, grants or settings of ${live} cannot be given to ${candidate}: ${reasonOf(cause)}.`,
      'Let Holdfast connect as a superuser, or as a role that may do this.',
    );
  }
  const left = differences(from, await traitsOf(query, candidate));
  if (left.length > 0) throw new Fault(`giving ${candidate} what belongs to ${live}: ${list(left)} still differ`);
}

type Grant = { readonly privilege: string; readonly grantee: string | null; readonly grantable: boolean };
type Setting = { readonly role: string | null; readonly config: readonly string[] };
type Traits = {
  readonly owner: string;
  readonly connectionLimit: number;
  readonly grants: readonly Grant[];
  readonly settings: readonly Setting[];
};

async function traitsOf(query: Query, database: string): Promise<Traits> {
  const [row] = await query<Traits>(TRAITS, [database]);
  if (row === undefined) throw new Fault(`reading the grants and settings of ${database}: it is not there`);
  return row;
}

// Sorted, so that two of them can be compared as text. The grantee 0 is PUBLIC, the role 0 everybody.
const TRAITS = `
  select pg_get_userbyid(datdba) as owner, datconnlimit as "connectionLimit",
         coalesce((select json_agg(g order by g.privilege, g.grantee nulls first, g.grantable) from (
           select distinct privilege_type as privilege, case when grantee <> 0 then pg_get_userbyid(grantee) end as grantee,
                  is_grantable as grantable
             from aclexplode(coalesce(datacl, acldefault('d', datdba)))) g), '[]') as grants,
         coalesce((select json_agg(s order by s.role nulls first) from (
           select case when setrole <> 0 then pg_get_userbyid(setrole) end as role,
                  (select array_agg(c order by c) from unnest(setconfig) c) as config
             from pg_db_role_setting where setdatabase = d.oid) s), '[]') as settings
    from pg_database d where datname = $1`;

function differences(one: Traits, other: Traits): string[] {
  const keys = ['owner', 'connectionLimit', 'grants', 'settings'] as const;
  return keys.filter((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
}

function statementsFor(candidate: string, from: Traits, to: Traits): string[] {
  const name = escapeIdentifier(candidate);
  const roleOf = (role: string | null) => (role === null ? 'public' : escapeIdentifier(role));
  const grantees = new Set([null, from.owner, to.owner, ...to.grants.map(({ grantee }) => grantee)]);
  const settingOf = (role: string | null) =>
    role === null ? `alter database ${name}` : `alter role ${escapeIdentifier(role)} in database ${name}`;
  return [
    `alter database ${name} owner to ${escapeIdentifier(from.owner)}`,
    `alter database ${name} connection limit ${from.connectionLimit}`,
    ...[...grantees].map((grantee) => `revoke all on database ${name} from ${roleOf(grantee)} cascade`),
    ...from.grants.map(
      ({ privilege, grantee, grantable }) =>
        `grant ${privilege} on database ${name} to ${roleOf(grantee)}${grantable ? ' with grant option' : ''}`,
    ),
    ...to.settings.map(({ role }) => `${settingOf(role)} reset all`),
    ...from.settings.flatMap(({ role, config }) =>
      config.map((entry) => `${settingOf(role)} set ${assignment(entry)}`),
    ),
  ];
}

// Settings that are lists of names: written as one string they would become one name. The list is pg_dump's own
// (variable_is_guc_list_quote in src/bin/pg_dump/dumputils.c).
const LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

/** `search_path="$user", public` as PostgreSQL keeps it → `"search_path" to '$user', 'public'` as it is said. */
function assignment(entry: string): string {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(entry) ?? [];
  const values = LISTS.has(name.toLowerCase()) ? namesIn(value) : [value];
  // A name with a dot belongs to an extension, and is two identifiers.
  return `${name.split('.').map(escapeIdentifier).join('.')} to ${values.map(escapeLiteral).join(', ')}`;
}

function namesIn(value: string): string[] {
  return [...value.matchAll(/"((?:[^"]|"")*)"|([^,\s"]+)/g)].map(
    ([, inQuotes, plain]) => inQuotes?.replaceAll('""', '"') ?? plain ?? '',
  );
}
