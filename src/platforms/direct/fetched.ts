// The archive of an operation, opened for the platforms that stand on this room.
import type { Args, Run } from '../../core/action.ts';
import type { OpenArchive } from '../../postgres/archive/open.ts';
import { withOpened } from '../shared/opened.ts';
import type { Fetched } from '../shared/work-files.ts';
import type { Tools } from './reach.ts';

/** What opening has written is removed in the end. */
export async function withFetched<T>(
  { files }: Tools,
  from: Args<'backup.fetch'>['from'],
  run: Run,
  use: (opened: OpenArchive, archive: Fetched) => Promise<T>,
): Promise<T> {
  return await withOpened(files, from, run, use);
}
