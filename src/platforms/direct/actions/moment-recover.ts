// moment.recover: a cluster as it was at a moment, away from the live one, dumped to an archive that goes the way of every other.
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Fault, Refusal } from '../../../core/errors.ts';
import { done, evidence, failed } from '../../../core/outcomes.ts';
import { count, megabytes } from '../../../core/wording.ts';
import { databaseName } from '../../../postgres/connect.ts';
import { fetchedBefore, madeHere, removeFiles } from '../../shared/work-files.ts';
import type { Reach, Tools } from '../reach.ts';

type A = Args<'moment.recover'>;

export function momentRecover(tools: Tools): Action<A> {
  return {
    describe: ({ at }) => `pgbackrest restore --type=time --target="${at}" into a new directory; pg_dump of it`,

    async do(args, run) {
      const reach = await tools.reach(run.system, args.environment);
      try {
        return await recover(tools, reach, args, run);
      } catch (thrown) {
        run.signal.throwIfAborted();
        if (thrown instanceof Refusal) return failed(`${thrown.why} ${thrown.next}`);
        if (thrown instanceof Fault) return failed(thrown.message);
        throw thrown;
      }
    },

    async probe({ from }, run) {
      const known = await fetchedBefore(tools.files, from, run);
      if (known === null) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`${from.backup.id} is here: ${megabytes(known.bytes)}.`]) };
    },

    undo: {
      how: 'the recovered cluster and its dump are removed',
      async run({ environment }, _output, run) {
        const { moments } = await tools.reach(run.system, environment);
        await moments?.clear(nameOf(run), run.signal);
        await removeFiles(tools, run.operation);
        return evidence(['Nothing of the recovered cluster is left.']);
      },
    },
  };
}

async function recover(tools: Tools, { live, moments }: Reach, { at, from }: A, run: Run): Promise<Outcome> {
  if (moments === null) throw new Fault('recovering a moment: its write-ahead log is not archived');
  const name = nameOf(run);
  await run.fence();
  // What an attempt that died has left on the host stands in the way of this one.
  await moments.clear(name, run.signal);
  try {
    const database = databaseName(live);
    const options = { signal: run.signal, onNote: (note: string) => run.progress({ percent: null, note }) };
    const told: { reached: string; says: readonly string[] }[] = [];
    const archive = await madeHere(tools.files, from, run, async (file) => {
      told.push(await moments.recover({ at, database, name, file }, options));
    });
    const [{ reached, says } = { reached: at, says: [] }] = told;
    return done(
      [
        ...says,
        `${from.backup.id}: ${megabytes(archive.bytes)}, data of ${count(archive.tables.length, 'table')}, read to its end.`,
      ],
      { reached },
    );
  } finally {
    // It holds everybody's data, and it runs: gone as soon as it is dumped.
    if (!run.signal.aborted) await moments.clear(name, run.signal);
  }
}

/** By which an attempt finds what an earlier one has left: `op-41-s1`. */
function nameOf({ operation, step }: Run): string {
  return `${operation}-${step}`;
}
