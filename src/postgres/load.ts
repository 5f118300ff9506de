// Loads an archive into an empty database of a scratch server with parallel jobs, all of it or not at all.
import { rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { Fault } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { exec, type Ran } from '../lib/exec.ts';
import type { ToolPath, Tools } from './client-tools.ts';
import { withDatabase } from './connect.ts';
import { programEnv } from './program-env.ts';

export type LoadOptions = {
  readonly jobs?: number;
  onProgress?(progress: { readonly percent: number; readonly note: string }): void;
};

export type Loaded = {
  /** From the first statement to the last, gathering statistics included. */
  readonly seconds: number;
  /** Extensions of the archive that this machine does not have; what needs them would have failed the load. */
  readonly leftOut: readonly string[];
};

type Load = ToolPath & {
  readonly tools: Tools;
  readonly sockets: string;
  readonly connection: Secret;
  readonly file: string;
  readonly database: string;
  readonly signal: AbortSignal;
};

const SESSION =
  '-c synchronous_commit=off -c maintenance_work_mem=256MB -c jit=off -c max_parallel_maintenance_workers=0';

/** Throws Fault with what pg_restore said when anything of the archive cannot be loaded. */
export async function loadArchive(load: Load, { jobs, onProgress }: LoadOptions): Promise<Loaded> {
  const began = performance.now();
  const { entries, leftOut } = await contentsOf(load);
  const list = join(load.sockets, `${load.database}.list`);
  await writeFile(list, entries.join('\n'));
  const parts = entries.length - entries.findIndex((entry) => entry.includes(' TABLE DATA '));
  let done = 0;
  const ran = await pgRestore(
    load,
    [
      ...['--host', load.sockets, '--port=5432', '--username=postgres', '--dbname', load.database, '--use-list', list],
      ...['--exit-on-error', '--verbose', '--jobs', String(jobs ?? availableParallelism() + 1)],
      // Whom things belong to and who may use them are matters of the live server, not of the data.
      ...['--no-owner', '--no-acl', '--no-comments', '--no-security-labels', '--no-publications', '--no-subscriptions'],
    ],
    (line) => {
      const part = /finished item \d+ (.+)/.exec(line)?.[1];
      if (part === undefined) return;
      done += 1;
      onProgress?.({
        percent: Math.min(99, Math.floor((done / parts) * 100)),
        note: `${done} of ${parts} parts loaded`,
      });
    },
  );
  await rm(list, { force: true });
  if (ran.code !== 0) throw faultOf(`loading ${basename(load.file)} into a scratch PostgreSQL`, ran);
  await analyse(load);
  return { seconds: (performance.now() - began) / 1000, leftOut };
}

/** The table of contents without extensions that are not installed here: monitoring ones are in every dump of a provider. */
async function contentsOf(load: Load): Promise<{ entries: string[]; leftOut: string[] }> {
  const listed = await pgRestore(load, ['--list']);
  if (listed.code !== 0) throw faultOf(`listing ${basename(load.file)}`, listed);
  const options = { readOnly: true, purpose: 'holdfast scratch', timeoutSeconds: 60, signal: load.signal };
  const available = await withDatabase(load.connection, options, (query) =>
    query<{ name: string }>('select name from pg_available_extensions'),
  );
  const here = new Set(available.map(({ name }) => name));
  const entries: string[] = [];
  const leftOut: string[] = [];
  for (const entry of listed.stdout.split('\n')) {
    if (!/^\d+;/.test(entry)) continue;
    const extension = /^\d+; \d+ \d+ EXTENSION - (\S+)/.exec(entry)?.[1];
    if (extension === undefined || here.has(extension)) entries.push(entry);
    else leftOut.push(extension);
  }
  return { entries, leftOut };
}

async function pgRestore(load: Load, args: readonly string[], onLine?: (line: string) => void): Promise<Ran> {
  const ran = await exec(load.tools.program('pg_restore'), [...args, load.file], {
    env: { ...programEnv(load), PGOPTIONS: SESSION, PGAPPNAME: 'holdfast scratch' },
    signal: load.signal,
    maxBuffer: 50_000_000,
    ...(onLine === undefined ? {} : { onLine }),
  });
  load.signal.throwIfAborted();
  return ran;
}

/** Otherwise the first questions to the fresh database would be planned blindly, and the checks be slow. */
async function analyse({ connection, signal }: Load): Promise<void> {
  const options = { readOnly: false, purpose: 'holdfast scratch', timeoutSeconds: 1800, signal };
  await withDatabase(connection, options, (query) => query('analyze'));
}

/** Only the error line itself: DETAIL and CONTEXT quote rows, and rows are customers' data. */
function faultOf(activity: string, { stderr, signal }: Ran): Fault {
  const said = [...stderr.matchAll(/error: (.+)/g)].map(([, line]) => line);
  return new Fault(activity, {
    cause: new Error(said[0] ?? `pg_restore was ended by ${signal ?? 'an unknown cause'}`),
  });
}
