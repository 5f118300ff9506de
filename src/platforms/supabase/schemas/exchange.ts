// The moment of an exchange: what is in use goes onto a shelf, and a shelf into use, in one transaction. The way back is the same.
import { Fault, Refusal } from '../../../core/errors.ts';
import { list } from '../../../core/wording.ts';
import type { Query } from '../../../postgres/connect.ts';
import { sqlStateOf } from '../../../postgres/database-facts.ts';
import { onShelf } from '../names.ts';
import { authColumns, notWritable, portable, tablesOfPeople } from './auth-rows.ts';
import { type Followers, followers, publishing } from './followers.ts';
import { crossingKeys, keysOn, keysTable } from './keys.ts';
import { IDENTITY, markIn, marking, type PreviousMark, type ShelfMark, schemasOn } from './shelf.ts';
import { ident, literal, mustHold } from './sql.ts';

export type Exchange = {
  /** The shelf that goes into use, and what the shelf will be called onto which that goes which is in use. */
  readonly candidate: string;
  readonly previous: string;
  readonly identities: { readonly live: string; readonly candidate: string };
};

export function reversed({ candidate, previous, identities }: Exchange): Exchange {
  return {
    candidate: previous,
    previous: candidate,
    identities: { live: identities.candidate, candidate: identities.live },
  };
}

export type ExchangeState = 'promoted' | 'not_promoted' | 'unclear';

export async function exchangeState(query: Query, exchange: Exchange): Promise<ExchangeState> {
  const { candidate, previous, identities } = exchange;
  const rows = await query<{ name: string; identity: string }>(
    `select nspname::text as name, ${IDENTITY} || oid as identity from pg_namespace where nspname = any($1::text[])`,
    [['public', candidate, previous]],
  );
  const named = (name: string) => rows.find((row) => row.name === name)?.identity ?? null;
  if (named('public') === identities.candidate) {
    // What was put aside may have been removed since.
    return named(previous) === identities.live || named(previous) === null ? 'promoted' : 'unclear';
  }
  return named('public') === identities.live && named(candidate) === identities.candidate ? 'not_promoted' : 'unclear';
}

export type Exchanged = {
  /** The longest that anybody who wrote had to wait: from asking for the locks to the end of the transaction. */
  readonly gapMs: number;
  /** What went into use: something new, or what had been in use before. */
  readonly came: ShelfMark['holdfast'];
  /** Sentences for a person: what goes on using what was put aside. */
  readonly says: readonly string[];
};

/** A lock could not be had in time, or others waited for us while we waited for them: nothing has happened. */
const IN_THE_WAY = new Set(['55P03', '40P01']);
const TRIES = 3;

/** Throws a Refusal or a Fault while nothing has changed; whatever else is thrown leaves it open what happened. */
export async function exchangeSchemas(
  query: Query,
  exchange: Exchange,
  keep: { readonly operation: string; readonly until: string | null; readonly masked: boolean },
  fence: () => Promise<void>,
): Promise<Exchanged> {
  await query('set search_path = pg_catalog, pg_temp');
  const { statements, came, says } = await prepare(query, exchange, keep);
  await fence();
  for (let tries = 1; ; tries += 1) {
    const began = performance.now();
    try {
      await query(statements.join(';\n'));
      return { gapMs: performance.now() - began, came, says };
    } catch (thrown) {
      if (!IN_THE_WAY.has(sqlStateOf(thrown)) || tries === TRIES) throw thrown;
      await query('rollback');
    }
  }
}

type Prepared = Pick<Exchanged, 'came' | 'says'> & { readonly statements: readonly string[] };

async function prepare(
  query: Query,
  { candidate, previous, identities }: Exchange,
  keep: { readonly operation: string; readonly until: string | null; readonly masked: boolean },
): Promise<Prepared> {
  const [here] = await query<Here>(
    `select now() as now, (clock_timestamp() + interval '20 s')::text as deadline, to_regnamespace($2)::oid is not null as taken,
            obj_description(to_regnamespace($1), 'pg_namespace') as mark,
            obj_description(to_regnamespace('public'), 'pg_namespace') as comment`,
    [candidate, previous],
  );
  const mark = markIn(here?.mark ?? null);
  if (here === undefined || mark === null) throw changed(`The schema ${candidate} bears no mark of ours.`);
  if (here.taken) throw changed(`There is a schema ${previous} already.`);
  if (keep.masked && mark.holdfast === 'candidate' && !mark.masked) throw changed(`${candidate} was not masked.`);
  const coming = await schemasOn(query, candidate);
  const affected = [...new Set([...coming, ...(mark.holdfast === 'previous' ? mark.schemas : [])])].sort();
  const going = await existing(query, affected);
  const people = await tablesOfPeople(query);
  const closed = await notWritable(query, people);
  if (closed.length > 0)
    throw changed(`The role that Holdfast connects as may not write ${list(closed.map((name) => `auth.${name}`))}.`);
  const [stash, coat] = [onShelf(previous, 'auth'), onShelf(candidate, 'auth')];
  const columns = await authColumns(query, people);
  const stashed = await stashColumns(query, coat);
  const keys = await crossingKeys(query, going);
  const added = await keysOn(query, coat);
  const along = await followers(query, { going, candidate });
  const aside: PreviousMark = {
    ...{ holdfast: 'previous', operation: keep.operation, replacedBy: candidate },
    ...{ at: here.now.toISOString(), until: keep.until, schemas: affected },
  };
  const statements = [
    'begin',
    "set local lock_timeout = '3s'",
    `set local statement_timeout = '120s'`,
    mustHold(`clock_timestamp() < ${literal(here.deadline)}`, 'this exchange comes too late'),
    mustHold(
      pinned('public', identities.live, candidate, identities.candidate),
      'the schemas are not those of the plan',
    ),
    // Whoever writes is waited for; whoever comes later waits, and then finds what is in use by its name.
    ...(await locks(query, going, people)),
    // Rows of what goes onto the shelf must not follow when people are removed, and triggers of the application not see it.
    'set local session_replication_role = replica',
    `create schema ${ident(stash)}`,
    ...people.flatMap((table) =>
      swapRows(table, { stash, coat, columns: columns.get(table) ?? [], given: stashed.get(table) ?? [] }),
    ),
    'set local session_replication_role = origin',
    ...keysTable(stash, keys),
    ...keys.map(({ drop }) => drop),
    ...going.map((schema) => `alter schema ${ident(schema)} rename to ${ident(onShelf(previous, schema))}`),
    ...coming.map((schema) => `alter schema ${ident(onShelf(candidate, schema))} rename to ${ident(schema)}`),
    marking(previous, aside),
    `comment on schema public is ${here.comment === null ? 'null' : literal(here.comment)}`,
    ...added,
    ...(await usage(query, coming)),
    ...along.triggers,
    ...publishing(along, previous),
    `drop schema ${ident(coat)} cascade`,
    `notify pgrst, 'reload schema'`,
    mustHold(
      pinned('public', identities.candidate, previous, identities.live),
      'the exchanged schemas are not those of the plan',
    ),
    'commit',
  ];
  return { statements, came: mark.holdfast, says: saysOf(along) };
}

