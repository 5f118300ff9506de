// Backups of earlier days: real dumps of what the database held, each with the manifest that Holdfast writes beside its own.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { postgresBinaries } from '../../servers/postgres-binaries.ts';
import { query } from './platform.ts';

const run = promisify(execFile);

/** Call it when the database holds what it held at `at`. The file: `fieldservice_20251121T020000Z.dump`. */
export async function pastBackup(url: string, dir: string, at: Date): Promise<string> {
  const name = `fieldservice_${at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}.dump`;
  const file = join(dir, name);
  await run(join(await postgresBinaries(), 'pg_dump'), ['--format=custom', `--file=${file}`, url], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  const bytes = await readFile(file);
  const [server] = await query(url, `select split_part(current_setting('server_version'), ' ', 1) as version`);
  const manifest = {
    version: 1,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    kind: 'scheduled',
    database: 'postgres',
    serverVersion: server?.['version'],
    moment: at.toISOString(),
    tables: await countRows(url),
  };
  await writeFile(`${file}.manifest.json`, JSON.stringify(manifest));
  await utimes(file, at, at);
  return name;
}

async function countRows(url: string): Promise<Record<string, number>> {
  const tables = await query(
    url,
    `select format('%I.%I', schemaname, tablename) as name,
            (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from %I.%I', schemaname, tablename),
             false, true, '')))[1]::text::int as rows
     from pg_tables where schemaname in ('public', 'auth', 'storage', 'supabase_migrations') order by 1`,
  );
  return Object.fromEntries(tables.map(({ name, rows }) => [String(name), Number(rows)]));
}
