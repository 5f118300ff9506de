// leftover.drop: removes what an operation has left; a schema in the live database here, anything else as its platform does.
import type { Action, Args } from '../../core/action.ts';
import { dropping } from '../../core/dropping.ts';
import { purposeOf } from '../../core/purpose.ts';
import { dropBeside } from '../../postgres/table/beside.ts';
import { isBesideSchema, schemasBeside } from '../../postgres/table/kept.ts';
import { liveOf, type TableTools } from './table-tools.ts';

type A = Args<'leftover.drop'>;

/** `databases` is the platform's own action for what is no schema of a recovered table. */
export function leftoverDrop(schemas: Action<A>, databases: Action<A>): Action<A> {
  const of = ({ name }: A) => (isBesideSchema(name) ? schemas : databases);
  return {
    describe: (args, system) => of(args).describe(args, system),
    do: (args, run) => of(args).do(args, run),
    probe: (args, run) => of(args).probe(args, run),
    undo: { not: 'what is dropped is gone' },
  };
}

/** What a table was merged from, and can be taken back from. */
export function schemaDrop(tools: TableTools): Action<A> {
  return dropping({
    describe: ({ name }) => `DROP SCHEMA ${name} CASCADE`,

    async isThere({ environment, name, identity }, run) {
      const live = await liveOf(tools, run.system, environment);
      const kept = await schemasBeside(live, { purpose: purposeOf(run), signal: run.signal });
      return kept.some((one) => one.name === name && one.identity === identity);
    },

    async drop({ environment, name }, run) {
      const live = await liveOf(tools, run.system, environment);
      await run.fence();
      await dropBeside(live, name, { purpose: purposeOf(run), signal: run.signal, preimage: 'given up' });
    },
  });
}
