// The action smoke.check: does the application answer its users' first questions as a healthy one does?
import type { Action, Args, Outcome } from '../../core/action.ts';
import { onlyReads } from '../../core/only-reads.ts';
import { done, failed } from '../../core/outcomes.ts';
import { list } from '../../core/wording.ts';
import { runSmokeTests, type SmokeOptions } from './smoke.ts';

/** All of them are asked though one fails; the outcome names those that failed, each with what it answered. */
export function checkSmoke({ secretOf }: Pick<SmokeOptions, 'secretOf'>): Action<Args<'smoke.check'>> {
  return {
    ...onlyReads,
    describe: ({ environment }, { environments }) => {
      const urls = environments[environment]?.smoke.map(({ method, url }) => `${method} ${url}`) ?? [];
      return urls.join(', ');
    },

    async do({ environment }, run): Promise<Outcome> {
      const tests = run.system.environments[environment]?.smoke ?? [];
      const checks = await runSmokeTests(tests, { signal: run.signal, secretOf });
      const wrong = checks.filter(({ status }) => status === 'fail');
      const says = [`Smoke tests: ${checks.length - wrong.length}/${checks.length} passed.`];
      if (wrong.length === 0) return done(says, null, checks);
      const which = list(wrong.map(({ name, figure }) => `${name}: ${figure}`));
      return failed(`${wrong.length} of ${checks.length} smoke tests failed: ${which}`, says, checks);
    },
  };
}
