// candidate.create: makes an empty database beside the live one, like it in all that cannot be changed later, closed to others.
import type { Action, Args } from '../../../core/action.ts';
import { done, evidence, prepared, untouched } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import { createCandidate } from '../../../postgres/candidate/create.ts';
import { dropCandidate } from '../../../postgres/candidate/drop.ts';
import { candidateMark } from '../../../postgres/candidate/mark.ts';
import { databaseName } from '../../../postgres/connect.ts';
import { databaseFacts } from '../../../postgres/database-facts.ts';
import { previousMark } from '../../../postgres/swap/databases.ts';
import type { Tools } from '../reach.ts';

type A = Args<'candidate.create'>;

export function candidateCreate(tools: Tools): Action<A> {
  return {
    describe: ({ candidate }) => `CREATE DATABASE ${candidate} TEMPLATE template0; REVOKE CONNECT … FROM PUBLIC`,

    async do({ environment, candidate, at }, run) {
      // Here a moment is recovered as a cluster of its own, and comes as an archive.
      if (at !== null) return untouched('a candidate is made empty here');
      const { live } = await tools.reach(run.system, environment);
      const options = { purpose: purposeOf(run), signal: run.signal };
      await run.fence();
      const mark = { operation: run.operation, backup: '', sha256: null };
      const created = await prepared(run, () =>
        createCandidate(live, { ...options, name: candidate, live: databaseName(live), mark }),
      );
      if ('refused' in created) return created.refused;
      return done([`${candidate} is there, empty and closed to everybody else.`]);
    },

    async probe({ environment, candidate }, run) {
      const { live } = await tools.reach(run.system, environment);
      const mark = await candidateMark(live, candidate, { purpose: purposeOf(run), signal: run.signal });
      if (mark?.operation !== run.operation) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`${candidate} is there, closed to everybody else.`]) };
    },

    undo: {
      how: 'the new database is dropped, unless it has been live',
      async run({ environment, candidate }, _output, run) {
        const { live } = await tools.reach(run.system, environment);
        const options = { purpose: purposeOf(run), signal: run.signal };
        const there = await databaseFacts(live, candidate, options);
        if (there === null) return evidence([`There is no ${candidate}.`]);
        // Taken back after it was live: somebody may have written to it in the meantime.
        if (previousMark(there.comment)?.operation === run.operation) {
          return evidence([
            `${candidate} was live for a while: it is kept until somebody removes it (\`/dr cleanup\`).`,
          ]);
        }
        await run.fence();
        await dropCandidate(live, candidate, { ...options, operation: run.operation });
        return evidence([`${candidate} is dropped; read back: it is gone.`]);
      },
    },
  };
}
