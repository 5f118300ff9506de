// leftover.drop: removes a database that was live once.
import type { Action, Args } from '../../../core/action.ts';
import { dropping } from '../../../core/dropping.ts';
import { purposeOf } from '../../../core/purpose.ts';
import { databaseName } from '../../../postgres/connect.ts';
import { dropPrevious } from '../../../postgres/swap/drop-previous.ts';
import { databasesBeside } from '../leftovers.ts';
import type { Tools } from '../reach.ts';

export function leftoverDrop(tools: Tools): Action<Args<'leftover.drop'>> {
  return dropping({
    describe: ({ name }) => `DROP DATABASE ${name}`,

    async isThere({ environment, name, identity }, run) {
      const { live } = await tools.reach(run.system, environment);
      const { kept } = await databasesBeside(live, databaseName(live), run.signal);
      return kept.some((one) => one.name === name && one.identity === identity);
    },

    async drop({ environment, name, identity }, run) {
      const { live } = await tools.reach(run.system, environment);
      const options = { purpose: purposeOf(run), signal: run.signal, fence: () => run.fence() };
      await dropPrevious(live, { name, identity }, options);
    },
  });
}
