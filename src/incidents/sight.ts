// An incident with everything that is shown of it: its clocks, its operations, how it was told.
import { Refusal } from '../core/errors.ts';
import type { Incident } from '../core/incident.ts';
import { clocksOf } from '../core/incident-clocks.ts';
import { nextUpdateAt } from '../core/incident-periods.ts';
import type { IncidentSight } from '../core/incident-views.ts';
import type { Operation } from '../core/operation.ts';
import type { IncidentDeps } from './deps.ts';

/** Throws Refusal when there is none. */
export async function sightOf(deps: IncidentDeps, id: string, now: Date): Promise<IncidentSight> {
  const incident = await findIncident(deps, id);
  const system = deps.systemNamed(incident.system);
  const [entries, operations, notices] = await Promise.all([
    deps.incidents.log(id),
    linkedOf(deps, incident),
    deps.notices.of(id),
  ]);
  const linked = operations.map(async (operation) => {
    return { operation, entries: await deps.operations.journal(operation.id) };
  });
  return {
    incident,
    system,
    entries,
    clocks: clocksOf(incident, system, operations),
    operations: await Promise.all(linked),
    notices,
    nextUpdateAt: nextUpdateAt(incident, system.updates.everyMinutes, now),
  };
}

/** Throws Refusal when there is none. */
export async function findIncident({ incidents }: Pick<IncidentDeps, 'incidents'>, id: string): Promise<Incident> {
  const found = await incidents.load(id);
  if (found !== null) return found;
  throw new Refusal('no-such-incident', `There is no incident ${id}.`, 'See `/dr incident list`.');
}

/** Its operations, in the order in which they were linked. */
export async function linkedOf(
  { operations }: Pick<IncidentDeps, 'operations'>,
  incident: Incident,
): Promise<Operation[]> {
  const found = await Promise.all(incident.operations.map((id) => operations.load(id)));
  return found.filter((operation) => operation !== null);
}
