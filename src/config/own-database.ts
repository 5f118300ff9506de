// Holdfast's own data must never lie in a database that it can restore (I5).
import type { Problem } from './problem.ts';
import type { SystemFile } from './systems.ts';

/** The problem for each setting of an environment that is a connection string to our own database. */
export function ownDatabaseProblems(databaseUrl: string, systems: readonly SystemFile[]): Problem[] {
  return systems.flatMap(({ file, system }) =>
    Object.entries(system.environments).flatMap(([name, { settings }]) =>
      Object.entries(settings).flatMap(([setting, value]) => {
        if (typeof value !== 'string' || !/^postgres(ql)?:/.test(value) || !sameDatabase(databaseUrl, value)) return [];
        const message = `is a database of this system (${file}: environments.${name}.settings.${setting}); Holdfast needs one of its own`;
        return [{ path: 'DATABASE_URL', message }];
      }),
    ),
  );
}

/** As far as host, port and name tell. Addresses that are only known at run time (on Heroku) cannot be judged here. */
function sameDatabase(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && placeOf(one) === placeOf(other);
}

function placeOf(connectionString: string): string {
  const { hostname, port, pathname, username } = new URL(connectionString);
  const host = hostname === 'localhost' || hostname === '[::1]' ? '127.0.0.1' : hostname.toLowerCase();
  const database = pathname.length > 1 ? pathname.slice(1) : username;
  return `${host}:${port === '' ? '5432' : port}/${decodeURIComponent(database)}`;
}
