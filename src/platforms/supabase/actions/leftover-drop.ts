// leftover.drop: removes the schemas that were in use once.
import type { Action, Args } from '../../../core/action.ts';
import { dropping } from '../../../core/dropping.ts';
import { Refusal } from '../../../core/errors.ts';
import type { Tools } from '../../direct/reach.ts';
import { dropShelf, markIn, shelfOf } from '../schemas/shelf.ts';
import { asking } from '../scratch.ts';

export function leftoverDrop(tools: Tools): Action<Args<'leftover.drop'>> {
  return dropping({
    describe: ({ name }) => `DROP SCHEMA ${name} CASCADE, with what belongs to it`,

    async isThere({ environment, name }, run) {
      const { live } = await tools.reach(run.system, environment);
      return (await asking(live, run, (query) => shelfOf(query, name))) !== null;
    },

    async drop({ environment, name, identity }, run) {
      const { live } = await tools.reach(run.system, environment);
      const there = await asking(live, run, (query) => shelfOf(query, name));
      if (there === null) return;
      if (there.identity !== identity || markIn(there.comment)?.holdfast !== 'previous') {
        throw new Refusal(
          'another-leftover',
          `${name} is not what was planned to be removed.`,
          'Look what is left: `/dr status`.',
        );
      }
      await run.fence();
      await asking(live, run, (query) => dropShelf(query, name));
    },
  });
}
