// candidate.scan: is any personal data in what has reached the masked environment? Anything at all means that it is thrown away.
import { join } from 'node:path';
import type { Action, Args, Outcome } from '../../../core/action.ts';
import { done, failed } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import { scanForLeaks } from '../../../postgres/masking/scan.ts';
import { archiveSources } from '../../../postgres/masking/sources.ts';
import { withFetched } from '../../direct/fetched.ts';
import type { Tools } from '../../direct/reach.ts';
import { onShelfOnly, rulesOf, sourcesFor } from '../masking.ts';
import { kinOf } from '../schemas/shelf.ts';
import { asking } from '../scratch.ts';

type A = Args<'candidate.scan'>;

export function candidateScan(tools: Tools): Action<A> {
  return {
    probe: async () => ({ is: 'not_happened' }),
    undo: { not: 'it only reads' },
    describe: ({ candidate }) => `search every text of ${candidate} for patterns and for every value that was masked`,

    async do({ environment, candidate, from }, run): Promise<Outcome> {
      const { live } = await tools.reach(run.system, environment);
      const masking = rulesOf(run.system);
      const schemas = await asking(live, run, (query) => kinOf(query, candidate), { readOnly: true });
      const workDir = join(tools.workDir, run.operation);
      const { checks, leaks } = await withFetched(tools, from, run, (archive) =>
        scanForLeaks(live, {
          masking: onShelfOnly(masking, candidate),
          sources: sourcesFor(
            candidate,
            masking,
            archiveSources(archive, { path: tools.path, workDir, signal: run.signal }),
          ),
          schemas,
          purpose: purposeOf(run),
          signal: run.signal,
        }),
      );
      const left = checks.filter(({ status }) => status === 'fail').map(({ name, figure }) => `${name}: ${figure}`);
      if (leaks === 0 && left.length === 0) return done([`No personal data is left in ${candidate}.`], null, checks);
      return failed(`personal data is left: ${left.join('; ')}. Nobody else may use it; it is dropped`, [], checks);
    },
  };
}
