// The action backup.fetch: brings a backup to this machine and reads it to its end.
import type { Action, Args, Outcome } from '../../core/action.ts';
import { count, megabytes } from '../../core/wording.ts';
import { type Fetched, type FileOptions, fetchBackup, fetchedBefore, removeFiles } from './work-files.ts';

/** Downloads into `workDir`; the outcome tells size, checksum and contents. Undo removes the file. */
export function fetchBackupAction(options: FileOptions): Action<Args<'backup.fetch'>> {
  return {
    describe: ({ from }) => `download ${from.backup.id} of ${from.environment}, then read it to its end`,
    do: async ({ from }, run) => outcomeOf(from.backup.id, await fetchBackup(options, from, run)),
    async probe({ from }, run) {
      const fetched = await fetchedBefore(options, from, run);
      if (fetched === null) return { is: 'not_happened' };
      return { is: 'happened', outcome: outcomeOf(from.backup.id, fetched) };
    },
    undo: {
      how: 'the downloaded file is removed',
      async run(_args, _output, run) {
        await removeFiles(options, run.operation);
        return { says: ['No downloaded file is left on this machine.'], checks: [] };
      },
    },
  };
}

function outcomeOf(backup: string, { file, sha256, bytes, tables }: Fetched): Outcome {
  const says = [
    `${backup}: ${megabytes(bytes)}, read to its end without an error.`,
    `SHA-256 ${sha256.slice(0, 12)}…, data of ${count(tables.length, 'table')}.`,
  ];
  return { is: 'done', evidence: { says, checks: [] }, output: { file, sha256, bytes, tables } };
}
