// The archive that an earlier step of the operation has brought to this machine, opened in the form that loaders take.
import type { Args, Run } from '../../core/action.ts';
import { type OpenArchive, openArchive } from '../../postgres/archive/open.ts';
import { type Fetched, type FileOptions, fetched, openedWith } from './work-files.ts';

/** What opening has written is removed in the end. */
export async function withOpened<T>(
  files: FileOptions,
  from: Args<'backup.fetch'>['from'],
  run: Run,
  use: (opened: OpenArchive, archive: Fetched) => Promise<T>,
): Promise<T> {
  const archive = await fetched(files, from, run);
  const opened = await openArchive(archive.file, archive, await openedWith(files, from, run));
  try {
    return await use(opened, archive);
  } finally {
    await opened.close();
  }
}
