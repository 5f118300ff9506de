// Makes the new database beside the live one, like it in everything that cannot be changed later, and closed to others.
import { escapeIdentifier, escapeLiteral } from 'pg';
import { Fault, Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { Query } from '../connect.ts';
import { onServer } from '../database-facts.ts';
import { dropWithRole } from './drop.ts';
import { commentOf, type Mark, mustBeOurs, type ServerOptions, stateOf } from './mark.ts';

export type CandidateRequest = ServerOptions & {
  readonly name: string;
  /** Whose encoding, collation and place on disk it takes; null, or gone: the server's own. */
  readonly live: string | null;
  readonly mark: Pick<Mark, 'operation' | 'backup' | 'sha256'> & Partial<Pick<Mark, 'built' | 'origin'>>;
};

const LONGEST_NAME = 63;

/**
 * Repeatable: one of the same operation is kept if it was loaded, and made anew if that was broken off. Throws a Refusal when
 * the name is taken by anything else. Returns the mark that it bears now.
 */
export async function createCandidate(server: Secret, request: CandidateRequest): Promise<Mark> {
  const { name, live, mark, ...options } = request;
  const connection = { ...options, readOnly: false, timeoutSeconds: 300 };
  if (Buffer.byteLength(name) > LONGEST_NAME) throw new Fault(`creating ${name}: the name is too long`);
  return await onServer(server, connection, async (query) => {
    const state = await stateOf(query, name);
    if (state.exists && !state.isUnfinished) {
      if (state.mark?.operation !== mark.operation) throw taken(name, state.mark);
      if (state.mark.state !== 'loading') return state.mark;
    }
    if (state.exists) await dropWithRole(query, name);
    await create(query, name, live);
    await query('begin');
    await query(`revoke connect on database ${escapeIdentifier(name)} from public`);
    const fresh: Mark = {
      holdfast: 'candidate',
      built: null,
      origin: null,
      ...mark,
      state: 'loading',
      checkedAt: null,
    };
    await query(commentOf(name, fresh));
    await query(`alter database ${escapeIdentifier(name)} allow_connections true`);
    await query('commit');
    return mustBeOurs(name, await stateOf(query, name));
  });
}

/** Closed until it is marked, so that what a crash leaves here can be told from the work of others. */
async function create(query: Query, name: string, live: string | null): Promise<void> {
  const like = live === null ? [] : await likeLive(query, live);
  const options = ['template template0', ...like, 'allow_connections false'];
  try {
    await query(`create database ${escapeIdentifier(name)} ${options.join(' ')}`);
  } catch (cause) {
    throw new Fault(`creating the database ${name}`, { cause });
  }
}

/** Nothing when it is gone. The catalog of PostgreSQL 15, 16 and 17 each names the locale otherwise. */
async function likeLive(query: Query, live: string): Promise<string[]> {
  const [row] = await query<{ facts: Locale; tablespace: string; encoding: string }>(
    `select to_jsonb(d) as facts, spcname as tablespace, pg_encoding_to_char(encoding) as encoding
       from pg_database d join pg_tablespace t on t.oid = dattablespace where datname = $1`,
    [live],
  );
  if (row === undefined) return [];
  const { facts, tablespace, encoding } = row;
  const provider = PROVIDERS[facts.datlocprovider ?? ''];
  const locale = facts.datlocale ?? facts.daticulocale ?? null;
  return [
    `encoding ${escapeLiteral(encoding)}`,
    ...(provider === undefined ? [] : [`locale_provider ${provider}`]),
    ...(facts.datcollate === null ? [] : [`lc_collate ${escapeLiteral(facts.datcollate)}`]),
    ...(facts.datctype === null ? [] : [`lc_ctype ${escapeLiteral(facts.datctype)}`]),
    ...(provider === 'icu' && locale !== null ? [`icu_locale ${escapeLiteral(locale)}`] : []),
    ...(provider === 'builtin' && locale !== null ? [`builtin_locale ${escapeLiteral(locale)}`] : []),
    ...(facts.daticurules == null ? [] : [`icu_rules ${escapeLiteral(facts.daticurules)}`]),
    // Where it is the default, a role that is no superuser may not even name it.
    ...(tablespace === 'pg_default' ? [] : [`tablespace ${escapeIdentifier(tablespace)}`]),
  ];
}

/** A row of pg_database, as far as it says how text is compared. Not all servers have all of it. */
type Locale = {
  readonly datcollate: string | null;
  readonly datctype: string | null;
  readonly datlocprovider?: string;
  readonly daticulocale?: string | null;
  readonly datlocale?: string | null;
  readonly daticurules?: string | null;
};

const PROVIDERS: Readonly<Record<string, string>> = { c: 'libc', i: 'icu', b: 'builtin' };

function taken(name: string, mark: Mark | null): Refusal {
  const whose = mark === null ? 'and is no candidate of ours' : `and is a candidate of ${mark.operation}`;
  return new Refusal('name-taken', `The database ${name} is there already ${whose}.`, 'Ask for a new plan.');
}
