// leftover.drop: removes the schemas that were in use once. Rows that a merge has put aside are removed as everywhere.
import type { Action, Args } from '../../../core/action.ts';
import { done, prepared, untouched } from '../../../core/outcomes.ts';
import type { Tools } from '../../direct/reach.ts';
import { isShelfName } from '../names.ts';
import { dropShelf, markIn, shelfOf } from '../schemas/shelf.ts';
import { asking } from '../scratch.ts';

type A = Args<'leftover.drop'>;

/** `others` removes what is no shelf. */
export function leftoverDrop(tools: Tools, others: Action<A>): Action<A> {
  return {
    describe: (args, system) =>
      isShelfName(args.name)
        ? `DROP SCHEMA ${args.name} CASCADE, with what belongs to it`
        : others.describe(args, system),

    async do(args, run) {
      const { environment, name, identity } = args;
      if (!isShelfName(name)) return await others.do(args, run);
      const { live } = await tools.reach(run.system, environment);
      const there = await asking(live, run, (query) => shelfOf(query, name));
      if (there === null) return done([`There is no ${name} any more.`]);
      if (there.identity !== identity || markIn(there.comment)?.holdfast !== 'previous') {
        return untouched(`${name} is not what was planned to be removed`);
      }
      await run.fence();
      const dropped = await prepared(run, () => asking(live, run, (query) => dropShelf(query, name)));
      if ('refused' in dropped) return dropped.refused;
      return done([`${name} is dropped.`]);
    },

    async probe(args, run) {
      if (!isShelfName(args.name)) return await others.probe(args, run);
      const { live } = await tools.reach(run.system, args.environment);
      const there = await asking(live, run, (query) => shelfOf(query, args.name));
      if (there !== null) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`There is no ${args.name} any more.`]) };
    },

    undo: { not: 'what is dropped is gone' },
  };
}
