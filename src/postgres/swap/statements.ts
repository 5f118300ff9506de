// The SQL of a swap, from closing the door to opening it again.
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { Swap } from './databases.ts';

export type Pinned = Swap & {
  /** Null when there is no live one. */
  readonly liveOid: number | null;
  readonly candidateOid: number;
  /** For the new live database; null removes what is there. */
  readonly liveComment: string | null;
  readonly previousComment: string;
};

/** How long clients are kept out while their sessions are being ended, before it is given up. */
export const PATIENCE_MS = 3_000;
/** The same while every new connection to the server waits, to whatever database. */
const HOLDING_MS = 250;

/**
 * All in one transaction, while new connections wait at the catalog of databases: they have not yet looked up the name, and
 * find the new database behind it when they go on. No login fails, which matters to poolers (PgBouncer turns its clients
 * away for 15 s after a failed one), and whatever breaks off, nothing has happened. Only a superuser may do it.
 *
 * `deadline` is a moment of the server's clock: a worker that was paused before sending this comes too late.
 */
export function holdingStatements(swap: Pinned, deadline: string): string[] {
  return transaction([
    ...pins(swap, deadline),
    // Whoever waits for a lock holds up those behind him.
    "set local lock_timeout = '50ms'",
    'lock table pg_catalog.pg_database in access exclusive mode',
    ...shutting(swap),
    endSessions(swap, HOLDING_MS),
    ...renaming(swap, 1),
  ]);
}

/**
 * For a role that may not lock the catalog, or where a long transaction has it locked: new connections are refused. Sent as
 * one message, so that the server carries all of it out even if the worker dies meanwhile. The transactions in it end
 * separately: closing must be seen by others before their sessions are ended.
 */
export function closingStatements(swap: Pinned, deadline: string): string[] {
  // Losing the first one in a crash of the server only means that nothing was closed; waiting for the disk costs time.
  const closing = transaction([...pins(swap, deadline), 'set local synchronous_commit = off', ...shutting(swap)]);
  return [...closing, ...behindClosedDoor(swap, 1)];
}

/** A further attempt behind the closed door, where a session was found in the way. */
export function behindClosedDoor(swap: Pinned, attempt: number): string[] {
  return [...transaction([endSessions(swap, PATIENCE_MS)]), ...transaction(renaming(swap, attempt))];
}

/** After a swap that did not happen. */
export function openingStatements(names: readonly string[]): string[] {
  return transaction(names.map((name) => `alter database ${escapeIdentifier(name)} allow_connections true`));
}

function pins(swap: Pinned, deadline: string): string[] {
  return [
    mustHold(`clock_timestamp() < ${escapeLiteral(deadline)}`, 'this swap comes too late'),
    mustHold(identityPin(swap, swap.live, swap.candidate), 'the databases are not those of the plan'),
  ];
}

function shutting({ live, candidate, liveOid }: Pinned): string[] {
  return [...(liveOid === null ? [] : [live]), candidate].map(
    (name) => `alter database ${escapeIdentifier(name)} allow_connections false`,
  );
}

function renaming(swap: Pinned, attempt: number): string[] {
  const [live, candidate, previous] = [swap.live, swap.candidate, swap.previous].map(escapeIdentifier);
  const aside = [
    `alter database ${live} rename to ${previous}`,
    `comment on database ${previous} is ${escapeLiteral(swap.previousComment)}`,
  ];
  return [
    // RENAME looks for sessions only every 100 ms. A client that was being turned away in this very moment counts as one:
    // it is quicker to give up and to try again.
    `set local statement_timeout = '${25 * 2 ** attempt}ms'`,
    ...(swap.liveOid === null ? [] : aside),
    `alter database ${candidate} rename to ${live}`,
    `comment on database ${live} is ${swap.liveComment === null ? 'null' : escapeLiteral(swap.liveComment)}`,
    // Seen by others together with the names, and not before.
    `alter database ${live} allow_connections true`,
    mustHold(identityPin(swap, swap.previous, swap.live), 'the renamed databases are not those of the plan'),
  ];
}

function transaction(statements: readonly string[]): string[] {
  return ['begin', ...statements, 'commit'];
}

/** True while the oids carry these names: statements say names, and a name may have come to mean another database. */
function identityPin({ liveOid, candidateOid }: Pinned, old: string, fresh: string): string {
  const is = (oid: number, name: string) =>
    `exists (select from pg_database where oid = ${oid} and datname = ${escapeLiteral(name)})`;
  return [...(liveOid === null ? [] : [is(liveOid, old)]), is(candidateOid, fresh)].join(' and ');
}

function mustHold(condition: string, otherwise: string): string {
  return `do $holdfast$ begin if not (${condition}) then raise exception '${otherwise}' using errcode = 'triggered_action_exception'; end if; end $holdfast$`;
}

/**
 * Ends whatever is connected, again and again: those that were just connecting show themselves only afterwards. The number
 * of clients is left in the session's `holdfast.ended`.
 */
function endSessions({ liveOid, candidateOid }: Pinned, patienceMs: number): string {
  const oids = [liveOid, candidateOid].filter((oid) => oid !== null).join(', ');
  return `do $holdfast$
declare
  patience timestamptz := clock_timestamp() + interval '${patienceMs} ms';
  seen int[];
  clients int[] := '{}';
begin
  loop
    perform pg_stat_clear_snapshot();
    select array_agg(pid), clients || coalesce(array_agg(pid) filter (where backend_type is distinct from 'parallel worker'), '{}')
      into seen, clients
      from pg_stat_activity
     where datid in (${oids}) and pid <> pg_backend_pid()
       -- Only a superuser may end an autovacuum worker; RENAME does it itself.
       and (usesysid is not null or current_setting('is_superuser')::bool);
    exit when seen is null;
    if clock_timestamp() > patience then
      raise exception '% sessions do not end', cardinality(seen) using errcode = 'object_in_use';
    end if;
    perform pg_terminate_backend(pid) from unnest(seen) pid;
    perform pg_sleep(0.001);
  end loop;
  perform set_config('holdfast.ended', (
    coalesce(nullif(current_setting('holdfast.ended', true), ''), '0')::int
    + (select count(distinct pid) from unnest(clients) pid))::text, false);
end $holdfast$`;
}
