// What the application and its workers know of their database. Runs in a container, on the image's Node.js.
import pg from 'pg';

const { DB_HOST, DB_NAME, DB_USER, DB_PASSWORD } = process.env;

/** A pool that outlives the database: every query stands alone, and a broken connection is a failed query. */
export function openPool(): pg.Pool {
  const pool = new pg.Pool({
    host: DB_HOST,
    database: DB_NAME,
    user: DB_USER,
    password: DB_PASSWORD,
    max: 4,
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
  });
  pool.on('error', () => {});
  return pool;
}

type Migration = { app: string; name: string; sql: string };

/** The migrations that this code needs, oldest first. The early ones made what the seed holds from the beginning. */
const MIGRATIONS: readonly Migration[] = [
  { app: 'auth', name: '0001_initial', sql: '' },
  { app: 'sessions', name: '0001_initial', sql: '' },
  { app: 'polls', name: '0001_initial', sql: '' },
  { app: 'polls', name: '0002_vote_unique_per_user', sql: '' },
  {
    app: 'polls',
    name: '0003_poll_is_archived',
    sql: 'alter table polls_poll add column is_archived boolean not null default false',
  },
];

/** Those that the database lacks. Rejects when it has no record of migrations at all. */
export async function missingMigrations(pool: pg.Pool): Promise<Migration[]> {
  const { rows } = await pool.query<{ app: string; name: string }>('select app, name from django_migrations');
  return MIGRATIONS.filter(({ app, name }) => !rows.some((row) => row.app === app && row.name === name));
}
