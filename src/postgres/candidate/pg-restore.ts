// Runs pg_restore for one load, and says what went wrong without telling rows.
import { basename } from 'node:path';
import { Fault, Refusal } from '../../core/errors.ts';
import { exec, type Ran } from '../../lib/exec.ts';
import type { Tools } from '../client-tools.ts';
import { connectionEnv, programEnv } from '../program-env.ts';
import { loadSettings, withoutRows } from './lane.ts';
import { diskFull, type Loading, roleMissing } from './loading.ts';

export type PgRestore = {
  readonly loading: Loading;
  readonly tools: Tools;
  /** A file or a directory. */
  readonly file: string;
  readonly jobs: number;
};

/** Its standard output. Throws Fault, or a Refusal where a person can help. */
export async function pgRestore(
  { loading, tools, file }: PgRestore,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<string> {
  const ran = await exec(tools.program('pg_restore'), [...args, file], {
    env: {
      ...programEnv(loading),
      ...connectionEnv(loading.database),
      PGOPTIONS: loadSettings(loading),
      PGAPPNAME: loading.purpose,
    },
    signal: loading.signal,
    maxBuffer: 50_000_000,
    ...(onLine === undefined ? {} : { onLine }),
  });
  loading.signal.throwIfAborted();
  if (ran.code !== 0) throw troubleOf(`loading ${basename(file)} into ${loading.into}`, tools, ran);
  return ran.stdout;
}

/** Only the error line itself: DETAIL and CONTEXT quote rows, and rows are customers' data. */
function troubleOf(activity: string, { major }: Tools, { stderr, signal }: Ran): Error {
  const said = withoutRows(
    /error: (.+)/.exec(stderr)?.[1] ?? `pg_restore was ended by ${signal ?? 'an unknown cause'}`,
  );
  if (/No space left on device/.test(stderr)) return diskFull(said);
  if (/transaction_timeout/.test(said)) {
    return new Refusal(
      'client-too-new',
      `pg_restore ${major} cannot load into this older server.`,
      'Install the client programs of the server’s own version where the worker runs: apt-get install -y postgresql-client-<version>',
    );
  }
  return roleMissing(said) ?? new Fault(activity, { cause: new Error(said) });
}
