// Reads a backup file to its end before anybody trusts it: what is in it, and that every byte of it can be read.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { Fault, Refusal } from '../core/errors.ts';
import { exec, type Ran } from '../lib/exec.ts';
import { newestTools, type ToolPath } from './client-tools.ts';
import { programEnv } from './program-env.ts';

/** What an archive that was read completely says of itself. */
export type Archive = {
  readonly sha256: string;
  readonly bytes: number;
  /** Tables with data, as `schema.name`. */
  readonly tables: readonly string[];
  /** Of the server that was dumped: "15.18"; null when it does not say. */
  readonly serverVersion: string | null;
  /** When the dump began, if the machine that made it keeps its clock in UTC (the archive does not say). */
  readonly dumpedAt: string | null;
};

type ReadOptions = ToolPath & { readonly signal?: AbortSignal };

/** Throws a Refusal that says what is wrong with the file: not an archive, cut off, damaged, or without data. */
export async function readArchive(file: string, options: ReadOptions): Promise<Archive> {
  await mustLookLikeAnArchive(file);
  const tools = await newestTools(options, ['pg_restore']);
  const run = async (args: readonly string[], maxBuffer: number) => {
    const env = programEnv(options);
    const ran = await exec(tools.program('pg_restore'), [...args, file], { env, maxBuffer, ...signalOf(options) });
    options.signal?.throwIfAborted();
    if (ran.code !== 0) throw refusalFor(file, ran);
    return ran.stdout;
  };
  const contents = await run(['--list'], 50_000_000);
  // The table of contents stands at the front: listing it succeeds for a file that is cut off behind it.
  await run(['--file=/dev/null'], 10_000);
  const tables = [...contents.matchAll(/^\d+; \d+ \d+ TABLE DATA (\S+) (.+) \S+$/gm)].map(
    ([, schema, table]) => `${schema}.${table}`,
  );
  if (tables.length === 0) {
    throw new Refusal('archive-empty', `${basename(file)} is a valid archive without any table data.`, another);
  }
  return { ...(await checksum(file, options)), tables, ...headerOf(contents) };
}

/** SHA-256 and size of a file, in one reading. */
export async function checksum(
  file: string,
  { signal }: { readonly signal?: AbortSignal },
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = createReadStream(file, { highWaterMark: 1_048_576, ...(signal === undefined ? {} : { signal }) });
  for await (const chunk of stream) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

const another = 'Download it again or choose another backup.';

async function mustLookLikeAnArchive(file: string): Promise<void> {
  const start = await firstBytes(file);
  if (start.startsWith('PGDMP')) return;
  const what =
    start === ''
      ? 'it is empty'
      : start.startsWith('\x1f\x8b')
        ? 'it is a gzip file'
        : start.includes('PostgreSQL database dump')
          ? 'it is plain SQL'
          : start.trimStart().startsWith('<')
            ? 'it is a web page'
            : 'it does not begin like one';
  throw new Refusal('not-an-archive', `${basename(file)} is not an archive of pg_dump -Fc: ${what}.`, another);
}

async function firstBytes(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new Fault(`opening the backup file ${basename(file)}`, { cause });
  }
}

function refusalFor(file: string, { stderr, signal }: Ran): Refusal | Fault {
  const name = basename(file);
  const said = /error: (.+)/.exec(stderr)?.[1] ?? '';
  if (/end of file|too short/.test(said)) {
    return new Refusal('archive-truncated', `${name} is cut off: its end is missing.`, another);
  }
  if (/unsupported version/.test(said)) {
    return new Refusal(
      'archive-too-new',
      `${name} was written by a newer pg_dump than this machine can read (${said}).`,
      'Install the newest postgresql-client where the worker runs, then ask again.',
    );
  }
  if (said === '')
    return new Fault(`reading ${name} to its end: pg_restore was ended by ${signal ?? 'an unknown cause'}`);
  return new Refusal('archive-damaged', `${name} is damaged (${said}).`, another);
}

function headerOf(contents: string): Pick<Archive, 'serverVersion' | 'dumpedAt'> {
  const [, day, time] = /^; Archive created at (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})/m.exec(contents) ?? [];
  return {
    serverVersion: /^;\s+Dumped from database version: (\d+(?:\.\d+)*)/m.exec(contents)?.[1] ?? null,
    dumpedAt: day === undefined || time === undefined ? null : `${day}T${time}.000Z`,
  };
}

function signalOf({ signal }: { readonly signal?: AbortSignal }) {
  return signal === undefined ? {} : { signal };
}
