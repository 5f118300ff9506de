// One connection to a database that we protect: bounded in time, read-only where nothing is to be written, named in pg_stat_activity.
import { Socket } from 'node:net';
import { Client, type ClientConfig, type QueryResultRow } from 'pg';
import { Fault } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';

export type DatabaseOptions = {
  readonly readOnly: boolean;
  /** Shown as application_name, so that others see who is at work: "holdfast op-41 s3". */
  readonly purpose: string;
  /** The longest that one statement may take. */
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
};

/** Runs one statement. The type of a row is what the statement selects: it is not checked. */
export type Query = <Row extends QueryResultRow>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

const CONNECT_MS = 10_000;
/** Left alone, the kernel asks after a silent peer in two hours only: a load would wait that long for a host that is gone. */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 30_000 } as const;
/** The server ends a statement that takes too long; this is for a server that has stopped answering. */
const ANSWER_MS = 5_000;

/**
 * Connects, hands `use` a way to ask, and disconnects whatever happens. Throws Fault when there is no connection;
 * what `use` throws is thrown. With `readOnly` the server itself refuses to write.
 */
export async function withDatabase<T>(
  secret: Secret,
  options: DatabaseOptions,
  use: (query: Query) => Promise<T>,
): Promise<T> {
  options.signal?.throwIfAborted();
  const socket = new Socket();
  const client = new Client({
    ...clientConfigOf(secret),
    stream: () => socket,
    application_name: options.purpose,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: options.timeoutSeconds * 1000 + ANSWER_MS,
    ...KEEP_ALIVE,
  });
  // Must be there: a connection that breaks between two statements would end the whole process.
  client.on('error', () => {});
  const abort = () => socket.destroy();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    await connect(client, options);
    const answer = await use(
      async (sql, values) => (await client.query(sql, values === undefined ? [] : [...values])).rows,
    );
    await client.end();
    return answer;
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw thrown;
  } finally {
    options.signal?.removeEventListener('abort', abort);
    socket.destroy();
  }
}

async function connect(client: Client, { readOnly, timeoutSeconds }: DatabaseOptions): Promise<void> {
  try {
    await client.connect();
    const settings = [
      `statement_timeout = ${Math.round(timeoutSeconds * 1000)}`,
      `default_transaction_read_only = ${readOnly ? 'on' : 'off'}`,
      "timezone = 'UTC'",
      // Compiling a question to the catalogs takes 200 ms, and no question is asked often.
      'jit = off',
    ];
    // Set after connecting: pgbouncer refuses unknown start-up parameters.
    await client.query(settings.map((setting) => `set ${setting}`).join('; '));
  } catch (cause) {
    throw new Fault('connecting to the database', { cause: plain(cause) });
  }
}

/** The same server and login, another database. */
export function toDatabase(secret: Secret, database: string): Secret {
  const url = parse(secret);
  url.pathname = `/${encodeURIComponent(database)}`;
  return new Secret(url.href);
}

/** Where the server of a connection string is. */
export function whereIs(secret: Secret): { readonly hostname: string; readonly port: number } {
  const url = parse(secret);
  return { hostname: url.hostname || '127.0.0.1', port: Number(url.port || 5432) };
}

/** The same database and login, reached through a port of this machine. */
export function throughPort(secret: Secret, port: number): Secret {
  const url = parse(secret);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return new Secret(url.href);
}

/** The database that a connection string names; libpq's default is the user's name. */
export function databaseName(secret: Secret): string {
  const url = parse(secret);
  return decodeURIComponent(url.pathname.slice(1) || url.username);
}

/**
 * The address without its `sslmode`, and which mode is meant, in libpq's words.
 *
 * Danger: outside of this machine TLS is used without checking the certificate, because Heroku's are self-signed. Whoever
 * can stand between us and the server could read along. `sslmode=verify-full` in the connection string makes it checked.
 */
export function addressOf(secret: Secret): { readonly url: URL; readonly tls: string } {
  const url = parse(secret);
  const mode = url.searchParams.get('sslmode');
  url.searchParams.delete('sslmode');
  if (mode?.startsWith('verify-') === true) return { url, tls: mode };
  return { url, tls: mode === 'disable' || (mode === null && isLocal(url)) ? 'disable' : 'require' };
}

/** What `pg` needs to reach a database, TLS included. */
export function clientConfigOf(secret: Secret): Pick<ClientConfig, 'connectionString' | 'ssl'> {
  const { url, tls } = addressOf(secret);
  if (tls === 'disable') return { connectionString: url.href, ssl: false };
  if (tls === 'require') return { connectionString: url.href, ssl: { rejectUnauthorized: false } };
  return { connectionString: parse(secret).href };
}

function parse(secret: Secret): URL {
  const url = URL.parse(secret.open());
  // The error of `new URL` would hold the whole connection string.
  if (url === null) throw new Fault('reading a connection string: it is not a URL');
  return url;
}

function isLocal(url: URL): boolean {
  const host = url.searchParams.get('host') ?? url.hostname;
  return host === '' || host.startsWith('/') || host === 'localhost' || host === '[::1]' || /^127\./.test(host);
}

/** Node reports a refused connection to a name with two addresses as an error without a message. */
function plain(cause: unknown): unknown {
  if (!(cause instanceof AggregateError)) return cause;
  return cause.errors[0] ?? cause;
}
