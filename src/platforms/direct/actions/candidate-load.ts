// candidate.load: fills the candidate from the archive in parallel, masked where that is asked, and proves it before anybody may connect.
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { builtFor, maskedBy } from '../../../core/built.ts';
import { Fault, Refusal } from '../../../core/errors.ts';
import { done, failed, untouched } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import { clock, count, list } from '../../../core/wording.ts';
import { loadCandidate } from '../../../postgres/candidate/load-candidate.ts';
import { candidateMark, markCandidate } from '../../../postgres/candidate/mark.ts';
import { withReader } from '../../../postgres/candidate/reader.ts';
import { databaseName } from '../../../postgres/connect.ts';
import { applyMasking } from '../../../postgres/masking/apply.ts';
import { tableIdentities } from '../../../postgres/table-identities.ts';
import { workDirOf } from '../../shared/work-files.ts';
import { withFetched } from '../fetched.ts';
import type { Tools } from '../reach.ts';
import { sourceOf } from '../source-of.ts';

type A = Args<'candidate.load'>;

export function candidateLoad(tools: Tools): Action<A> {
  return {
    describe: ({ candidate, from, masked }) =>
      `load ${from.backup.id} into ${candidate} over several connections, as a role of its own${masked ? ', masked by triggers' : ''}`,
    async do(args, run) {
      const masked = maskedBy(run.system, args.environment) !== null;
      if (masked === args.masked) return await load(tools, args, run);
      return untouched(`${args.environment} ${masked ? 'may hold masked data only' : 'is masked no longer'}`);
    },

    async probe({ environment, candidate }, run) {
      const { live } = await tools.reach(run.system, environment);
      const mark = await candidateMark(live, candidate, { purpose: purposeOf(run), signal: run.signal });
      // Half of a load is thrown away when it is done again.
      if (mark?.operation !== run.operation || mark.state === 'loading') return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`${mark.backup} is in ${candidate}, all of it and on disk.`]) };
    },

    undo: { not: 'the new database is thrown away as a whole' },
  };
}

async function load(tools: Tools, { environment, candidate, from, masked }: A, run: Run): Promise<Outcome> {
  const { live, owner } = await tools.reach(run.system, environment);
  const options = { purpose: purposeOf(run), signal: run.signal };
  await run.fence();
  try {
    return await withFetched(tools, from, run, async (backup, { sha256, database }) => {
      const built = builtFor(run.system, environment, from.backup);
      const origin = { database, expected: await sourceOf(tools, run, from) };
      await markCandidate(live, candidate, { backup: from.backup.id, sha256, built, origin }, options);
      const {
        seconds,
        leftOut,
        says: told,
      } = await loadCandidate(live, {
        ...options,
        path: tools.path,
        workDir: workDirOf(tools, run),
        name: candidate,
        live: databaseName(live),
        ...(owner === undefined ? {} : { owner }),
        backup,
        ...(masked ? maskingHooks(tools, run) : {}),
        onProgress: (progress) => run.progress(progress),
      });
      const names = run.system.tables.map(({ name }) => name);
      const there = await withReader(live, candidate, options, ({ database }) =>
        tableIdentities(database, names, options),
      );
      const says = [
        `${from.backup.id} is in ${candidate}: loaded in ${clock(seconds)}, with ${count(Object.keys(there).length, 'table')} of the system file.`,
        ...(leftOut.length === 0 ? [] : [`Left out: ${list(leftOut)}.`]),
        ...told,
      ];
      // What was recovered to a moment is no backup, and masked data are not those of the backup.
      const proves = !masked && from.backup.bytes !== null;
      return done(says, { loaded: { backup: from.backup.id, seconds, proves } });
    });
  } catch (thrown) {
    run.signal.throwIfAborted();
    // Only the candidate was touched, and it is dropped when this is taken back.
    if (thrown instanceof Refusal) return failed(`${thrown.why} ${thrown.next}`);
    if (thrown instanceof Fault) return failed(thrown.message);
    throw thrown;
  }
}

function maskingHooks({ maskingKey }: Tools, { system: { masking } }: Run) {
  if (masking === undefined || maskingKey === null) {
    throw new Refusal(
      'cannot-mask',
      'There are no masking rules, or MASKING_KEY is not set.',
      'Write the rules under masking in the system file, and set MASKING_KEY.',
    );
  }
  return applyMasking(masking, { key: maskingKey });
}
