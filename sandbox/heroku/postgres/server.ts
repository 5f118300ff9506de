// The PostgreSQL server under the add-ons: one database and one login role for each.
import pg from 'pg';
import type { DatabaseLogin } from '../model.ts';

export type Postgres = {
  create(login: DatabaseLogin): Promise<void>;
  drop(login: DatabaseLogin): Promise<void>;
  sizeOf(login: DatabaseLogin): Promise<number>;
  /** The DATABASE_URL an app gets. */
  urlOf(login: DatabaseLogin): string;
  host: string;
  port: string;
  end(): Promise<void>;
};

/** Works on the server at `superuserUrl`, which must name a superuser. */
export function postgresAt(superuserUrl: string): Postgres {
  const { hostname: host, port } = new URL(superuserUrl);
  const pool = new pg.Pool({ connectionString: superuserUrl, max: 2 });
  // The server may go away under us; the next query reports it.
  pool.on('error', () => {});
  const name = pg.escapeIdentifier;

  return {
    host,
    port: port || '5432',
    async create({ database, user, password }) {
      await pool.query(
        `create role ${name(user)} login nosuperuser nocreatedb nocreaterole password ${pg.escapeLiteral(password)}`,
      );
      await pool.query(
        `create database ${name(database)} owner ${name(user)} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`,
      );
      await pool.query(`revoke all on database ${name(database)} from public`);
    },
    async drop({ database, user }) {
      await pool.query(`drop database if exists ${name(database)} with (force)`);
      await pool.query(`drop role if exists ${name(user)}`);
    },
    async sizeOf({ database }) {
      const { rows } = await pool.query<{ size: string }>('select pg_database_size($1::name) as size', [database]);
      return Number(rows[0]?.size ?? 0);
    },
    urlOf: ({ database, user, password }) => `postgres://${user}:${password}@${host}:${port || '5432'}/${database}`,
    end: () => pool.end(),
  };
}
