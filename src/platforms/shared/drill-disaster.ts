// The action drill.disaster: a throwaway server is filled from a backup, destroyed, and recovered from it against the clock.
import type { Action, Args, Outcome, Run } from '../../core/action.ts';
import { type Check, verdictOf } from '../../core/check.ts';
import { Fault } from '../../core/errors.ts';
import { purposeOf } from '../../core/purpose.ts';
import { clock, count, list, span } from '../../core/wording.ts';
import { differing, type Fingerprint, fingerprintOf } from '../../postgres/compare/fingerprint.ts';
import { scratchHomes } from '../../postgres/scratch.ts';
import { proofOf, type Restored, restoredInScratch } from './restore-scratch.ts';
import { type Fetched, type FileOptions, fetched, removeFiles } from './work-files.ts';

type Disaster = Args<'drill.disaster'>;
type Options = FileOptions & { readonly now: () => Date };
type Built = Restored & { readonly fingerprint: Fingerprint };

/**
 * What anybody uses is not touched: both servers are Holdfast's own, on this machine. A missed RTO is found and told; it does not
 * fail the step, since finding it is what a drill is for.
 */
export function drillDisaster(options: Options): Action<Disaster> {
  return {
    describe: ({ from }) =>
      `load ${from.backup.id} into a scratch PostgreSQL, end it and remove its data directory, then load it anew against the clock`,
    async do(args, run) {
      try {
        return await rehearse(options, args, run);
      } finally {
        // Interrupted, it is taken up again: by then another worker here may be using the file.
        if (!run.signal.aborted) await removeFiles(options, run.operation);
      }
    },
    probe: async () => ({ is: 'not_happened' }),
    undo: { not: 'both servers and every file of them are removed at once' },
  };
}

async function rehearse(options: Options, { from }: Disaster, run: Run): Promise<Outcome> {
  const archive = await fetched(options, from, run);
  run.progress({ percent: 0, note: 'filling a throwaway server' });
  const before = await built(options, { from }, archive, run);
  await assertGone(options, run);
  run.progress({ percent: 50, note: 'the server is destroyed, recovering it' });
  const after = await built(options, { from }, archive, run);
  await assertGone(options, run);
  const changed = differing(before.fingerprint, after.fingerprint);
  const checks = [...after.checks, sameCheck(before.fingerprint, changed), ...rtoCheck(after, run)];
  const says = [
    `A throwaway server was filled from ${from.backup.id} in ${clock(before.seconds)}: ${rowsOf(before)}.`,
    'It was ended at once and its data directory removed; read again: nothing of it was left.',
    `Recovered from ${from.backup.id} in ${clock(after.seconds)}, data checked: ${rowsOf(after)}.`,
  ];
  const proven = verdictOf(after.checks) !== 'fail' && changed.length === 0;
  const proof = proven ? { proof: proofOf(after, { from, run }, options.now()) } : {};
  const evidence = { says, checks, ...proof };
  const output = { filledSeconds: before.seconds, recoverySeconds: after.seconds };
  return { is: 'done', evidence, output };
}

/** When it returns, the server is gone, with all that it had. */
async function built(options: Options, { from }: Disaster, archive: Fetched, run: Run): Promise<Built> {
  return await restoredInScratch(options, { from, archive, run }, async (connection, restored) => {
    const fingerprint = await fingerprintOf(connection, { purpose: purposeOf(run), signal: run.signal });
    return { ...restored, fingerprint };
  });
}

async function assertGone({ workDir: dir }: Options, { operation: name }: Run): Promise<void> {
  const left = await scratchHomes({ dir, name });
  if (left.length > 0) throw new Fault(`destroying the throwaway server: ${list(left)} is still there`);
}

function sameCheck(before: Fingerprint, changed: readonly string[]): Check {
  const all = count(before.size, 'table');
  const figure = changed.length === 0 ? `${all}, counts and checksums equal` : `${list(changed)} differ, of ${all}`;
  return { name: 'Same as before', status: changed.length === 0 ? 'pass' : 'fail', figure, source: 'P12, S8' };
}

function rtoCheck({ seconds }: Built, { system }: Run): Check[] {
  if (system.objectives === undefined) return [];
  const limit = system.objectives.rtoMinutes * 60;
  const figure = `recovered in ${clock(seconds)}`;
  return [{ name: `RTO ${span(limit)}`, status: seconds <= limit ? 'pass' : 'fail', figure, source: 'P12, S8' }];
}

function rowsOf({ fingerprint }: Built): string {
  const rows = [...fingerprint.values()].reduce((sum, table) => sum + table.rows, 0);
  return `${count(rows, 'row')} in ${count(fingerprint.size, 'table')}`;
}
