// What a server says of its connections, its replicas and the size of one of its databases (F19).
import { Fault } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import type { Share, Vitals } from '../core/vitals.ts';
import { databaseName } from './connect.ts';
import { onServer, sqlStateOf } from './database-facts.ts';

type Row = {
  readonly used: number;
  readonly most: number;
  readonly here: number;
  /** -1: as many as the server allows. */
  readonly mostHere: number;
  readonly bytes: string | null;
  readonly lag: number | null;
};

/** `too_many_connections`: that we are turned away is a reading, too. */
const FULL = '53300';

/** Of the live database's server. All is null when it cannot be reached; rejects when `signal` aborts. */
export async function serverVitals(live: Secret, signal?: AbortSignal): Promise<Omit<Vitals, 'disk'>> {
  const options = {
    readOnly: true,
    purpose: 'holdfast watch',
    timeoutSeconds: 10,
    ...(signal === undefined ? {} : { signal }),
  };
  try {
    const [row] = await onServer(live, options, (query) => query<Row>(VITALS, [databaseName(live)]));
    if (row === undefined) return UNKNOWN;
    return { bytes: row.bytes === null ? null : Number(row.bytes), pool: poolOf(row), lagSeconds: row.lag };
  } catch (thrown) {
    signal?.throwIfAborted();
    if (sqlStateOf(thrown) === FULL) return { ...UNKNOWN, pool: EXHAUSTED };
    if (thrown instanceof Fault) return UNKNOWN;
    throw thrown;
  }
}

const UNKNOWN = { bytes: null, pool: null, lagSeconds: null };
const EXHAUSTED: Share = { percent: 100, text: 'every connection is taken, new ones are turned away' };

/** The limit that is reached first. */
function poolOf({ used, most, here, mostHere }: Row): Share {
  const server = share(used, most, 'of the server');
  const database = mostHere > 0 ? share(here, mostHere, 'of the database') : server;
  return database.percent > server.percent ? database : server;
}

function share(used: number, most: number, of: string): Share {
  return { percent: (used / most) * 100, text: `${used} of ${most} connections ${of}` };
}

// Of sessions of others a role without pg_read_all_stats sees no type; only clients have both a user and a database. A replica that has replayed everything reports the
// lag of long ago; a program that only stores the write-ahead log replays nothing. A standby whose receiver has stopped
// cannot know how far it is behind.
const VITALS = `
  with client as (
    select datid from pg_stat_activity
     where usesysid is not null and datid is not null and coalesce(backend_type, 'client backend') = 'client backend')
  select (select count(*)::int from client) as used,
         current_setting('max_connections')::int as most,
         (select count(*)::int from client where datid = d.oid) as here,
         d.datconnlimit as "mostHere",
         case when has_database_privilege(d.oid, 'CONNECT') or pg_has_role('pg_read_all_stats', 'USAGE')
              then pg_database_size(d.oid)::text end as bytes,
         case when pg_is_in_recovery() then (
                select case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
                            else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end
                  from pg_stat_wal_receiver)
              else (
                select max(case when replay_lsn >= pg_current_wal_lsn() then 0 else extract(epoch from replay_lag) end)
                  from pg_stat_replication where state in ('streaming', 'catchup')) end::float8 as lag
    from pg_database d where d.datname = $1`;
