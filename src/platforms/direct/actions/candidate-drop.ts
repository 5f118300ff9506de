// candidate.drop: removes a candidate that was kept warm and was never live.
import type { Action, Args } from '../../../core/action.ts';
import { done, untouched } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import { dropCandidate } from '../../../postgres/candidate/drop.ts';
import { candidateMark } from '../../../postgres/candidate/mark.ts';
import { databaseFacts } from '../../../postgres/database-facts.ts';
import type { Tools } from '../reach.ts';
import { stillNeeded } from '../still-needed.ts';

type A = Args<'candidate.drop'>;

export function candidateDrop(tools: Tools): Action<A> {
  return {
    describe: ({ candidate }) => `DROP DATABASE ${candidate}`,

    async do({ environment, candidate, identity, spare }, run) {
      const { live } = await tools.reach(run.system, environment);
      const options = { purpose: purposeOf(run), signal: run.signal };
      const [there, mark] = await Promise.all([
        databaseFacts(live, candidate, options),
        candidateMark(live, candidate, options),
      ]);
      if (there === null) return done([`There is no ${candidate} any more.`]);
      if (there.identity !== identity || mark === null) {
        return untouched(`${candidate} is not the candidate that was planned to be removed`);
      }
      const needing = await stillNeeded({ candidate, spare }, run);
      if (needing !== null) return needing;
      await run.fence();
      await dropCandidate(live, candidate, { ...options, operation: mark.operation });
      return done([`${candidate} is dropped; read back: it is gone.`]);
    },

    async probe({ environment, candidate }, run) {
      const { live } = await tools.reach(run.system, environment);
      const there = await databaseFacts(live, candidate, { purpose: purposeOf(run), signal: run.signal });
      if (there !== null) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`There is no ${candidate} any more.`]) };
    },

    undo: { not: 'it can be built again from its backup' },
  };
}
