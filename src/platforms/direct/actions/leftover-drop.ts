// leftover.drop: removes a database that was live once, or the schema with the rows as they were before a merge.
import type { Action, Args, Run } from '../../../core/action.ts';
import { Fault, Refusal } from '../../../core/errors.ts';
import { done, prepared, untouched } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import type { Secret } from '../../../core/secret.ts';
import { databaseName } from '../../../postgres/connect.ts';
import { dropPrevious } from '../../../postgres/swap/drop-previous.ts';
import { dropBeside } from '../../../postgres/table/beside.ts';
import { databasesBeside, isBesideSchema, schemasBeside } from '../leftovers.ts';
import type { Tools } from '../reach.ts';

type A = Args<'leftover.drop'>;

export function leftoverDrop(tools: Tools): Action<A> {
  const isThere = async ({ environment, name, identity }: A, run: Run) => {
    const { live } = await tools.reach(run.system, environment);
    const kept = isBesideSchema(name)
      ? await schemasBeside(live, run.signal)
      : (await databasesBeside(live, databaseName(live), run.signal)).kept;
    return kept.some((one) => one.name === name && one.identity === identity);
  };
  return {
    describe: ({ name }) => (isBesideSchema(name) ? `DROP SCHEMA ${name} CASCADE` : `DROP DATABASE ${name}`),

    async do(args, run) {
      const { environment, name } = args;
      const { live } = await tools.reach(run.system, environment);
      const there = await prepared(run, () => isThere(args, run));
      if ('refused' in there) return there.refused;
      if (!there.value) return done([`There is no ${name} any more.`]);
      try {
        await drop(live, args, run);
      } catch (thrown) {
        // Any other error leaves it open whether it was dropped: that is for the probe to find out.
        if (thrown instanceof Refusal) return untouched(thrown.message);
        throw thrown;
      }
      if (await isThere(args, run)) throw new Fault(`reading back that ${name} is gone`);
      return done([`${name} is dropped; read back: it is gone.`]);
    },

    async probe(args, run) {
      if (await isThere(args, run)) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`There is no ${args.name} any more.`]) };
    },

    undo: { not: 'what is dropped is gone' },
  };
}

async function drop(live: Secret, { name, identity }: A, run: Run): Promise<void> {
  const options = { purpose: purposeOf(run), signal: run.signal };
  if (!isBesideSchema(name)) {
    await dropPrevious(live, { name, identity }, { ...options, fence: () => run.fence() });
    return;
  }
  await run.fence();
  await dropBeside(live, name, { ...options, preimage: 'given up' });
}
