// Keeps a checked candidate of the newest scheduled backup beside the databases that the system file names, by itself.
import { newestFinished } from '../core/backup-checks.ts';
import { warmFor } from '../core/built.ts';
import type { OperationCommand } from '../core/command.ts';
import { Refusal, reasonOf } from '../core/errors.ts';
import type { Backup, Facts } from '../core/facts.ts';
import { SCHEDULE } from '../core/names.ts';
import { isEnded, type Operation } from '../core/operation.ts';
import { changesEnvironment } from '../core/plan.ts';
import type { OperationStore, Systems } from '../core/ports.ts';
import type { System } from '../core/system.ts';

export type WarmDeps = {
  readonly systems: Pick<Systems, 'all' | 'facts'>;
  readonly operations: Pick<OperationStore, 'open' | 'recent'>;
  /** As SCHEDULE; asked again with the same id, it gives the same operation. Its id. */
  propose(asked: { readonly id: string; readonly command: OperationCommand; readonly system: System }): Promise<string>;
  readonly log: { info(fields: object, sentence: string): void; warn(fields: object, sentence: string): void };
  now(): Date;
};

export type Warming = { readonly environment: string; readonly backup: Backup };

/** How many ended operations are looked through for what was begun already. */
const RECENT = 50;

/** Makes the round that is to be done again and again: each system is looked at as often as its `watch` says. */
export function createWarming(deps: WarmDeps): () => Promise<void> {
  const next = new Map<string, number>();
  return async () => {
    const now = deps.now().getTime();
    for (const system of deps.systems.all) {
      if (warmed(system).length === 0 || now < (next.get(system.name) ?? 0)) continue;
      next.set(system.name, now + system.watch.everyMinutes * 60_000);
      try {
        await lookAt(deps, system);
      } catch (thrown) {
        deps.log.warn({ system: system.name, reason: reasonOf(thrown) }, 'backups not looked at for a warm candidate');
      }
    }
  };
}

async function lookAt(deps: WarmDeps, system: System): Promise<void> {
  const [facts, open, recent] = await Promise.all([
    deps.systems.facts(system, [...new Set([system.backups.of, ...warmed(system)])]),
    deps.operations.open(system.name),
    deps.operations.recent(system.name, RECENT),
  ]);
  for (const { environment, backup } of warmDue(system, facts, [...open, ...recent])) {
    const id = `warm:${system.name}/${environment}:${backup.id}/${backup.finishedAt}`;
    const command = { verb: 'warm' as const, system: system.name, environment, backup: backup.id };
    try {
      await deps.propose({ id, command, system });
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      deps.log.info(
        { system: system.name, environment, backup: backup.id, reason: thrown.message },
        'no warm candidate now',
      );
    }
  }
}

/**
 * Where the newest scheduled backup has no candidate that a restore would take, and none was begun for it: what failed would
 * fail again, and changed masking rules wait for the next backup. Nothing while somebody changes the place.
 * @internal
 */
export function warmDue(system: System, facts: Facts, operations: readonly Operation[]): Warming[] {
  const backups = facts.environments[system.backups.of]?.backups ?? [];
  const newest = newestFinished(backups.filter(({ kind }) => kind === 'scheduled'));
  if (newest === null) return [];
  const serverOf = (environment: string) => facts.environments[environment]?.server ?? null;
  return warmed(system)
    .filter((environment) => warmFor(serverOf(environment), system, environment, newest) === undefined)
    .map((environment) => ({ environment, backup: newest }))
    .filter((one) => !isBegun(one, operations));
}

function warmed({ environments }: System): string[] {
  return Object.entries(environments).flatMap(([name, { keepWarm }]) => (keepWarm ? [name] : []));
}

function isBegun({ environment, backup }: Warming, operations: readonly Operation[]): boolean {
  return operations.some((operation) => {
    const { plan, state } = operation;
    if (!isEnded(state) && plan.environment === environment) return plan.verb === 'warm' || changesEnvironment(plan);
    const begun = plan.pinned.backup?.backup;
    return isOurs(operation, environment) && begun?.id === backup.id && begun.finishedAt === backup.finishedAt;
  });
}

function isOurs({ requestedBy, plan }: Operation, environment: string): boolean {
  return requestedBy === SCHEDULE && plan.verb === 'warm' && plan.environment === environment;
}
