// One short-lived connection to an add-on's database, as its own role.
import pg from 'pg';

/** Connects, does the work, disconnects. Never waits longer than 5 s for a connection. */
export async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    application_name: 'simulated-heroku',
  });
  // A restore may cut the connection at any time; the query in flight rejects by itself.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
