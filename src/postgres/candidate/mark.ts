// The mark on a candidate, kept as the comment on its database: whose it is, and how far it has got.
import { escapeIdentifier, escapeLiteral } from 'pg';
import { z } from 'zod';
import { Refusal } from '../../core/errors.ts';
import { Built } from '../../core/facts.ts';
import type { Secret } from '../../core/secret.ts';
import type { Query } from '../connect.ts';
import { onServer } from '../database-facts.ts';

export const Mark = z.object({
  holdfast: z.literal('candidate'),
  /** "op-41" */
  operation: z.string(),
  /** The id of the backup that is in it, or is to be. */
  backup: z.string(),
  /** Of the backup file; null where the provider does not let us have it. */
  sha256: z.string().nullable(),
  /** Known when it is loaded. In marks of earlier versions it is not: such a candidate is never taken for a warm one. */
  built: Built.nullable().default(null),
  /** The database that the archive says it is of, and the one that it should be of. */
  origin: z.object({ database: z.string().nullable(), expected: z.string() }).nullable().default(null),
  /** Set to `loaded` when everything is there and on disk, to `checked` when its data was found to be as it must be. */
  state: z.enum(['loading', 'loaded', 'checked']),
  /** The moment of the last, by the server's clock. */
  checkedAt: z.string().nullable(),
});
export type Mark = z.infer<typeof Mark>;

export type ServerOptions = { readonly purpose: string; readonly signal: AbortSignal };

/** Null when there is no such database, or when it has no mark of a candidate. */
export async function candidateMark(server: Secret, name: string, options: ServerOptions): Promise<Mark | null> {
  const connection = { ...options, readOnly: true, timeoutSeconds: 30 };
  return await onServer(server, connection, async (query) => (await stateOf(query, name)).mark);
}

/** Changes some of the mark of a candidate that is there, and reads it back. */
export async function markCandidate(
  server: Secret,
  name: string,
  changes: Partial<Omit<Mark, 'holdfast' | 'checkedAt'>>,
  options: ServerOptions,
): Promise<Mark> {
  const connection = { ...options, readOnly: false, timeoutSeconds: 30 };
  return await onServer(server, connection, async (query) => {
    const before = mustBeOurs(name, await stateOf(query, name));
    const checkedAt =
      changes.state === 'checked' ? await nowAt(query) : changes.state === undefined ? before.checkedAt : null;
    const mark = { ...before, ...changes, checkedAt };
    // The commit behind it is on disk when this returns, and with it every earlier one, whatever the sessions had set.
    await query('set synchronous_commit = on');
    await query(commentOf(name, mark));
    return mustBeOurs(name, await stateOf(query, name));
  });
}

async function nowAt(query: Query): Promise<string> {
  const [row] = await query<{ now: Date }>('select now()');
  return (row?.now ?? new Date()).toISOString();
}

export function commentOf(name: string, mark: Mark): string {
  return `comment on database ${escapeIdentifier(name)} is ${escapeLiteral(JSON.stringify(mark))}`;
}

export type CandidateState = {
  readonly exists: boolean;
  readonly mark: Mark | null;
  /** There, closed to everybody and without any comment: we were interrupted between making and marking it. */
  readonly isUnfinished: boolean;
};

export async function stateOf(query: Query, name: string): Promise<CandidateState> {
  const [row] = await query<{ comment: string | null; open: boolean }>(
    `select shobj_description(oid, 'pg_database') as comment, datallowconn as open from pg_database where datname = $1`,
    [name],
  );
  if (row === undefined) return { exists: false, mark: null, isUnfinished: false };
  return { exists: true, mark: candidateMarkIn(row.comment), isUnfinished: row.comment === null && !row.open };
}

/** Throws a Refusal for a database that is not a candidate of ours, or not there. */
export function mustBeOurs(name: string, { exists, mark }: CandidateState): Mark {
  if (mark !== null) return mark;
  if (!exists) {
    throw new Refusal('no-candidate', `There is no database ${name} on the server.`, 'Ask for a new plan.');
  }
  throw new Refusal(
    'not-a-candidate',
    `The database ${name} bears no mark of a candidate of ours.`,
    'It is left as it is. Ask for a new plan, or find out what it is.',
  );
}

/** Null when the comment is none of a candidate. */
export function candidateMarkIn(comment: string | null): Mark | null {
  try {
    return Mark.safeParse(JSON.parse(comment ?? '')).data ?? null;
  } catch {
    return null;
  }
}
