// Makes a candidate the live database by two renames in one transaction. The way back is the same with the names exchanged.
import type { Secret } from '../../core/secret.ts';
import type { Query } from '../connect.ts';
import { onServer, sqlStateOf } from '../database-facts.ts';
import { carryOver } from './carry-over.ts';
import { databasesOf, type Found, type Swap, type SwapState, stateOf } from './databases.ts';
import { type Attempt, type DoorOptions, type Promoted, passTheDoor } from './door.ts';
import { mustBePossible } from './preconditions.ts';
import { settle } from './settle.ts';
import { openingStatements } from './statements.ts';

export type PromoteOptions = DoorOptions & {
  /** "holdfast op-41 s7" */
  readonly purpose: string;
  /** Awaited last before the door is closed, when nothing is known that forbids it: what cannot be taken back of the candidate. */
  readonly prepare?: () => Promise<void>;
};

const CHECKPOINT_SECONDS = 1_800;

/**
 * Repeatable: what has happened already is only completed. Throws a Refusal while all is untouched, or when sessions could
 * not be ended; a Fault otherwise. Whenever it throws, the live name is the live database and takes connections, unless the
 * Fault says that even this could not be restored: then call it again, or with `reversed(swap)`.
 */
export async function promote(server: Secret, swap: Swap, options: PromoteOptions): Promise<Promoted> {
  const { purpose, signal, fence } = options;
  const connection = { readOnly: false, purpose, apartFrom: [swap.live, swap.candidate] };
  const done = await onServer(server, { ...connection, timeoutSeconds: CHECKPOINT_SECONDS, signal }, async (query) => {
    const found = await databasesOf(query, swap);
    if (stateOf(swap, found) === 'promoted') return await complete(query, swap, found, fence);
    await mustBePossible(query, swap, found);
    await fence();
    if (swap.identities.live !== null) await carryOver(query, swap.live, swap.candidate);
    await options.prepare?.();
    await checkpoint(query);
    return null;
  });
  if (done !== null) return done;
  const attempt: Attempt = { swap, began: null, backend: null, reopen: [] };
  try {
    // A connection without the signal: a swap that has begun must not be left half way by ourselves.
    return await onServer(server, { ...connection, timeoutSeconds: 10 }, (query) =>
      passTheDoor(query, attempt, options),
    );
  } catch (thrown) {
    if (attempt.began === null) throw thrown;
    return await settle(server, attempt, thrown, purpose);
  }
}

/**
 * Reads which state the databases are in, whoever brought them there. A door that a crash has left closed is opened by
 * `promote`, in either direction. Throws Fault when the server cannot be reached.
 */
export async function swapState(
  server: Secret,
  swap: Swap,
  { purpose, signal }: { readonly purpose: string; readonly signal: AbortSignal },
): Promise<SwapState> {
  return await onServer(server, { readOnly: true, purpose, timeoutSeconds: 30, signal }, async (query) =>
    stateOf(swap, await databasesOf(query, swap)),
  );
}

/** It happened before. On the way back from a swap that never got beyond closing the door, the door is what is left to do. */
async function complete(
  query: Query,
  swap: Swap,
  found: readonly Found[],
  fence: () => Promise<void>,
): Promise<Promoted> {
  if (found.some(({ name, open }) => name === swap.live && !open)) {
    await fence();
    await query(openingStatements([swap.live]).join(';\n'));
  }
  return { unavailableMs: null, endedSessions: null, identity: swap.identities.candidate };
}

/** So that the disk is idle when the door is closed. Who may not order it does without. */
async function checkpoint(query: Query): Promise<void> {
  try {
    await query('checkpoint');
  } catch (thrown) {
    if (sqlStateOf(thrown) !== '42501') throw thrown;
  }
}
