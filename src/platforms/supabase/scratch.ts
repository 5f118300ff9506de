// A scratch server on the worker: there a backup is loaded, masked and searched before anything leaves.

import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import type { Run } from '../../core/action.ts';
import { Fault } from '../../core/errors.ts';
import { purposeOf } from '../../core/purpose.ts';
import { Secret } from '../../core/secret.ts';
import { exec } from '../../lib/exec.ts';
import { asRole } from '../../postgres/candidate/role.ts';
import { toolsFor } from '../../postgres/client-tools.ts';
import { databaseName, type Query, withDatabase } from '../../postgres/connect.ts';
import { type Loadable, load } from '../../postgres/load.ts';
import { connectionEnv, connectionInfo, programEnv } from '../../postgres/program-env.ts';
import { type ScratchServer, withScratch } from '../../postgres/scratch.ts';
import type { DirectOptions } from '../direct/reach.ts';
import { ident } from './schemas/sql.ts';

export const DATABASE = 'postgres_backup';

type Scratch = {
  readonly server: ScratchServer;
  /** The loaded database as the superuser of the scratch server. */
  readonly admin: Secret;
};

/** `version`: of the server that the backup is of. */
export async function withProjectScratch<T>(
  { workDir, path }: Pick<DirectOptions, 'workDir' | 'path'>,
  run: Run,
  version: string | null,
  use: (scratch: Scratch) => Promise<T>,
): Promise<T> {
  const { operation: name, signal } = run;
  return await withScratch({ dir: workDir, path, name, version, signal }, async (server) => {
    return await use({ server, admin: asRole(server.connection(DATABASE), 'postgres', new Secret('')) });
  });
}

/** On a connection of its own. */
export async function asking<T>(
  database: Secret,
  run: Run,
  use: (query: Query) => Promise<T>,
  { readOnly = false }: { readonly readOnly?: boolean } = {},
): Promise<T> {
  const options = { readOnly, purpose: purposeOf(run), timeoutSeconds: 3600, signal: run.signal };
  return await withDatabase(database, options, use);
}

/** Dumps the schemas of a shelf to a new file. */
export async function dumpSchemas(
  { path }: Pick<DirectOptions, 'path'>,
  database: Secret,
  { schemas, file }: { readonly schemas: readonly string[]; readonly file: string },
  run: Run,
): Promise<void> {
  const [server] = await asking(database, run, (query) => query<{ version: string }>(VERSION), { readOnly: true });
  const tools = await toolsFor(server?.version ?? '', { path }, ['pg_dump']);
  await rm(file, { force: true });
  const chosen = schemas.map((schema) => `--schema=${ident(schema)}`);
  const leave = ['--no-owner', '--no-acl', '--no-publications', '--no-subscriptions', '--no-security-labels'];
  const ran = await exec(
    tools.program('pg_dump'),
    ['--format=custom', '--no-password', `--dbname=${connectionInfo()}`, ...chosen, ...leave],
    {
      env: { ...programEnv({ path }), ...connectionEnv(database), PGAPPNAME: purposeOf(run) },
      signal: run.signal,
      stdoutFile: file,
      maxBuffer: 20_000,
    },
  );
  run.signal.throwIfAborted();
  if (ran.code === 0) return;
  const said = /error: (.+)/.exec(ran.stderr)?.[1] ?? `pg_dump was ended by ${ran.signal ?? 'an unknown cause'}`;
  throw new Fault(`packing ${basename(file)}`, { cause: new Error(said) });
}

const VERSION = `select split_part(current_setting('server_version'), ' ', 1) as version`;
/** The smallest projects have one processor and a gigabyte of memory, and are in use meanwhile. */
const JOBS = Math.min(2, availableParallelism());

/** Loads what was packed beside what is in use, as the role that we connect as. */
export async function carryOver(
  { path }: Pick<DirectOptions, 'path'>,
  live: Secret,
  { shelf, file, workDir }: { readonly shelf: string; readonly file: string; readonly workDir: string },
  run: Run,
): Promise<void> {
  const [us] = await asking(live, run, (query) => query<{ role: string }>('select current_user as role'), {
    readOnly: true,
  });
  const backup: Loadable = { is: 'for-pg-restore', file, parallel: true };
  await load(
    {
      ...{
        path,
        database: live,
        admin: live,
        role: us?.role ?? '',
        name: databaseName(live),
        into: `the schema ${shelf}`,
      },
      ...{ workDir, purpose: purposeOf(run), signal: run.signal },
    },
    backup,
    { jobs: JOBS, onProgress: (progress) => run.progress(progress) },
  );
}

export function packedFile(workDir: string, shelf: string): string {
  return join(workDir, `${shelf}.dump`);
}
