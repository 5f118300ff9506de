// Fills the host's database day by day, and dumps it every night the way the runbook's scripts/backup.py does.
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import type { PostgresServer } from '../servers/postgres.ts';
import { DATABASE, ONE_DAY, OWNER, SCHEMA } from './schema.ts';

const DAY_MS = 86_400_000;

/** Writes `days` days of business up to now, and for each the `backup_YYYYMMDD_HHMMSS.sql.gz` of its 02:00 UTC. */
export async function seed(server: PostgresServer, backups: string, days: number): Promise<void> {
  await mkdir(backups, { recursive: true });
  await chmod(backups, 0o755);
  await query(server.url, `create role ${OWNER} login`);
  await query(server.url, `create database ${DATABASE} owner ${OWNER}`);
  const url = server.urlOf(DATABASE, OWNER);
  await query(url, SCHEMA);
  const now = Date.now();
  // Today's once it is ten minutes past, else yesterday's: there is a backup at any time of the day.
  const today = Math.floor(now / DAY_MS) * DAY_MS + 2 * 3_600_000;
  const last = today < now - 600_000 ? today : today - DAY_MS;
  for (let back = days - 1; back >= 0; back -= 1) {
    const night = new Date(last - back * DAY_MS);
    const end = back === 0 ? new Date(now) : new Date(night.getTime() - 600_000);
    await query(url, ONE_DAY.replaceAll('$1', `'${end.toISOString()}'`));
    await dump(server, backups, night);
  }
}

/** A plain dump, compressed, named and dated as if it had been made at that moment. Returns its path. */
async function dump(server: PostgresServer, backups: string, at: Date): Promise<string> {
  const stamp = at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_');
  const file = join(backups, `backup_${stamp}.sql.gz`);
  const child = execFile(join(server.bin, 'pg_dump'), ['--dbname', server.urlOf(DATABASE)], { env: {} });
  if (child.stdout === null) throw new Error('pg_dump has no output');
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await pipeline(child.stdout, createGzip(), createWriteStream(file));
  if ((await ended) !== 0) throw new Error(`pg_dump of ${DATABASE} ended badly`);
  await utimes(file, at, at);
  return file;
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result: unknown = await client.query(sql);
    const last = Array.isArray(result) ? result.at(-1) : result;
    return last.rows;
  } finally {
    await client.end();
  }
}
