// One moment of a live database that pg_dump and we look at together, and the rows that it holds then.
import { Fault, Refusal } from '../../core/errors.ts';
import { list } from '../../core/wording.ts';
import type { Query } from '../connect.ts';

export type Snapshot = {
  /** For `pg_dump --snapshot`; good as long as the transaction lasts in which it was taken. */
  readonly id: string;
  readonly database: string;
  /** "15.18" */
  readonly serverVersion: string;
  readonly moment: string;
  /** Rows per table of which pg_dump writes the data, as `schema.name`. */
  readonly tables: Readonly<Record<string, number>>;
};

// Ordinary tables, partitions among them, but not an extension's own: CREATE EXTENSION fills those.
const TABLES = `
  select n.nspname || '.' || c.relname as name, format('%I.%I', n.nspname, c.relname) as written
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     and not exists (select from pg_depend d
                      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
   order by 1`;

/**
 * Leaves the transaction open: whoever disconnects ends it, and the snapshot. Throws Fault when a table cannot be counted.
 * With `only`, as `schema.name`, other tables are not looked at; throws Refusal when one of them is not there.
 */
export async function takeSnapshot(query: Query, only: readonly string[] | null): Promise<Snapshot> {
  await query('begin isolation level repeatable read read only');
  // A policy must not hide rows from the count; and pg_dump may take longer than a session may be idle.
  await query('set local row_security = off');
  await query('set local idle_in_transaction_session_timeout = 0');
  const [row] = await query<Omit<Snapshot, 'tables'>>(
    `select pg_export_snapshot() as id, current_database() as database,
            split_part(current_setting('server_version'), ' ', 1) as "serverVersion",
            to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as moment`,
  );
  if (row === undefined) throw new Fault('taking a snapshot of the database');
  const tables: Record<string, number> = {};
  const there = await query<{ name: string; written: string }>(TABLES);
  for (const { name, written } of there) {
    if (only === null || only.includes(name)) tables[name] = await rowsOf(query, name, written);
  }
  const missing = only?.filter((name) => !(name in tables)) ?? [];
  if (missing.length > 0) {
    const next = 'Name the tables as they are now; of a partitioned one, name its partitions.';
    throw new Refusal('no-such-table', `${row.database} has no ordinary table ${list(missing)}.`, next);
  }
  return { ...row, tables };
}

async function rowsOf(query: Query, name: string, written: string): Promise<number> {
  try {
    // ONLY: the rows of tables that inherit from it are theirs.
    const [row] = await query<{ rows: string }>(`select count(*) as rows from only ${written}`);
    return Number(row?.rows);
  } catch (cause) {
    throw new Fault(`counting the rows of table ${name}`, { cause });
  }
}
