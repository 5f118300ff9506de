// What a server says about one of its databases, also when that database is gone or takes no connections.
import type { Activity } from '../core/facts.ts';
import type { Secret } from '../core/secret.ts';
import { utcShort } from '../core/wording.ts';
import { type DatabaseOptions, type Query, toDatabase, withDatabase } from './connect.ts';

export type DatabaseFacts = {
  /** `7301234567890123456/16401`: the server's system identifier and the database's oid. No rename changes it. */
  readonly identity: string;
  readonly owner: string;
  /** On disk; null when we may not look. */
  readonly bytes: number | null;
  readonly allowsConnections: boolean;
  /** Clients that are connected to it now, whoever they are. */
  readonly sessions: number;
  /** "15.18" */
  readonly serverVersion: string;
  readonly comment: string | null;
};

type Options = { readonly purpose?: string; readonly signal?: AbortSignal };

/** Null when there is no such database. Throws Fault when the server cannot be reached. */
export async function databaseFacts(
  server: Secret,
  name: string,
  options: Options = {},
): Promise<DatabaseFacts | null> {
  const connection = { readOnly: true, purpose: 'holdfast facts', timeoutSeconds: 30, ...options };
  const [row] = await onServer(server, connection, (query) => query<Row>(FACTS, [name]));
  if (row === undefined) return null;
  return { ...row, bytes: row.bytes === null ? null : Number(row.bytes) };
}

type Row = Omit<DatabaseFacts, 'bytes'> & { readonly bytes: string | null };

// Of sessions of others a role without pg_read_all_stats sees no type.
const CLIENT = `usesysid is not null and coalesce(backend_type, 'client backend') = 'client backend'`;

const FACTS = `
  select (select system_identifier from pg_control_system()) || '/' || oid as identity,
         pg_get_userbyid(datdba) as owner,
         case when has_database_privilege(oid, 'CONNECT') or pg_has_role('pg_read_all_stats', 'USAGE')
              then pg_database_size(oid)::text end as bytes,
         datallowconn as "allowsConnections",
         (select count(*)::int from pg_stat_activity
           where datid = d.oid and ${CLIENT} and pid <> pg_backend_pid()) as sessions,
         split_part(current_setting('server_version'), ' ', 1) as "serverVersion",
         shobj_description(oid, 'pg_database') as comment
    from pg_database d where datname = $1`;

/**
 * Dumps and loads that are at work on the database, one line per program and user. Those whose application name begins with
 * `mine` ("holdfast op-41") are left out. What another Holdfast does there counts as a restore unless it only copies out.
 */
export async function activityOn(
  server: Secret,
  name: string,
  options: Options & { readonly mine?: string } = {},
): Promise<Activity[]> {
  const { mine = '', ...rest } = options;
  const connection = { readOnly: true, purpose: 'holdfast facts', timeoutSeconds: 30, ...rest };
  const rows = await onServer(server, connection, (query) => query<Work>(ACTIVITY, [name, mine]));
  const now = new Date();
  return rows.map(({ is, program, user, since }) => ({
    is,
    text: `${is} by ${program} of ${user}, started ${utcShort(since.toISOString(), now)}`,
  }));
}

type Work = { is: Activity['is']; program: string; user: string; since: Date };

const ACTIVITY = `
  with work as (
    select application_name as program, coalesce(usename, 'somebody') as user, backend_start,
           query ~* '^\\s*copy\\s.*\\sto\\s+stdout' as reads, query ~* '^\\s*copy\\s.*\\sfrom\\s+stdin' as writes
      from pg_stat_activity
     where datname = $1 and ${CLIENT} and pid <> pg_backend_pid()
       and not ($2 <> '' and starts_with(application_name, $2)))
  select case when program = 'pg_dump' or bool_and(reads) then 'backup' else 'restore' end as is,
         program, "user", min(backend_start) as since
    from work
   where program in ('pg_dump', 'pg_restore') or program like 'holdfast op-%'
      or program = 'psql' and (reads or writes)
   group by program, "user" order by since`;

/** Databases that every server has; the second one only where somebody dropped the first. */
const MAINTENANCE = ['postgres', 'template1'];
/** There is none of this name, it takes no connections, or not ours. */
const CLOSED_TO_US = new Set(['3D000', '55000', '42501']);

/**
 * Connects to a maintenance database of the server, whatever database `server` names. `apartFrom` are databases to which
 * there must be no connection of ours. Throws Fault when there is no connection; what `use` throws is thrown.
 */
export async function onServer<T>(
  server: Secret,
  options: DatabaseOptions & { readonly apartFrom?: readonly string[] },
  use: (query: Query) => Promise<T>,
): Promise<T> {
  const [first, ...others] = MAINTENANCE.filter((name) => options.apartFrom?.includes(name) !== true);
  let connected = false;
  const used = (query: Query) => {
    connected = true;
    return use(query);
  };
  try {
    return await withDatabase(toDatabase(server, first ?? 'postgres'), options, used);
  } catch (thrown) {
    const [other] = others;
    if (connected || other === undefined || !CLOSED_TO_US.has(sqlStateOf(thrown))) throw thrown;
    return await withDatabase(toDatabase(server, other), options, use);
  }
}

/** What PostgreSQL calls SQLSTATE, of an error or of its cause; empty when it came from elsewhere. */
export function sqlStateOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return sqlStateOf(thrown.cause);
}
