// A connection on which rows flow in and out by COPY, inside of a transaction.
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { Fault } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { addressOf, KEEP_ALIVE, type Query } from '../connect.ts';

export type CopySession = {
  readonly query: Query;
  /** `sql` is a COPY … FROM STDIN. Answers with how many rows the server took. */
  copyIn(sql: string, rows: AsyncIterable<Buffer>): Promise<number>;
  /** `sql` is a COPY … TO STDOUT. */
  copyOut(sql: string): Readable;
};

type Options = {
  readonly purpose: string;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
};

const CONNECT_MS = 10_000;

/** As `withDatabase`, which cannot stream. What was not committed when `use` ends is gone. */
export async function withCopySession<T>(
  secret: Secret,
  options: Options,
  use: (session: CopySession) => Promise<T>,
): Promise<T> {
  options.signal?.throwIfAborted();
  const { url, tls } = addressOf(secret);
  const socket = new Socket();
  const client = new Client({
    ...(tls.startsWith('verify-')
      ? { connectionString: secret.open() }
      : { connectionString: url.href, ssl: tls === 'require' ? { rejectUnauthorized: false } : false }),
    stream: () => socket,
    application_name: options.purpose,
    connectionTimeoutMillis: CONNECT_MS,
    ...KEEP_ALIVE,
  });
  // Must be there: a connection that breaks between two statements would end the whole process.
  client.on('error', () => {});
  const abort = () => socket.destroy();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    await connect(client, options.timeoutSeconds);
    const answer = await use({
      query: async (sql, values) => (await client.query(sql, values === undefined ? [] : [...values])).rows,
      async copyIn(sql, rows) {
        const copy = client.query(copyFrom(sql));
        await pipeline(Readable.from(rows), copy);
        return copy.rowCount;
      },
      copyOut: (sql) => client.query(copyTo(sql)),
    });
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

async function connect(client: Client, timeoutSeconds: number): Promise<void> {
  try {
    await client.connect();
    await client.query(`set statement_timeout = ${Math.round(timeoutSeconds * 1000)}`);
    // Text is written, and read, as pg_dump has it written.
    await client.query("set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'");
    await client.query('set extra_float_digits = 3; set row_security = off');
  } catch (cause) {
    throw new Fault('connecting to the database', { cause });
  }
}
