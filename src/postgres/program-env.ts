// The closed environment in which PostgreSQL's own programs run.
import type { Secret } from '../core/secret.ts';
import type { ToolPath } from './client-tools.ts';
import { addressOf } from './connect.ts';

/** English messages that can be recognised, and times in UTC. */
export function programEnv({ path }: ToolPath): Record<string, string> {
  return { PATH: path, LC_ALL: 'C', TZ: 'UTC' };
}

/** How libpq's programs reach a database: by these variables, so that no password stands in an argument. */
export function connectionEnv(secret: Secret): Record<string, string> {
  const { url, tls } = addressOf(secret);
  const part = (value: string | null) => (value === null ? '' : decodeURIComponent(value));
  const given = {
    PGHOST: part(url.searchParams.get('host') ?? url.hostname).replace(/^\[(.*)\]$/, '$1'),
    PGPORT: url.searchParams.get('port') ?? url.port,
    PGUSER: part(url.username || url.searchParams.get('user')),
    PGPASSWORD: part(url.password || url.searchParams.get('password')),
    PGDATABASE: part(url.pathname.slice(1)),
    PGSSLMODE: tls,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}
