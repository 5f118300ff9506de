// A live database whose tables were damaged since its backup, and that backup in every form in which a table can be taken from it.
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { startPostgres } from '../../sandbox/servers/postgres.ts';
import { Refusal } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { compareTable } from '../../src/postgres/table/compare.ts';
import { extractTable } from '../../src/postgres/table/extract.ts';
import { type MergeMode, mergeTable } from '../../src/postgres/table/merge.ts';
import type { TableSource } from '../../src/postgres/table/sources.ts';
import { unmergeTable } from '../../src/postgres/table/unmerge.ts';

const run = promisify(execFile);
const PATH = '/usr/local/bin:/usr/bin:/bin';

export type Form = 'custom' | 'directory' | 'tar' | 'sql.gz' | 'inserts' | 'column inserts' | 'candidate';

/** A database of its own on the server, and what the tests do with it. */
export type Live = Awaited<ReturnType<TableWorld['database']>>;
export type TableWorld = Awaited<ReturnType<typeof startTableWorld>>;

export async function startTableWorld() {
  const server = await startPostgres();
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-table-'));
  await chmod(dir, 0o711);
  let files = 0;

  const query = async (database: string, sql: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: server.urlOf(database) });
    await client.connect();
    try {
      const answers: unknown = await client.query(sql);
      const last = Array.isArray(answers) ? answers.at(-1) : answers;
      return last?.rows ?? [];
    } finally {
      await client.end();
    }
  };

  const backup = async (database: string, form: Form): Promise<TableSource> => {
    files += 1;
    const file = join(dir, `backup-${files}`);
    const dump = (...args: string[]) => run(join(server.bin, 'pg_dump'), [...args, '-f', file, server.urlOf(database)]);
    if (form === 'candidate') {
      await query('postgres', `create database candidate_${files} template ${database}`);
      return { is: 'database', database: new Secret(server.urlOf(`candidate_${files}`)) };
    }
    if (form === 'custom' || form === 'directory' || form === 'tar') {
      await dump(`--format=${form}`);
      return { is: 'archive', path: file };
    }
    if (form === 'sql.gz') {
      await dump('--compress=6');
      return { is: 'plain', stream: () => createReadStream(file).pipe(createGunzip()) };
    }
    await dump(form === 'inserts' ? '--inserts' : '--column-inserts');
    return { is: 'plain', stream: () => createReadStream(file) };
  };

  return {
    server,
    dir,
    backup,
    query,
    async database(name: string, seed: string) {
      // What the first try of a test that is run once more has left.
      await query('postgres', `drop database if exists ${name} with (force)`);
      await query('postgres', `create database ${name}`);
      await query(name, seed);
      const live = new Secret(server.urlOf(name));
      const beside = 'holdfast_op_12';
      const at = (table: string) => ({ table, beside, purpose: 'holdfast op-12 test' });
      return {
        name,
        live,
        beside,
        query: (sql: string) => query(name, sql),
        backup: (form: Form = 'custom') => backup(name, form),
        extract: (source: TableSource, table: string, signal?: AbortSignal) =>
          extractTable(source, {
            database: live,
            path: PATH,
            ...at(table),
            ...(signal === undefined ? {} : { signal }),
          }),
        compare: (table: string) => compareTable(live, at(table)),
        /** As approved: what a comparison shows at this moment. */
        async merge(table: string, mode: MergeMode = 'missing') {
          return await mergeTable(live, { ...at(table), mode, shown: await compareTable(live, at(table)) });
        },
        unmerge: (table: string) => unmergeTable(live, at(table)),
        /** One line per row, in the order of the text. */
        async rows(table: string): Promise<string[]> {
          const rows = await query(name, `select t::text as line from ${table} t order by 1`);
          return rows.map(({ line }) => String(line));
        },
      };
    },
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The code and both sentences of the Refusal; throws when there was none. */
export async function refusedWith(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.then(
    (result) => new Error(`not refused: ${JSON.stringify(result)}`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof Refusal)) throw thrown;
  return `${thrown.code}: ${thrown.message}`;
}
