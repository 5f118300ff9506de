// The three databases of a swap as the server has them now, found by what a rename cannot change.
import { z } from 'zod';
import type { Query } from '../connect.ts';

/** Two renames: `candidate` becomes `live`, and what was `live` becomes `previous`. All of it is chosen in the plan. */
export type Swap = {
  readonly live: string;
  readonly candidate: string;
  readonly previous: string;
  /** `<system identifier>/<oid>`. `live` is null where it was lost altogether: then only the candidate is renamed. */
  readonly identities: { readonly live: string | null; readonly candidate: string };
};

/** The way back is a swap like the other. Null after a total loss: there is nothing to go back to. */
export function reversed({ live, candidate, previous, identities }: Swap): Swap | null {
  if (identities.live === null) return null;
  return {
    live,
    candidate: previous,
    previous: candidate,
    identities: { live: identities.candidate, candidate: identities.live },
  };
}

export type Found = {
  readonly oid: number;
  readonly name: string;
  readonly identity: string;
  readonly open: boolean;
  readonly isTemplate: boolean;
  /** -1 is no limit, -2 a database whose DROP was interrupted. */
  readonly connectionLimit: number;
  readonly comment: string | null;
};

/** Every database that has one of the names or identities of the swap. */
export async function databasesOf(query: Query, { live, candidate, previous, identities }: Swap): Promise<Found[]> {
  return await query<Found>(
    `select * from (
       select oid, datname as name, datallowconn as open, datistemplate as "isTemplate",
              (select system_identifier from pg_control_system()) || '/' || oid as identity,
              datconnlimit as "connectionLimit", shobj_description(oid, 'pg_database') as comment
         from pg_database) d
      where name = any($1) or identity = any($2)`,
    [
      [live, candidate, previous],
      [identities.live, identities.candidate],
    ],
  );
}

export type SwapState = 'promoted' | 'not_promoted' | 'unclear';

/** Which of the two states the databases are in; anything else, another server included, is unclear. */
export function stateOf(swap: Swap, found: readonly Found[]): SwapState {
  const named = (name: string) => found.find((database) => database.name === name)?.identity ?? null;
  const { identities } = swap;
  if (named(swap.live) === identities.candidate) {
    // The previous one may have been dropped since, or never have been.
    const gone = !found.some(({ identity }) => identity === identities.live);
    return gone || named(swap.previous) === identities.live ? 'promoted' : 'unclear';
  }
  return named(swap.live) === identities.live && named(swap.candidate) === identities.candidate
    ? 'not_promoted'
    : 'unclear';
}

/** Stands as a comment on the database that was replaced, so that whoever finds it knows what it is. */
export const PreviousMark = z.strictObject({
  holdfast: z.literal('previous'),
  /** "op-41" */
  operation: z.string(),
  replacedBy: z.string(),
  at: z.string(),
  /** Until when it is kept; null: until somebody says so. */
  until: z.string().nullable(),
});
export type PreviousMark = z.infer<typeof PreviousMark>;

/** Null when the comment is none of ours. */
export function previousMark(comment: string | null): PreviousMark | null {
  if (comment === null || !isMark(comment)) return null;
  try {
    return PreviousMark.safeParse(JSON.parse(comment)).data ?? null;
  } catch {
    return null;
  }
}

/** Comments by which Holdfast marks databases that are not live; none of them may stay on one that is. */
export function isMark(comment: string): boolean {
  return /^\{\s*"holdfast"/.test(comment);
}
