// The action backup.rehearse: restores a backup into a scratch PostgreSQL and checks the data. This is what proves a backup.
import type { Action, Args, Outcome, Run } from '../../core/action.ts';
import type { Proof } from '../../core/facts.ts';
import { clock, count, list } from '../../core/wording.ts';
import { checkData } from '../../postgres/integrity.ts';
import { withScratch } from '../../postgres/scratch.ts';
import { dataOutcome } from './data-outcome.ts';
import { loadScratch } from './load-scratch.ts';
import { type FileOptions, fetched, removeFiles } from './work-files.ts';

type Rehearsal = Args<'backup.rehearse'>;
const DATABASE = 'rehearsal';

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
  const { system, operation, signal } = run;
  const began = performance.now();
  const { serverVersion: version } = archive;
  const scratch = { dir: options.workDir, path: options.path, name: operation, version, signal };
  return await withScratch(scratch, async (server) => {
    run.progress({ percent: 0, note: 'a scratch PostgreSQL is running' });
    const loaded = await loadScratch(server, archive, { options, from, database: DATABASE, run });
    run.progress({ percent: 99, note: 'checking the data' });
    const { checks, tables } = await checkData(server.connection(DATABASE), system, null, {
      purpose: `holdfast ${operation} ${run.step}`,
      signal,
    });
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const rows = Object.values(tables).reduce((sum, one) => sum + one, 0);
    const says = [
      `${from.backup.id} was restored into a scratch PostgreSQL: ${count(rows, 'row')} in ${count(system.tables.length, 'table')}.`,
      ...(loaded.leftOut.length === 0 ? [] : [`Left out: ${list(loaded.leftOut)}.`]),
    ];
    const outcome = dataOutcome(checks, { says });
    if (outcome.is !== 'done') return outcome;
    const at = options.now().toISOString();
    const proof: Proof = { system: system.name, backup: from.backup.id, operation, at, seconds, tables };
    const proven = `${from.backup.id} is proven restorable in ${clock(seconds)}.`;
    return { ...outcome, evidence: { ...outcome.evidence, says: [...outcome.evidence.says, proven], proof } };
  });
}
