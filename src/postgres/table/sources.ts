// Where the rows of one table come from: an archive for pg_restore, SQL that flows, or a candidate that is loaded already.
import { addAbortSignal, type Readable } from 'node:stream';
import { Fault, Refusal, reasonOf } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { exec } from '../../lib/exec.ts';
import { newestTools, type ToolPath } from '../client-tools.ts';
import { programEnv } from '../program-env.ts';
import { withCopySession } from './copy-session.ts';
import { type Block, blocksOf, partitionsIn } from './dump-rows.ts';
import { idents, inSql, inWords, type TableName } from './names.ts';
import type { TableShape } from './shape.ts';
import { columnsOf } from './shape-parts.ts';

export type TableSource =
  /** Custom, directory or tar. */
  | { readonly is: 'archive'; readonly path: string }
  /** The SQL of pg_dump, from its beginning. It is destroyed when the rows have been read. */
  | { readonly is: 'plain'; stream(): Readable | Promise<Readable> }
  /** A database that the backup was restored into: rows flow from server to server by way of us. */
  | { readonly is: 'database'; readonly database: Secret };

export type SourceOptions = ToolPath & {
  readonly purpose: string;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
};

/**
 * Hands the rows of `table` to `use`, and returns when the source too has ended well: only then may they be kept.
 * Throws Refusal when the backup is cut off or damaged.
 */
export async function withBlocks(
  source: TableSource,
  table: TableShape,
  options: SourceOptions,
  use: (blocks: AsyncIterable<Block>) => Promise<void>,
): Promise<void> {
  if (source.is === 'archive') await fromArchive(source.path, table, options, use);
  else if (source.is === 'database') await fromDatabase(source.database, table, options, use);
  else {
    const stream = await source.stream();
    if (options.signal !== undefined) addAbortSignal(options.signal, stream);
    try {
      await use(blocksOf(stream, table, { toTheEnd: false, partitions: [] }));
    } finally {
      stream.destroy();
    }
  }
}

async function fromArchive(
  path: string,
  table: TableShape,
  options: SourceOptions,
  use: (blocks: AsyncIterable<Block>) => Promise<void>,
): Promise<void> {
  let partitions: string[] = [];
  if (table.partitioned) {
    await pgRestore(options, ['--section=pre-data', path], async (sql) => {
      partitions = await partitionsIn(sql, table);
    });
  }
  const tables = [table, ...partitions.map(fromWords)];
  const only = [
    ...[...new Set(tables.map(({ schema }) => schema))].map((schema) => `--schema=${schema}`),
    ...tables.map(({ name }) => `--table=${name}`),
  ];
  // With its CREATE TABLE, which tells the columns of an INSERT that does not name them.
  await pgRestore(options, ['--section=pre-data', '--section=data', ...only, path], (sql) =>
    use(blocksOf(sql, table, { toTheEnd: true, partitions })),
  );
}

async function pgRestore(
  options: SourceOptions,
  args: readonly string[],
  take: (sql: Readable) => Promise<void>,
): Promise<void> {
  const tools = await newestTools(options, ['pg_restore']);
  let problem: { readonly thrown: unknown } | undefined;
  const ran = await exec(tools.program('pg_restore'), ['--file=-', '--no-owner', '--no-acl', ...args], {
    env: programEnv(options),
    maxBuffer: 10_000,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    takeStdout: async (stdout) => {
      try {
        await take(stdout);
      } catch (thrown) {
        problem = { thrown };
        stdout.destroy();
      }
    },
  });
  options.signal?.throwIfAborted();
  const said = /error: (.+)/.exec(ran.stderr)?.[1];
  // Then the SQL was cut off too, and only pg_restore knows why.
  const isReason =
    problem === undefined || (problem.thrown instanceof Refusal && problem.thrown.code === 'archive-truncated');
  if (ran.code !== 0 && said !== undefined && isReason && !/Broken pipe/.test(said)) {
    throw new Refusal('archive-damaged', `The archive cannot be read to its end (${said}).`, another);
  }
  if (problem !== undefined) throw problem.thrown;
  if (ran.code !== 0)
    throw new Fault(`reading the archive: pg_restore was ended by ${ran.signal ?? `code ${ran.code}`}`);
}

const another = 'Download it again or choose another backup.';

async function fromDatabase(
  database: Secret,
  table: TableShape,
  options: SourceOptions,
  use: (blocks: AsyncIterable<Block>) => Promise<void>,
): Promise<void> {
  await withCopySession(database, options, async ({ query, copyOut }) => {
    await query('begin isolation level repeatable read read only');
    const [there] = await query<{ oid: string | null }>('select to_regclass($1)::oid::text as oid', [inSql(table)]);
    if (there?.oid == null) throw nothingOf(table);
    const theirs = (await columnsOf(query, there.oid)).filter(({ generated }) => !generated);
    const written = new Map(table.columns.filter(({ generated }) => !generated).map((column) => [column.name, column]));
    const common = theirs.filter(({ name }) => written.has(name));
    const columns = common.map(({ name }) => name);
    const isAlike = common.every(({ name, type, portable }) => portable && written.get(name)?.type === type);
    const format = isAlike ? 'binary' : 'text';
    // A partitioned table cannot be copied by its name.
    const rows = table.partitioned
      ? `(select ${idents(columns)} from ${inSql(table)})`
      : `${inSql(table)} (${idents(columns)})`;
    const notSent = theirs.map(({ name }) => name).filter((name) => !written.has(name));
    const block = { columns, notSent, format, encoding: null } as const;
    try {
      await use(once({ ...block, rows: copyOut(`copy ${rows} to stdout (format ${format})`) }));
    } catch (thrown) {
      options.signal?.throwIfAborted();
      if (thrown instanceof Refusal || thrown instanceof Fault) throw thrown;
      throw new Fault(`copying ${inWords(table)} from the candidate`, { cause: new Error(reasonOf(thrown)) });
    }
  });
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

function fromWords(words: string): TableName {
  const dot = words.indexOf('.');
  return { schema: words.slice(0, dot), name: words.slice(dot + 1) };
}

export function nothingOf(table: TableName): Refusal {
  return new Refusal(
    'table-not-in-backup',
    `The backup holds no rows of ${inWords(table)}: it is older than the table, or was made without it.`,
    'Choose another backup.',
  );
}
