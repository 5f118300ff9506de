// What is looked at before anything is started, and what is only said then.
import type { Problem } from '../config/problem.ts';
import { reasonOf } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import type { Systems } from '../core/ports.ts';
import type { System } from '../core/system.ts';
import type { Log } from '../lib/log.ts';
import { within } from '../lib/within.ts';
import { slackIsAway } from '../notify/failure-of.ts';
import { assertApprovers } from '../people/assert-approvers.ts';

const CONNECTION_MS = 5_000;

/** While Slack is away nobody can be asked: whoever asks for an operation then is told what is missing. */
export async function approversMissing(
  systems: readonly System[],
  asked: Parameters<typeof assertApprovers>[1],
  log: Log,
): Promise<readonly Problem[]> {
  try {
    return await assertApprovers(systems, asked);
  } catch (thrown) {
    if (!slackIsAway(thrown)) throw thrown;
    log.warn({ reason: reasonOf(thrown) }, 'not known whether there are enough approvers');
    return [];
  }
}

/** A promise that backups alone cannot keep is said at once, not only in an incident (P1, B1, F1). */
export function warnOfObjective({ name, objectives, backups }: System, { capabilities }: Platform, log: Log): void {
  if (objectives === undefined || capabilities.includes('moments')) return;
  const apart = backups.maxAgeHours * 60;
  if (objectives.rpoMinutes >= apart) return;
  log.warn(
    { system: name, rpoMinutes: objectives.rpoMinutes, backupsApartMinutes: apart },
    'recovery point objective cannot be met: only backups are kept, so promise less or archive the write-ahead log',
  );
}

/** Those whose address can be read now. A platform that is away must not keep Holdfast from starting. */
export async function protectedDatabases({ all, platformOf }: Systems, log: Log) {
  const asked = all.flatMap((system) =>
    Object.keys(system.environments).map(async (environment) => {
      try {
        const reading = platformOf(system).connection(system, { environment, candidate: null });
        const connection = await within(CONNECTION_MS, reading, () => new Error('no answer in time'));
        return [{ system: system.name, environment, connection }];
      } catch (thrown) {
        log.warn(
          { system: system.name, environment, reason: reasonOf(thrown) },
          'database address not compared with ours',
        );
        return [];
      }
    }),
  );
  return (await Promise.all(asked)).flat();
}
