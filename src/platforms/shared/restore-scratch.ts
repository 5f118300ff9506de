// Restores a fetched backup into a scratch server and checks its data: what rehearsals and drills have in common.

import type { Args, Run } from '../../core/action.ts';
import type { Proof } from '../../core/facts.ts';
import { purposeOf } from '../../core/purpose.ts';
import type { Secret } from '../../core/secret.ts';
import { openArchive } from '../../postgres/archive/open.ts';
import { checkData, type DataReport } from '../../postgres/integrity.ts';
import type { Loaded } from '../../postgres/load.ts';
import { type ScratchServer, withScratch } from '../../postgres/scratch.ts';
import { type Fetched, type FileOptions, openedWith } from './work-files.ts';

type What = {
  readonly from: Args<'backup.rehearse'>['from'];
  readonly archive: Fetched;
  readonly run: Run;
};

/** `seconds`: from nothing to a server whose data was checked. */
export type Restored = DataReport & Pick<Loaded, 'leftOut'> & { readonly seconds: number };

const DATABASE = 'restored';

/**
 * `read` may look into the database; when this returns, the server is gone, with all that it had. Throws Fault when anything of
 * the backup cannot be loaded.
 */
export async function restoredInScratch<T>(
  options: FileOptions,
  { from, archive, run }: What,
  read: (connection: Secret, restored: Restored) => Promise<T>,
): Promise<T> {
  const { workDir: dir, path } = options;
  const { system, operation, signal } = run;
  const began = performance.now();
  const scratch = { dir, path, name: operation, version: archive.serverVersion, signal };
  return await withScratch(scratch, async (server) => {
    const { leftOut } = await load(options, { from, archive, run }, server);
    run.progress({ percent: 99, note: 'checking the data' });
    const connection = server.connection(DATABASE);
    const data = await checkData(connection, system, null, { purpose: purposeOf(run), signal });
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    return await read(connection, { ...data, leftOut, seconds });
  });
}

async function load(options: FileOptions, { from, archive, run }: What, server: ScratchServer): Promise<Loaded> {
  const opened = await openArchive(archive.file, archive, await openedWith(options, from, run));
  try {
    return await server.load(opened, DATABASE, { onProgress: (progress) => run.progress(progress) });
  } finally {
    await opened.close();
  }
}

/** That the backup was restored and its data found as it must be, at this moment. */
export function proofOf({ tables, seconds }: Restored, { from, run }: Omit<What, 'archive'>, now: Date): Proof {
  const { system, operation } = run;
  return { system: system.name, backup: from.backup.id, operation, at: now.toISOString(), seconds, tables };
}
