// What forbids a swap, found while everything is still untouched.
import { Refusal } from '../../core/errors.ts';
import { count, list } from '../../core/wording.ts';
import type { Query } from '../connect.ts';
import { type Found, type Swap, stateOf } from './databases.ts';

/** Throws a Refusal that says what is in the way and what to do about it. Changes nothing. */
export async function mustBePossible(query: Query, swap: Swap, found: readonly Found[]): Promise<void> {
  mustBeAsPlanned(swap, found);
  const affected = found.filter(({ name }) => name === swap.live || name === swap.candidate);
  for (const database of affected) mustBeOrdinary(database);
  const oids = affected.map(({ oid }) => oid);
  await mustBeAllowed(query, oids);
  await mustNotBeHeld(query, oids);
  await mustBeAbleToEndSessions(query, oids);
}

const ask = 'Nothing was changed. Ask for a new plan.';

function mustBeAsPlanned(swap: Swap, found: readonly Found[]): void {
  const { live, candidate, previous, identities } = swap;
  const named = (name: string) => found.find((database) => database.name === name);
  const refuse = (why: string) => {
    throw new Refusal('database-changed', why, ask);
  };
  if (new Set([live, candidate, previous]).size < 3) refuse('The three names of the swap are not different.');
  const [liveNow, candidateNow] = [named(live), named(candidate)];
  if (identities.live === null && liveNow !== undefined) {
    refuse(`A database ${live} exists again (${liveNow.identity}); it was missing when this was planned.`);
  }
  if (identities.live !== null && liveNow?.identity !== identities.live) {
    refuse(
      `${live} is not the database it was: ${liveNow?.identity ?? 'there is none'} instead of ${identities.live}.`,
    );
  }
  if (candidateNow?.identity !== identities.candidate) {
    const now = candidateNow?.identity ?? 'there is none';
    refuse(`${candidate} is not the database that was checked: ${now} instead of ${identities.candidate}.`);
  }
  if (named(previous) !== undefined) refuse(`There is a database ${previous} already.`);
  if (stateOf(swap, found) !== 'not_promoted') refuse(`${live} and ${candidate} are not as they were planned.`);
}

function mustBeOrdinary({ name, isTemplate, connectionLimit }: Found): void {
  if (isTemplate) {
    throw new Refusal(
      'database-is-template',
      `${name} is marked as a template: others may be copying it at any moment.`,
      `Say ALTER DATABASE ${name} IS_TEMPLATE false, then ask again.`,
    );
  }
  if (connectionLimit === -2) {
    throw new Refusal(
      'database-invalid',
      `${name} is what an interrupted DROP DATABASE has left.`,
      `Drop ${name}, then ask for a new plan.`,
    );
  }
}

async function mustBeAllowed(query: Query, oids: readonly number[]): Promise<void> {
  const [me] = await query<{ role: string; allowed: boolean }>(
    `select current_user as role,
            rolsuper or rolcreatedb and not exists (
              select from pg_database where oid = any($1::oid[]) and not pg_has_role(datdba, 'USAGE')) as allowed
       from pg_roles where rolname = current_user`,
    [oids],
  );
  if (me?.allowed === true) return;
  throw new Refusal(
    'may-not-rename',
    `Role ${me?.role} may not rename these databases.`,
    'Let Holdfast connect as their owner with CREATEDB, or as a superuser.',
  );
}

/** A prepared transaction keeps its database from being renamed; slots and subscriptions would stay with the one put aside. */
async function mustNotBeHeld(query: Query, oids: readonly number[]): Promise<void> {
  const held = await query<{ database: string; what: string }>(
    `select database, 'prepared transaction ' || gid as what from pg_prepared_xacts
      where database in (select datname from pg_database where oid = any($1::oid[]))
     union all
     select database, 'replication slot ' || slot_name from pg_replication_slots where datoid = any($1::oid[])
     union all
     select datname, 'subscription ' || subname from pg_subscription s join pg_database d on d.oid = s.subdbid
      where d.oid = any($1::oid[])
     order by 1, 2`,
    [oids],
  );
  if (held.length === 0) return;
  throw new Refusal(
    'database-held',
    `${list(held.map(({ database, what }) => `${what} of ${database}`))} would be left behind.`,
    'End prepared transactions (COMMIT PREPARED or ROLLBACK PREPARED), drop slots and subscriptions, then ask again.',
  );
}

/** PostgreSQL lets only a superuser end a superuser's session (pg_signal_backend in signalfuncs.c). */
async function mustBeAbleToEndSessions(query: Query, oids: readonly number[]): Promise<void> {
  const others = await query<{ who: string; sessions: number }>(
    `select usename || coalesce(' (' || nullif(application_name, '') || ')', '') as who, count(*)::int as sessions
       from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
      where datid = any($1::oid[])
        and not (select rolsuper from pg_roles where rolname = current_user)
        and (r.rolsuper or not (pg_has_role(r.oid, 'USAGE') or pg_has_role('pg_signal_backend', 'USAGE')))
      group by 1 order by 1`,
    [oids],
  );
  if (others.length === 0) return;
  const sessions = list(others.map(({ who, sessions }) => `${count(sessions, 'session')} of ${who}`));
  throw new Refusal(
    'sessions-not-ours',
    `Holdfast may not end ${sessions}.`,
    'End them, or let Holdfast connect as a superuser (or grant it pg_signal_backend), then ask again.',
  );
}
