// Backups as provote's own script makes them: plain SQL of pg_dump, compressed, named by the moment in UTC.
import { mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { postgresBinaries } from '../../servers/postgres-binaries.ts';
import { runProgram } from '../docker.ts';

/** `backup` is a daily one; `pre_migration` is what `--pre-migration` makes, and must never count as the latest. */
export type BackupKind = 'backup' | 'pre_migration';

/** Dumps what the database holds now, as if at `at`. Returns the file's name: `backup_20251121_020000.sql.gz`. */
export async function makeBackup(url: string, dir: string, kind: BackupKind, at: Date): Promise<string> {
  const name = `${kind}_${stampOf(at)}.sql.gz`;
  const file = join(dir, name);
  await mkdir(dir, { recursive: true });
  const env = { PATH: `${await postgresBinaries()}:/usr/bin:/bin`, LC_ALL: 'C', TZ: 'UTC', DATABASE: url, FILE: file };
  const script = 'pg_dump --dbname="$DATABASE" | gzip >"$FILE"';
  await runProgram(env, 'bash', ['-euo', 'pipefail', '-c', script]);
  await utimes(file, at, at);
  return name;
}

function stampOf(at: Date): string {
  return at.toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '_');
}