type Here = { now: Date; deadline: string; taken: boolean; mark: string | null; comment: string | null };

function changed(why: string): Refusal {
  return new Refusal('schemas-changed', why, 'Nothing was changed. Ask for a new plan.');
}

function saysOf({ left }: Followers): string[] {
  return left.length === 0 ? [] : [`What goes on using what was put aside: ${list(left)}.`];
}

function pinned(one: string, identity: string, other: string, otherIdentity: string): string {
  const is = (name: string, given: string) =>
    `(select ${IDENTITY} || oid from pg_namespace where nspname = ${literal(name)}) = ${literal(given)}`;
  return `${is(one, identity)} and ${is(other, otherIdentity)}`;
}

async function existing(query: Query, schemas: readonly string[]): Promise<string[]> {
  const rows = await query<{ name: string }>(
    'select nspname::text as name from pg_namespace where nspname = any($1::text[]) order by 1',
    [schemas],
  );
  return rows.map(({ name }) => name);
}

async function locks(query: Query, schemas: readonly string[], people: readonly string[]): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any($1::text[]) and c.relkind in ('r', 'p') order by 1`,
    [schemas],
  );
  const auth = people.map((table) => `auth.${ident(table)}`).join(', ');
  return [
    `lock table ${auth} in access exclusive mode`,
    ...(rows.length === 0 ? [] : [`lock table ${rows.map(({ name }) => name).join(', ')} in exclusive mode`]),
  ];
}

type Rows = {
  readonly stash: string;
  readonly coat: string;
  readonly columns: readonly { name: string; type: string; builtIn: boolean; table: string }[];
  /** Columns that are on the shelf. */
  readonly given: readonly string[];
};

function swapRows(table: string, { stash, coat, columns, given }: Rows): string[] {
  const kept = columns.map((column) => `${portable(column)} as ${ident(column.name)}`).join(', ');
  const shared = columns.filter(({ name }) => given.includes(name));
  const names = shared.map(({ name }) => ident(name)).join(', ');
  const values = shared
    .map(({ name, type, builtIn }) => (builtIn ? ident(name) : `${ident(name)}::${type}`))
    .join(', ');
  return [
    `create table ${ident(stash)}.${ident(table)} as select ${kept} from auth.${ident(table)}`,
    `delete from auth.${ident(table)}`,
    ...(shared.length === 0
      ? []
      : [`insert into auth.${ident(table)} (${names}) select ${values} from ${ident(coat)}.${ident(table)}`]),
  ];
}

async function stashColumns(query: Query, coat: string): Promise<Map<string, string[]>> {
  const rows = await query<{ table: string; name: string }>(
    `select c.relname::text as table, a.attname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = to_regnamespace($1) and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped`,
    [coat],
  );
  const of = Map.groupBy(rows, ({ table }) => table);
  return new Map([...of].map(([table, columns]) => [table, columns.map(({ name }) => name)]));
}

/** Whoever may use a schema may use the one that takes its place. */
async function usage(query: Query, schemas: readonly string[]): Promise<string[]> {
  const rows = await query<{ schema: string; privilege: string; grantee: string }>(
    `select nspname::text as schema, privilege_type as privilege,
            case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as grantee
       from pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
      where nspname = any($1::text[]) and grantee <> nspowner`,
    [schemas],
  );
  return rows.map(({ schema, privilege, grantee }) => `grant ${privilege} on schema ${ident(schema)} to ${grantee}`);
}

/** Reads which state the schemas are in after it was left open. */
export async function mustBePromoted(query: Query, exchange: Exchange): Promise<void> {
  const state = await exchangeState(query, exchange);
  if (state !== 'promoted') throw new Fault(`reading back the exchange with ${exchange.candidate}: it is ${state}`);
}
