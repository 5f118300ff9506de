// candidate.drop: removes a candidate that was kept warm and was never in use.
import type { Action, Args } from '../../../core/action.ts';
import { done, prepared, untouched } from '../../../core/outcomes.ts';
import type { Tools } from '../../direct/reach.ts';
import { stillNeeded } from '../../direct/still-needed.ts';
import { dropShelf, markIn, shelfOf } from '../schemas/shelf.ts';
import { asking } from '../scratch.ts';

type A = Args<'candidate.drop'>;

export function candidateDrop(tools: Tools): Action<A> {
  return {
    describe: ({ candidate }) => `DROP SCHEMA ${candidate} CASCADE, with what belongs to it`,

    async do({ environment, candidate, identity, spare }, run) {
      const { live } = await tools.reach(run.system, environment);
      const there = await asking(live, run, (query) => shelfOf(query, candidate));
      if (there === null) return done([`There is no ${candidate} any more.`]);
      if (there.identity !== identity || markIn(there.comment)?.holdfast !== 'candidate') {
        return untouched(`${candidate} is not the candidate that was planned to be removed`);
      }
      const needing = await stillNeeded({ candidate, spare }, run);
      if (needing !== null) return needing;
      await run.fence();
      const dropped = await prepared(run, () => asking(live, run, (query) => dropShelf(query, candidate)));
      if ('refused' in dropped) return dropped.refused;
      return done([`${candidate} is dropped.`]);
    },

    async probe({ environment, candidate }, run) {
      const { live } = await tools.reach(run.system, environment);
      const there = await asking(live, run, (query) => shelfOf(query, candidate));
      if (there !== null) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`There is no ${candidate} any more.`]) };
    },

    undo: { not: 'it can be built again from its backup' },
  };
}
