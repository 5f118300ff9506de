// Would a candidate fit on the server, and its backup into it? Asked before anything is made; works without a live database, too.

import type { Check } from '../../core/check.ts';
import { ownSessions } from '../../core/purpose.ts';
import type { Secret } from '../../core/secret.ts';
import { list, megabytes } from '../../core/wording.ts';
import type { Query } from '../connect.ts';
import { activityOn, databaseFacts, onServer } from '../database-facts.ts';
import { withHeadroom } from '../headroom.ts';
import type { ServerOptions } from './mark.ts';

export type PreflightRequest = ServerOptions & {
  /** Its name; it may be gone or refuse connections. */
  readonly live: string;
  /** To whom everything goes when there is no live database; default: the role that we connect as. */
  readonly owner?: string;
  /** "op-41": its own sessions are not others at work. */
  readonly operation: string;
  readonly archive: {
    /** "15.18", or null when it does not say. */
    readonly serverVersion: string | null;
    readonly extensions: readonly string[];
    readonly bytes: number;
  };
  /** On the disk of the server's data; null when nobody can say. */
  freeBytes(signal: AbortSignal): Promise<number | null>;
};

/** One check per matter; what fails says what to do. Throws Fault when the server cannot be reached. */
export async function preflight(server: Secret, request: PreflightRequest): Promise<Check[]> {
  const { live, purpose, signal, operation } = request;
  const connection = { purpose, signal, readOnly: true, timeoutSeconds: 60 };
  const here = await databaseFacts(server, live, { purpose, signal });
  const activity = await activityOn(server, live, { purpose, signal, mine: ownSessions(operation) });
  const free = await request.freeBytes(signal);
  return await onServer(server, connection, async (query) => [
    await version(query, request),
    await extensions(query, request),
    await roles(query, request, here?.owner ?? null),
    await encoding(query, live),
    disk(here?.bytes ?? null, request, free),
    await others(query, request, activity),
  ]);
}

async function version(query: Query, { archive }: PreflightRequest): Promise<Check> {
  const [row] = await query<{ server_version: string }>('show server_version');
  const here = Number.parseInt(row?.server_version ?? '', 10);
  const from = archive.serverVersion;
  if (from === null)
    return check('version', 'warn', `the backup does not say from which version it is; the server runs ${here}`);
  const figure = `the backup is of PostgreSQL ${from}, the server runs ${here}`;
  if (Number.parseInt(from, 10) <= here) return check('version', 'pass', figure);
  return check('version', 'fail', `${figure}: restore it on a server of version ${Number.parseInt(from, 10)} or newer`);
}

async function extensions(query: Query, { archive }: PreflightRequest): Promise<Check> {
  const rows = await query<{ name: string }>('select name from pg_available_extensions');
  const missing = archive.extensions.filter((name) => !rows.some((row) => row.name === name));
  if (missing.length === 0) {
    const all =
      archive.extensions.length === 0 ? 'none needed' : `${list(archive.extensions)}: installed on the server`;
    return check('extensions', 'pass', all);
  }
  const todo = 'install them there if tables or functions need them; otherwise they are left out';
  return check('extensions', 'warn', `not installed on the server: ${list(missing)}: ${todo}`);
}

/** Ours must suffice, and whoever is to own the candidate must be there. */
async function roles(query: Query, request: PreflightRequest, liveOwner: string | null): Promise<Check> {
  const wanted = liveOwner ?? request.owner ?? null;
  const [row] = await query<Rights>(
    `select current_user as us, rolsuper as superuser, rolcreatedb and rolcreaterole as creates,
            $1::text is null or exists (select from pg_roles where rolname = $1) as there,
            exists (select from pg_roles o where o.rolname = $1 and pg_has_role(r.oid, o.oid, 'MEMBER')) as member
       from pg_roles r where rolname = current_user`,
    [wanted],
  );
  if (row === undefined || !row.there) {
    return check(
      'roles',
      'fail',
      `there is no role ${wanted}, to whom the database is to belong: CREATE ROLE ${wanted} LOGIN`,
    );
  }
  const { us, superuser, creates, member } = row;
  if (!superuser && !creates) {
    return check('roles', 'fail', `${us} may not make databases and roles: ALTER ROLE ${us} CREATEDB CREATEROLE`);
  }
  if (!superuser && wanted !== null && !member) {
    return check('roles', 'fail', `${us} may not hand the database over to ${wanted}: GRANT ${wanted} TO ${us}`);
  }
  return check(
    'roles',
    'pass',
    wanted === null ? `everything will belong to ${us}` : `${us} may make it for ${wanted}`,
  );
}

