// The commands that only answer.

import type { QueryCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import { firstBroken } from '../core/journal.ts';
import type { System } from '../core/system.ts';
import type { SystemStatus, View } from '../core/views.ts';
import type { Deps } from './deps.ts';
import { bySystemName, findOperation, findSystem } from './find-system.ts';

const RECENT = 5;

export async function look(
  deps: Deps,
  command: Exclude<QueryCommand, { verb: 'cancel' }>,
  channel: string,
): Promise<View> {
  switch (command.verb) {
    case 'systems':
      return { is: 'systems', systems: deps.systems.all };
    case 'status': {
      const { all } = deps.systems;
      const systems = command.system === null ? all : [bySystemName(all, command.system)];
      const status = await Promise.all(systems.map((system) => statusOf(deps, system)));
      return { is: 'status', at: new Date().toISOString(), systems: status };
    }
    case 'scenarios':
      return { is: 'scenarios', system: findSystem(deps.systems, command.system, channel) };
    case 'backups':
      return backupsOf(deps, findSystem(deps.systems, command.system, channel));
    case 'audit': {
      const operation = await findOperation(deps.operations, command.operation);
      const entries = await deps.operations.journal(operation.id);
      return { is: 'audit', operation, entries, broken: firstBroken(entries) };
    }
  }
}

async function statusOf({ operations }: Deps, system: System): Promise<SystemStatus> {
  const [open, recent, proof] = await Promise.all([
    operations.open(system.name),
    operations.recent(system.name, RECENT),
    operations.lastProof(system.name, null),
  ]);
  return { system, open, recent, proof };
}

async function backupsOf(deps: Deps, system: System): Promise<View> {
  const environment = system.backups.of;
  const [facts, proof] = await Promise.all([
    deps.systems.facts(system, [environment]),
    deps.operations.lastProof(system.name, null),
  ]);
  const here = facts.environments[environment];
  if (here === undefined)
    throw new Refusal('unreadable', `${environment} could not be read.`, 'Try again in a minute.');
  return { is: 'backups', at: facts.at, system, of: here.target.name, backups: here.backups, proof };
}
