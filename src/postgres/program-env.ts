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
    PGSSLROOTCERT: url.searchParams.get('sslrootcert') ?? '',
    PGSSLCERT: url.searchParams.get('sslcert') ?? '',
    PGSSLKEY: url.searchParams.get('sslkey') ?? '',
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}

/** For `--dbname`: what no variable can say. Besides the database, where it is not that of the connection string. */
export function connectionInfo(database?: string): string {
  const name = database === undefined ? '' : `dbname='${database.replaceAll(/['\\]/g, '\\$&')}' `;
  return `${name}keepalives_idle=30 keepalives_interval=10 keepalives_count=3`;
}
