// The masked columns' values as they are in the archive, read from it once more.
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, Refusal } from '../../core/errors.ts';
import { exec } from '../../lib/exec.ts';
import type { OpenArchive } from '../archive/open.ts';
import { newestTools, type ToolPath } from '../client-tools.ts';
import { programEnv } from '../program-env.ts';
import { type CopyRow, copyReader, type WantedTable } from './copy-text.ts';

/** Reads the wanted columns. The next rows are read when `take` has returned. */
export type Sources = (
  wanted: readonly WantedTable[],
  take: (rows: readonly CopyRow[]) => Promise<void>,
) => Promise<void>;

type SourceOptions = ToolPath & {
  /** For a list of tables. */
  readonly workDir: string;
  readonly signal: AbortSignal;
};

/** Clear text stays in this process: nothing of it is written to a file. */
export function archiveSources(archive: OpenArchive, options: SourceOptions): Sources {
  return async (wanted, take) => {
    if (wanted.length === 0) return;
    const consume = consumer(wanted, take);
    if (archive.is === 'sql') {
      const stream = await archive.sql();
      try {
        await consume(stream);
      } finally {
        stream.destroy();
      }
    } else await fromPgRestore(archive.file, wanted, consume, options);
    options.signal.throwIfAborted();
  };
}

type Consume = (stream: AsyncIterable<Buffer>) => Promise<void>;

function consumer(wanted: readonly WantedTable[], take: (rows: readonly CopyRow[]) => Promise<void>): Consume {
  return async (stream) => {
    const rowsIn = copyReader(wanted);
    let isFirst = true;
    for await (const chunk of stream) {
      if (isFirst) mustBeUtf8(chunk);
      isFirst = false;
      const rows = rowsIn(chunk);
      if (rows.length > 0) await take(rows);
    }
  };
}

/** pg_dump says it near the beginning; names and addresses in another encoding would never be found. */
function mustBeUtf8(chunk: Buffer): void {
  const at = chunk.indexOf('SET client_encoding = ');
  if (at === -1) return;
  const encoding = /'([^']+)'/.exec(chunk.toString('latin1', at, at + 60))?.[1];
  if (encoding === undefined || encoding === 'UTF8' || encoding === 'SQL_ASCII') return;
  throw new Refusal(
    'masking-encoding',
    `The backup is written in ${encoding}: what is left of its personal data could not be looked for.`,
    'Make one with pg_dump --encoding=UTF8.',
  );
}

async function fromPgRestore(
  file: string,
  wanted: readonly WantedTable[],
  consume: Consume,
  { path, workDir, signal }: SourceOptions,
): Promise<void> {
  const activity = 'reading the masked columns of the backup';
  const program = (await newestTools({ path }, ['pg_restore'])).program('pg_restore');
  const listed = await exec(program, ['--list', file], { env: programEnv({ path }), signal, maxBuffer: 50_000_000 });
  signal.throwIfAborted();
  if (listed.code !== 0) throw new Fault(activity, { cause: new Error('pg_restore cannot list it') });
  const entries = listed.stdout.split('\n').filter((entry) => wanted.some((table) => isDataOf(entry, table)));
  if (entries.length === 0) return;
  const list = join(workDir, `masked-${randomBytes(8).toString('hex')}.list`);
  await writeFile(list, entries.join('\n'));
  try {
    const ran = await exec(program, ['--use-list', list, '--file=-', file], {
      env: programEnv({ path }),
      signal,
      takeStdout: consume,
    });
    signal.throwIfAborted();
    if (ran.code !== 0) throw new Fault(activity, { cause: new Error('pg_restore broke off') });
  } finally {
    await rm(list, { force: true });
  }
}

function isDataOf(entry: string, { schema, table }: WantedTable): boolean {
  return entry.includes(` TABLE DATA ${schema} ${table} `);
}
