// candidate.preflight: would the archive load here? Version, extensions, roles, encoding, disk and the work of others, before anything is made.
import type { Action, Args } from '../../../core/action.ts';
import { onlyReads } from '../../../core/only-reads.ts';
import { done, untouched } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import { preflight } from '../../../postgres/candidate/preflight.ts';
import { databaseName } from '../../../postgres/connect.ts';
import { judgeOrigin } from '../../shared/origin.ts';
import { fetched } from '../../shared/work-files.ts';
import type { Tools } from '../reach.ts';
import { sourceOf } from '../source-of.ts';

export function candidatePreflight(tools: Tools): Action<Args<'candidate.preflight'>> {
  return {
    ...onlyReads,
    describe: ({ from }) => `compare the server with what ${from.backup.id} needs: version, extensions, roles, disk`,

    async do({ environment, from }, run) {
      const reach = await tools.reach(run.system, environment);
      const archive = await fetched(tools.files, from, run);
      const checks = await preflight(reach.live, {
        purpose: purposeOf(run),
        signal: run.signal,
        operation: run.operation,
        live: databaseName(reach.live),
        ...(reach.owner === undefined ? {} : { owner: reach.owner }),
        archive,
        freeBytes: () => reach.freeBytes(run.signal),
      });
      const origin = judgeOrigin({
        database: archive.database,
        expected: await sourceOf(tools, run, from),
        common: null,
      });
      if (origin !== null) checks.unshift(origin);
      const failing = checks.filter(({ status }) => status === 'fail');
      if (failing.length === 0) return done(['It can be loaded.'], null, checks);
      return untouched(failing.map(({ name, figure }) => `${name}: ${figure}`).join('; '));
    },
  };
}
