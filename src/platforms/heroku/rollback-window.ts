// What Heroku says about a database's past: from when it can be had again, and of which other one it was made.
import type { EnvironmentFacts } from '../../core/facts.ts';
import type { DatabaseInfo } from './schema.ts';

/** The newest changes reach Heroku's store with their segment of the write-ahead log, which it does not tell about. */
const SHIPPED_MS = 60_000;

/**
 * The moments to which a rollback is possible, from `Rollback: earliest from 2025-12-19 13:59 UTC` (older: `from …`); null
 * for plans without it, and for a new database until Heroku has something to return to.
 */
export function windowOf(info: DatabaseInfo | null, now: Date): EnvironmentFacts['window'] {
  const said = lineOf(info, 'Rollback');
  const [, day, time] = /\bfrom (\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC$/.exec(said ?? '') ?? [];
  if (day === undefined || time === undefined) return null;
  const from = new Date(`${day}T${time}:00Z`);
  const to = new Date(now.getTime() - SHIPPED_MS);
  // NaN, too, is not before anything.
  if (!(from < to)) return null;
  return { from: from.toISOString(), to: to.toISOString() };
}

/** The address of the database that it was forked from or rolled back of: a secret. Null when Heroku names none. */
export function parentOf(info: DatabaseInfo | null): string | null {
  return lineOf(info, 'Forked From');
}

/** Host, port and database: what two addresses of one database have in common, whatever their credentials. */
export function isSameDatabase(one: string, other: string): boolean {
  if (!URL.canParse(one) || !URL.canParse(other)) return false;
  const [a, b] = [new URL(one), new URL(other)];
  return a.hostname === b.hostname && (a.port || '5432') === (b.port || '5432') && a.pathname === b.pathname;
}

/** The first value that `heroku pg:info` shows beside a name; null where it shows none. */
export function lineOf(info: DatabaseInfo | null, name: string): string | null {
  const [value] = info?.info.find((line) => line.name === name)?.values ?? [];
  return typeof value === 'string' ? value : null;
}
