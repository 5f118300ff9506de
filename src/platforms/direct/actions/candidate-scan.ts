// candidate.scan: is any personal data left in a masked candidate? Anything at all means that it is thrown away.
import type { Action, Args, Outcome } from '../../../core/action.ts';
import { onlyReads } from '../../../core/only-reads.ts';
import { done, failed } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import { withReader } from '../../../postgres/candidate/reader.ts';
import { scanForLeaks } from '../../../postgres/masking/scan.ts';
import { archiveSources } from '../../../postgres/masking/sources.ts';
import { workDirOf } from '../../shared/work-files.ts';
import { withFetched } from '../fetched.ts';
import type { Tools } from '../reach.ts';

type A = Args<'candidate.scan'>;

export function candidateScan(tools: Tools): Action<A> {
  return {
    ...onlyReads,
    describe: ({ candidate }) => `search every text of ${candidate} for patterns and for every value that was masked`,

    async do({ environment, candidate, from }, run): Promise<Outcome> {
      const { masking } = run.system;
      if (masking === undefined) return failed('there are no masking rules by which to search');
      const { live } = await tools.reach(run.system, environment);
      const options = { purpose: purposeOf(run), signal: run.signal };
      const { checks, leaks } = await withFetched(tools, from, run, (archive) =>
        withReader(live, candidate, options, ({ database }) =>
          scanForLeaks(database, {
            ...options,
            masking,
            sources: archiveSources(archive, { path: tools.path, workDir: workDirOf(tools, run), signal: run.signal }),
          }),
        ),
      );
      if (leaks === 0) return done([`No personal data is left in ${candidate}.`], null, checks);
      const where = checks.filter(({ status }) => status === 'fail').map(({ name, figure }) => `${name}: ${figure}`);
      return failed(`personal data is left: ${where.join('; ')}. Nobody can connect to it; it is dropped`, [], checks);
    },
  };
}
