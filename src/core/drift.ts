// What has changed between the facts that a plan pinned and the facts now.
import type { Activity, Facts } from './facts.ts';
import { canonical } from './json.ts';
import type { Pinned, Plan } from './plan.ts';

/** One sentence per difference; an empty list means that the plan still describes the world. */
export function driftOf({ pinned, steps }: Pick<Plan, 'pinned' | 'steps'>, facts: Facts): string[] {
  const overwrites = steps.some(({ effect }) => effect === 'destroy');
  return [
    ...targetDrift(pinned, facts),
    ...backupDrift(pinned, facts),
    ...releaseDrift(pinned, facts),
    ...activityDrift(pinned, facts, overwrites),
  ];
}

/** Work of others on a pinned target: `Somebody else is at work on staging: restore r012, started 02:14 UTC.` */
function activityDrift(pinned: Pinned, facts: Facts, overwrites: boolean): string[] {
  return pinned.targets.flatMap(({ environment }) =>
    hindrances(facts.environments[environment]?.activity ?? [], overwrites).map(
      ({ text }) => `Somebody else is at work on ${environment}: ${text}.`,
    ),
  );
}

/** What stands in the way: a restore always, a backup only of what is to be overwritten under it (fault 40). */
export function hindrances(activity: readonly Activity[], overwrites: boolean): Activity[] {
  return activity.filter(({ is }) => is === 'restore' || overwrites);
}

function targetDrift(pinned: Pinned, facts: Facts): string[] {
  return pinned.targets.flatMap((then) => {
    const now = facts.environments[then.environment]?.target;
    if (now === undefined) return [`${then.environment} could not be read.`];
    if (canonical(now) === canonical(then)) return [];
    const [was, is] = [`${then.name}/${then.database}`, `${now.name}/${now.database}`];
    if (was === is) return [`${then.environment} is no longer the same database, although it is called ${is} still.`];
    return [`${then.environment} used ${was}, now it uses ${is}.`];
  });
}

function backupDrift({ backup: then }: Pinned, facts: Facts): string[] {
  if (then === null) return [];
  const now = facts.environments[then.environment]?.backups.find(({ id }) => id === then.backup.id);
  if (now === undefined) return [`Backup ${then.backup.id} of ${then.environment} is gone.`];
  return canonical(now) === canonical(then.backup) ? [] : [`Backup ${then.backup.id} is not the one that was planned.`];
}

function releaseDrift({ release: then }: Pinned, facts: Facts): string[] {
  if (then === null) return [];
  const now = facts.environments[then.environment]?.releases.find(({ current }) => current);
  if (now?.id === then.current && now.code === then.code) return [];
  if (now?.id === then.current)
    return [`${then.environment} runs other code than before, although it is called ${now.id} still.`];
  return [`${then.environment} ran ${then.current}, now it runs ${now?.id ?? 'no release'}.`];
}
