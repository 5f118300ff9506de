// The moment of a swap: clients are kept out, their sessions ended, both names changed, and the door is open again.
import { Fault } from '../../core/errors.ts';
import type { Query } from '../connect.ts';
import { sqlStateOf } from '../database-facts.ts';
import { databasesOf, type Found, isMark, type PreviousMark, type Swap, stateOf } from './databases.ts';
import { mustBePossible } from './preconditions.ts';
import { behindClosedDoor, closingStatements, holdingStatements, PATIENCE_MS, type Pinned } from './statements.ts';

export type DoorOptions = {
  /** Stops the preparation. Once the door is closed the swap is carried through: that takes milliseconds. */
  readonly signal: AbortSignal;
  /** Awaited directly before the first change, and again before the door is closed. */
  readonly fence: () => Promise<void>;
  /** What the comment on the database that is put aside says. `until` is a moment; null: until somebody says so. */
  readonly keep: { readonly operation: string; readonly until: string | null };
};

export type Promoted = {
  /** From closing the door until the new database took connections; null when it had happened before this call. */
  readonly unavailableMs: number | null;
  /** Clients whose sessions were ended; null when that could not be read. */
  readonly endedSessions: number | null;
  /** Of the database that is live now. */
  readonly identity: string;
};

/** What is known of a swap while it is tried, for putting right what is left of it when it fails. */
export type Attempt = {
  readonly swap: Swap;
  /** When the door was closed (`performance.now()`); null: it was not. */
  began: number | null;
  /** Our own session at the server: it may go on working when the connection is gone. */
  backend: Backend | null;
  /** Identities of databases that must take connections again. */
  reopen: readonly string[];
};
export type Backend = { readonly pid: number; readonly started: string };

/** Anything thrown after `attempt.began` is set leaves it open what happened. */
export async function passTheDoor(query: Query, attempt: Attempt, options: DoorOptions): Promise<Promoted> {
  const { swap } = attempt;
  // Minutes may have passed since all this was read.
  const found = await databasesOf(query, swap);
  await mustBePossible(query, swap, found);
  const pinned = pin(swap, found, options.keep);
  const [now] = await query<Backend & Terms>(
    `select pid, backend_start::text as started, (clock_timestamp() + interval '10 s')::text as deadline,
            current_setting('is_superuser')::bool as "mayHold"
       from pg_stat_activity where pid = pg_backend_pid()`,
  );
  if (now === undefined) throw new Fault('reading the clock of the server');
  options.signal.throwIfAborted();
  await options.fence();
  attempt.backend = { pid: now.pid, started: now.started };
  attempt.reopen = found.filter(({ identity, open }) => open || identity === swap.identities.live).map(identityOf);
  attempt.began = performance.now();
  await untilItPasses(query, pinned, now, attempt.began);
  const unavailableMs = performance.now() - attempt.began;
  await readBack(query, swap);
  const [counted] = await query<{ ended: string | null }>("select current_setting('holdfast.ended', true) as ended");
  return { unavailableMs, endedSessions: Number(counted?.ended ?? 0), identity: swap.identities.candidate };
}

/** A session was in the way, or seemed to be: query_canceled, lock_not_available, object_in_use. */
const IN_THE_WAY = new Set(['57014', '55P03', '55006']);

export function wasInTheWay(thrown: unknown): boolean {
  return IN_THE_WAY.has(sqlStateOf(thrown));
}

type Terms = { readonly deadline: string; readonly mayHold: boolean };

async function untilItPasses(query: Query, pinned: Pinned, terms: Terms, began: number): Promise<void> {
  let last: unknown;
  for (const statements of attempts(pinned, terms, began)) {
    try {
      await query(statements.join(';\n'));
      return;
    } catch (thrown) {
      if (!wasInTheWay(thrown)) throw thrown;
      last = thrown;
    }
    await query('rollback');
  }
  throw last;
}

/** First with connections held back, twice, because that turns nobody away; then with connections refused. */
function* attempts(pinned: Pinned, { deadline, mayHold }: Terms, began: number): Generator<string[]> {
  if (mayHold) {
    yield holdingStatements(pinned, deadline);
    yield holdingStatements(pinned, deadline);
  }
  yield closingStatements(pinned, deadline);
  for (let attempt = 2; performance.now() - began < PATIENCE_MS; attempt += 1) yield behindClosedDoor(pinned, attempt);
}

async function readBack(query: Query, swap: Swap): Promise<void> {
  const found = await databasesOf(query, swap);
  const open = found.some(({ name, open }) => name === swap.live && open);
  if (stateOf(swap, found) === 'promoted' && open) return;
  throw new Fault(`reading back that ${swap.candidate} became ${swap.live}`);
}

function pin(swap: Swap, found: readonly Found[], { operation, until }: DoorOptions['keep']): Pinned {
  const live = found.find(({ identity }) => identity === swap.identities.live);
  const candidate = found.find(({ identity }) => identity === swap.identities.candidate);
  if (candidate === undefined) throw new Fault(`finding ${swap.candidate} again`);
  const comment = live?.comment ?? null;
  const mark: PreviousMark = {
    holdfast: 'previous',
    operation,
    replacedBy: swap.identities.candidate,
    at: new Date().toISOString(),
    until,
  };
  return {
    ...swap,
    liveOid: live?.oid ?? null,
    candidateOid: candidate.oid,
    liveComment: comment === null || isMark(comment) ? null : comment,
    previousComment: JSON.stringify(mark),
  };
}

function identityOf({ identity }: Found): string {
  return identity;
}
