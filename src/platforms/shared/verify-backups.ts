// The action backups.verify: are the backups there, fresh, of a steady size, and kept long enough?
import type { Action, Args, Outcome } from '../../core/action.ts';
import { checkBackups, checkObjective } from '../../core/backup-checks.ts';
import { verdictOf } from '../../core/check.ts';
import { onlyReads } from '../../core/only-reads.ts';
import type { Platform } from '../../core/platform.ts';
import { count } from '../../core/wording.ts';

/** Failing checks do not fail the step: finding them is what it is for. `now` is asked once per run. */
export function verifyBackups(platform: Platform, now: () => Date): Action<Args<'backups.verify'>> {
  return {
    ...onlyReads,
    describe: ({ environment, backup }) => `read the backups of ${environment}, check them and look at ${backup}`,
    async do({ environment, backup }, run): Promise<Outcome> {
      const facts = await platform.facts(run.system, environment);
      const { backups, target } = facts;
      const id = backup === 'latest' ? null : platform.backupId(backup);
      const chosen = backups.find((one) => one.id === id) ?? null;
      if (id !== null && chosen === null) {
        const why = `${target.name} has no backup ${id}; it has ${count(backups.length, 'backup')}`;
        return { is: 'failed', why, evidence: { says: [], checks: [] }, untouched: true };
      }
      const { backups: rules, objectives } = run.system;
      const moment = now();
      const checks = [
        ...checkBackups(backups, chosen, rules, moment),
        ...(objectives === undefined ? [] : [checkObjective(objectives, backups, facts, rules, moment)]),
      ];
      const good = checks.filter(({ status }) => status === 'pass').length;
      const says = [
        `${count(backups.length, 'backup')} of ${target.name} read: ${good} of ${count(checks.length, 'check')} passed.`,
      ];
      return { is: 'done', evidence: { says, checks }, output: { verdict: verdictOf(checks) } };
    },
  };
}
