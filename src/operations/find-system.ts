// Which system a command is about, and whether it has what the command names.
import { Refusal } from '../core/errors.ts';
import type { Operation } from '../core/operation.ts';
import type { OperationStore, Systems } from '../core/ports.ts';
import type { System } from '../core/system.ts';
import { list } from '../core/wording.ts';
import type { Place } from './deps.ts';

/** The named system; else that of the incident whose own channel this is; else the one that is told here; else the only one. */
export function findSystem({ all }: Systems, named: string | null, { channel, about }: Place): System {
  const name = named ?? about?.system ?? null;
  if (name !== null) return bySystemName(all, name);
  const here = all.filter((system) => system.channel === channel);
  const candidates = here.length === 0 ? all : here;
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  const names = candidates.map(({ name }) => name);
  throw new Refusal(
    'which-system',
    `Several systems are protected here: ${list(names)}.`,
    'Name one with `--system name`.',
  );
}

export function bySystemName(all: readonly System[], name: string): System {
  const found = all.find((system) => system.name === name);
  if (found !== undefined) return found;
  const known = list(all.map((system) => system.name));
  throw new Refusal(
    'unknown-system',
    `There is no system “${name}”.`,
    `Protected here: ${known}. See \`/dr systems\`.`,
  );
}

/** Throws Refusal unless the system has this environment. */
export function requireEnvironment(system: System, environment: string): void {
  if (system.environments[environment] !== undefined) return;
  const known = list(Object.keys(system.environments));
  throw new Refusal('unknown-environment', `${system.title} has no environment “${environment}”.`, `It has ${known}.`);
}

/** The operation as it is now. Throws Refusal when there is none. */
export async function findOperation(operations: OperationStore, id: string): Promise<Operation> {
  const found = await operations.load(id);
  if (found !== null) return found;
  throw new Refusal('no-such-operation', `There is no operation ${id}.`, 'See `/dr status`.');
}
