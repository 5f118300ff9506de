// leftover.drop: removes a database that was live once, or the schema with the rows as they were before a merge.
import type { Action, Args } from '../../../core/action.ts';
import { done, prepared } from '../../../core/outcomes.ts';
import { databaseName } from '../../../postgres/connect.ts';
import { dropPrevious } from '../../../postgres/swap/drop-previous.ts';
import { dropBeside } from '../../../postgres/table/beside.ts';
import { isBesideSchema, leftoversOn } from '../leftovers.ts';
import { purposeOf } from '../purpose.ts';
import type { Tools } from '../reach.ts';

type A = Args<'leftover.drop'>;

export function leftoverDrop(tools: Tools): Action<A> {
  const isThere = async ({ environment, name, identity }: A, run: Parameters<Action<A>['do']>[1]) => {
    const { live } = await tools.reach(run.system, environment);
    const { kept } = await leftoversOn(live, databaseName(live), run.signal);
    return kept.some((one) => one.name === name && one.identity === identity);
  };
  return {
    describe: ({ name }) => (isBesideSchema(name) ? `DROP SCHEMA ${name} CASCADE` : `DROP DATABASE ${name}`),

    async do(args, run) {
      const { environment, name, identity } = args;
      const { live } = await tools.reach(run.system, environment);
      if (!(await isThere(args, run))) return done([`There is no ${name} any more.`]);
      const options = { purpose: purposeOf(run), signal: run.signal, fence: () => run.fence() };
      const dropped = await prepared(run, async () => {
        if (!isBesideSchema(name)) return await dropPrevious(live, { name, identity }, options);
        await run.fence();
        return await dropBeside(live, name, { ...options, preimage: 'given up' });
      });
      if ('refused' in dropped) return dropped.refused;
      return done([`${name} is dropped; read back: it is gone.`]);
    },

    async probe(args, run) {
      if (await isThere(args, run)) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`There is no ${args.name} any more.`]) };
    },

    undo: { not: 'what is dropped is gone' },
  };
}
