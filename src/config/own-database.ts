// Holdfast's own data must never lie in a database that it can restore (I5).
import type { Secret } from '../core/secret.ts';
import type { Problem } from './problem.ts';

/** A database of a system, by where it stands in its system file. */
type Protected = { readonly system: string; readonly environment: string; readonly connection: Secret };

/** One problem for each of them that is our own, as far as host, port and name tell. */
export function ownDatabaseProblems(own: Secret, databases: readonly Protected[]): Problem[] {
  return databases
    .filter(({ connection }) => placeOf(connection.open()) === placeOf(own.open()))
    .map(({ system, environment }) => ({
      path: 'DATABASE_URL',
      message: `is the database of ${system}, ${environment}; Holdfast needs one that it never restores`,
    }));
}

function placeOf(connectionString: string): string {
  const { hostname, port, pathname, username } = new URL(connectionString);
  const host = hostname === 'localhost' || hostname === '[::1]' ? '127.0.0.1' : hostname.toLowerCase();
  const database = pathname.length > 1 ? pathname.slice(1) : username;
  return `${host}:${port === '' ? '5432' : port}/${decodeURIComponent(database)}`;
}
