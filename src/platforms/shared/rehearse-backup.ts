// The action backup.rehearse: restores a backup into a scratch PostgreSQL and checks the data. This is what proves a backup.
import type { Action, Args, Outcome, Run } from '../../core/action.ts';
import { clock, count, list } from '../../core/wording.ts';
import { dataOutcome } from './data-outcome.ts';
import { proofOf, restoredInScratch } from './restore-scratch.ts';
import { type FileOptions, fetched, removeFiles } from './work-files.ts';

type Rehearsal = Args<'backup.rehearse'>;

/** Fetches the backup when this machine does not have it. Leaves no file behind unless it is to be taken up again. */
export function rehearseBackup(options: FileOptions & { readonly now: () => Date }): Action<Rehearsal> {
  return {
    describe: ({ from }) =>
      `pg_restore --exit-on-error --jobs N ${from.backup.id} into a scratch PostgreSQL, then check its data`,
    async do(args, run) {
      try {
        return await rehearse(options, args, run);
      } finally {
        // Interrupted, it is taken up again: by then another worker here may be using the file.
        if (!run.signal.aborted) await removeFiles(options, run.operation);
      }
    },
    probe: async () => ({ is: 'not_happened' }),
    undo: { not: 'the scratch server and every file of it are removed at once' },
  };
}

async function rehearse(options: FileOptions & { now: () => Date }, { from }: Rehearsal, run: Run): Promise<Outcome> {
  const archive = await fetched(options, from, run);
  run.progress({ percent: 0, note: 'a scratch PostgreSQL is starting' });
  return await restoredInScratch(options, { from, archive, run }, async (_connection, restored) => {
    const { checks, tables, leftOut, seconds } = restored;
    const rows = Object.values(tables).reduce((sum, one) => sum + one, 0);
    const says = [
      `${from.backup.id} was restored into a scratch PostgreSQL: ${count(rows, 'row')} in ${count(run.system.tables.length, 'table')}.`,
      ...(leftOut.length === 0 ? [] : [`Left out: ${list(leftOut)}.`]),
    ];
    const outcome = dataOutcome(checks, { says });
    if (outcome.is !== 'done') return outcome;
    const proof = proofOf(restored, { from, run }, options.now());
    const proven = `${from.backup.id} is proven restorable in ${clock(seconds)}.`;
    return { ...outcome, evidence: { ...outcome.evidence, says: [...outcome.evidence.says, proven], proof } };
  });
}
