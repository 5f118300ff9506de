// The login role as which one candidate is loaded and read, and nothing else: whatever an archive tries, it can do no more than that.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { escapeLiteral, escapeIdentifier as quoted } from 'pg';
import { Fault, Refusal } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { type Query, withDatabase } from '../connect.ts';
import { sqlStateOf } from '../database-facts.ts';
import type { ServerOptions } from './mark.ts';

/** It follows from the candidate's name, so that it is found again after a crash. */
export function loadRole(candidate: string): string {
  return `holdfast_load_${createHash('sha256').update(candidate).digest('hex').slice(0, 16)}`;
}

/**
 * Makes the role, or gives the one that is there a new password, and lets it make things in the candidate. It does not own
 * the database: an owner could change its mark, let others in and give it settings. `query` is in the candidate.
 */
export async function createLoadRole(query: Query, candidate: string): Promise<{ role: string; password: Secret }> {
  const role = loadRole(candidate);
  const password = randomBytes(24).toString('base64url');
  const found = await findRole(query, role);
  const rights = 'nosuperuser nocreatedb nocreaterole noreplication nobypassrls';
  const verb = found.there ? `alter role ${quoted(role)} with` : `create role ${quoted(role)} with ${rights}`;
  // Only its verifier is sent: statements may be written into the server's log.
  const verifier = escapeLiteral(verifierOf(password));
  await query(`${verb} login password ${verifier} valid until ${escapeLiteral(inAWeek())}`);
  // Whoever is no superuser must be a member to give away what belongs to it.
  if (!found.superuser) await query(`grant ${quoted(role)} to current_user`);
  await query(`grant connect, create, temporary on database ${quoted(candidate)} to ${quoted(role)}`);
  await query(`alter schema public owner to ${quoted(role)}`);
  return { role, password: new Secret(password) };
}

/**
 * Lets the role in once more, to read what it has loaded: it owns all of that and nothing else. Null when there is no such
 * role any more.
 */
export async function admitLoadRole(query: Query, candidate: string): Promise<Secret | null> {
  const role = loadRole(candidate);
  const { there, superuser } = await findRole(query, role);
  if (!there) return null;
  const password = randomBytes(24).toString('base64url');
  // Rows that are hidden from their owner too are to be seen; only a superuser may say so.
  const sees = superuser ? ' bypassrls' : '';
  const verifier = escapeLiteral(verifierOf(password));
  await query(
    `alter role ${quoted(role)} with login${sees} password ${verifier} valid until ${escapeLiteral(inAWeek())}`,
  );
  return new Secret(password);
}

export async function dismissLoadRole(query: Query, candidate: string): Promise<void> {
  const role = loadRole(candidate);
  if ((await findRole(query, role)).there) await query(`alter role ${quoted(role)} with nologin password null`);
}

async function findRole(query: Query, role: string): Promise<{ there: boolean; superuser: boolean }> {
  const [found] = await query<{ there: boolean; superuser: boolean }>(
    `select exists (select from pg_roles where rolname = $1) as there, current_setting('is_superuser')::bool as superuser`,
    [role],
  );
  return found ?? { there: false, superuser: false };
}

/** The same server and database, but as the role. */
export function asRole(database: Secret, role: string, password: Secret): Secret {
  const url = URL.parse(database.open());
  if (url === null) throw new Fault('reading a connection string: it is not a URL');
  url.searchParams.delete('user');
  url.searchParams.delete('password');
  if (url.host === '') {
    // A socket stands in the query, and then so must the user: a URL without a host has no place for one.
    url.searchParams.set('user', role);
    url.searchParams.set('password', password.open());
  } else {
    url.username = role;
    url.password = password.open();
  }
  return new Secret(url.href);
}

/** Throws a Refusal when the server does not let the role in. */
export async function mustGetIn(database: Secret, role: string, options: ServerOptions): Promise<void> {
  try {
    await withDatabase(database, { ...options, readOnly: true, timeoutSeconds: 30 }, (query) => query('select 1'));
  } catch (thrown) {
    if (!sqlStateOf(thrown).startsWith('28')) throw thrown;
    throw new Refusal(
      'load-role-kept-out',
      `The server does not let in the role ${role}, as which a backup is loaded so that nothing in it can do harm.`,
      'Let roles with a password in from where Holdfast connects, in pg_hba.conf: "host all all <address>/32 scram-sha-256"; then: select pg_reload_conf().',
    );
  }
}

/** What PostgreSQL keeps of a password (RFC 5803). */
function verifierOf(password: string): string {
  const salt = randomBytes(16);
  const rounds = 4096;
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`;
}

function inAWeek(): string {
  return new Date(Date.now() + 7 * 24 * 3_600_000).toISOString();
}
