// Loads a fetched backup into a scratch server: what rehearsals and drills have in common.
import type { Args, Run } from '../../core/action.ts';
import { openArchive } from '../../postgres/archive/open.ts';
import type { Loaded } from '../../postgres/load.ts';
import type { ScratchServer } from '../../postgres/scratch.ts';
import { type Fetched, type FileOptions, openedWith } from './work-files.ts';

type What = {
  readonly options: FileOptions;
  readonly from: Args<'backup.rehearse'>['from'];
  readonly database: string;
  readonly run: Run;
};

/** Creates the database. Throws Fault when anything of the backup cannot be loaded. */
export async function loadScratch(server: ScratchServer, archive: Fetched, what: What): Promise<Loaded> {
  const { options, from, database, run } = what;
  const opened = await openArchive(archive.file, archive, await openedWith(options, from, run));
  try {
    return await server.load(opened, database, { onProgress: (progress) => run.progress(progress) });
  } finally {
    await opened.close();
  }
}