type Rights = { us: string; superuser: boolean; creates: boolean; there: boolean; member: boolean };

async function encoding(query: Query, live: string): Promise<Check> {
  const [row] = await query<{ name: string; encoding: string; locale: string }>(
    `select datname as name, pg_encoding_to_char(encoding) as encoding,
            coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', datcollate) as locale
       from pg_database d where datname in ($1, 'template0') order by datname = $1 desc limit 1`,
    [live],
  );
  if (row === undefined)
    return check('encoding', 'fail', 'there is no template0: restore it with initdb of a new server');
  const figure = `${row.encoding}, ${row.locale}`;
  if (row.name === live) return check('encoding', 'pass', `${figure}, as in ${live}`);
  const gone = `there is no ${live} whose encoding could be taken; the server's own is ${figure}`;
  if (row.encoding === 'UTF8') return check('encoding', 'warn', gone);
  return check('encoding', 'fail', `${gone}: make a server with initdb --encoding=UTF8`);
}

/** What a database with its indexes takes, of a dump that is compressed: 1.6 GB from 284 MB (performance.md), rounded up. */
const GROWTH = 6;

function disk(liveBytes: number | null, { live, archive }: PreflightRequest, free: number | null): Check {
  // A live database that is smaller than its compressed backup has lost its data: it is no measure then.
  const fromLive = liveBytes !== null && liveBytes > archive.bytes;
  const candidate = fromLive ? liveBytes : archive.bytes * GROWTH;
  const needed = withHeadroom(candidate);
  const basis = fromLive ? `as large as ${live}` : `estimated from the backup`;
  const wanted = `${megabytes(needed)} needed (${megabytes(candidate)}, ${basis}, and room to work) beside ${live}`;
  if (free === null) return check('free disk', 'warn', `unknown; ${wanted}: look with df -h on the server`);
  const figure = `${megabytes(free)} free, ${wanted}`;
  if (free >= needed) return check('free disk', 'pass', figure);
  const todo = 'free space on the server, or remove databases that are kept for undo with /dr cleanup';
  return check('free disk', 'fail', `${figure}: ${todo}`);
}

async function others(
  query: Query,
  { operation }: PreflightRequest,
  activity: Awaited<ReturnType<typeof activityOn>>,
): Promise<Check> {
  const loads = await query<{ text: string }>(
    `select distinct case when query ~* '^\\s*create\\s+database' then 'CREATE DATABASE' else application_name end
            || ' of ' || coalesce(usename, 'somebody') || ' in ' || coalesce(datname, 'no database') as text
       from pg_stat_activity
      where pid <> pg_backend_pid() and not starts_with(application_name, $1)
        and (application_name ~ '^holdfast op-[0-9]+ ' or application_name = 'pg_restore'
             or (state = 'active' and query ~* '^\\s*create\\s+database'))
      order by 1`,
    [ownSessions(operation)],
  );
  const writing = [
    ...activity.filter(({ is }) => is === 'restore').map(({ text }) => text),
    ...loads.map(({ text }) => text),
  ];
  if (writing.length > 0) {
    return check('other activity', 'fail', `${list(writing)}: wait until it has ended, or end it, and ask again`);
  }
  const reading = activity.map(({ text }) => text);
  if (reading.length > 0)
    return check('other activity', 'warn', `${list(reading)}: promoting the candidate would end it`);
  return check('other activity', 'pass', 'nobody else is dumping or restoring');
}

function check(name: string, status: Check['status'], figure: string): Check {
  return { name, status, figure };
}
