// candidate.create: makes the schema that stands beside public, closed to everybody else.
import type { Action, Args } from '../../../core/action.ts';
import { done, evidence, prepared, untouched } from '../../../core/outcomes.ts';
import type { Query } from '../../../postgres/connect.ts';
import type { Tools } from '../../direct/reach.ts';
import { isShelfName } from '../names.ts';
import { type CandidateMark, dropShelf, kinOf, markIn, marking, ownMark, shelfOf } from '../schemas/shelf.ts';
import { ident } from '../schemas/sql.ts';
import { asking } from '../scratch.ts';

type A = Args<'candidate.create'>;

export function candidateCreate(tools: Tools): Action<A> {
  return {
    describe: ({ candidate }) => `CREATE SCHEMA ${candidate} (nobody else may use it)`,

    async do({ environment, candidate, at }, run) {
      if (at !== null || !isShelfName(candidate)) return untouched('a candidate is made empty here, beside public');
      const { live } = await tools.reach(run.system, environment);
      await run.fence();
      const created = await prepared(run, () => asking(live, run, (query) => create(query, candidate, run.operation)));
      if ('refused' in created) return created.refused;
      return done([`${candidate} is there beside public, closed to everybody else.`]);
    },

    async probe({ environment, candidate }, run) {
      const { live } = await tools.reach(run.system, environment);
      const shelf = await asking(live, run, (query) => shelfOf(query, candidate));
      if (markIn(shelf?.comment ?? null)?.operation !== run.operation) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`${candidate} is there, closed to everybody else.`]) };
    },

    undo: {
      how: 'the new schemas are dropped, unless they are in use',
      async run({ environment, candidate }, _output, run) {
        const { live } = await tools.reach(run.system, environment);
        return await asking(live, run, async (query) => {
          if ((await kinOf(query, candidate)).length === 0) return evidence([`There is no ${candidate}.`]);
          ownMark(candidate, await shelfOf(query, candidate), run.operation);
          await run.fence();
          await dropShelf(query, candidate);
          return evidence([`${candidate} is dropped with all that it held.`]);
        });
      },
    },
  };
}

/** All or nothing; what a load of this operation has left half done is thrown away when it is loaded again. */
async function create(query: Query, candidate: string, operation: string): Promise<void> {
  const shelf = await shelfOf(query, candidate);
  const own = ownMark(candidate, shelf, operation);
  if (own !== null) return;
  await dropShelf(query, candidate);
  const mark: CandidateMark = {
    ...{ holdfast: 'candidate', operation, backup: '', sha256: null, built: null, masked: false },
    ...{ state: 'loading', checkedAt: null },
  };
  await query('begin');
  await query(`create schema ${ident(candidate)}`);
  await query(marking(candidate, mark));
  await query('commit');
}
