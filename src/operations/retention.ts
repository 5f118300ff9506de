// What the retention is judged by, read: copies out of the house, and what must not be deleted; and how it would judge now.
import { Refusal } from '../core/errors.ts';
import type { EnvironmentFacts, Facts } from '../core/facts.ts';
import type { OperationStore, Systems } from '../core/ports.ts';
import { type Held, type RetentionView, retentionOf } from '../core/retention.ts';
import type { System } from '../core/system.ts';
import { heldBackups } from './held.ts';

type Deps = { readonly systems: Systems; readonly operations: Pick<OperationStore, 'lastProof' | 'open'> };

/** The same facts, with the copies out of the house of these environments. */
export async function withOffsite(
  { systems }: Pick<Deps, 'systems'>,
  system: System,
  facts: Facts,
  environments: readonly string[],
): Promise<Facts> {
  const read = Object.entries(facts.environments).map(async ([name, here]) =>
    environments.includes(name)
      ? ([name, { ...here, offsite: await systems.offsite(system, name) }] as const)
      : ([name, here] as const),
  );
  return { ...facts, environments: Object.fromEntries(await Promise.all(read)) };
}

/** What must not be deleted of an environment's backups, and of their copies. */
export async function heldIn(
  { operations }: Pick<Deps, 'operations'>,
  system: System,
  { backups, offsite }: EnvironmentFacts,
): Promise<Held> {
  const ids = [...backups.map(({ id }) => id), ...(offsite?.copies ?? []).map(({ of }) => of)];
  return await heldBackups(operations, system.name, [...new Set(ids)], null);
}

/** What would go, and what is kept and why: read, and nothing else (`/dr backups --retention`). */
export async function retentionView(deps: Deps, system: System): Promise<RetentionView> {
  const environment = system.backups.of;
  const facts = await withOffsite(deps, system, await deps.systems.facts(system, [environment]), [environment]);
  const here = facts.environments[environment];
  if (here === undefined)
    throw new Refusal('unreadable', `${environment} could not be read.`, 'Try again in a minute.');
  const held = await heldIn(deps, system, here);
  const tiers = system.backups.tiers ?? null;
  const places = retentionOf(here, tiers ?? {}, held, new Date(facts.at));
  return { at: facts.at, system: system.title, environment, tiers, places };
}
