// What the live environment says now, for people who are in the middle of an incident.
import { reasonOf } from '../core/errors.ts';
import type { EnvironmentFacts } from '../core/facts.ts';
import type { System } from '../core/system.ts';
import type { IncidentDeps } from './deps.ts';

/** With the survey of its database where `survey`. Null when the platform does not answer: that must not stand in the way. */
export async function liveFacts(
  { systems, log }: Pick<IncidentDeps, 'systems' | 'log'>,
  system: System,
  survey: boolean,
): Promise<EnvironmentFacts | null> {
  const environment = system.backups.of;
  try {
    const facts = await systems.facts(system, [environment]);
    const read = survey ? await systems.survey(system, facts, [environment], null) : facts;
    return read.environments[environment] ?? null;
  } catch (thrown) {
    log.warn({ system: system.name, reason: reasonOf(thrown) }, 'facts of the live environment not read');
    return null;
  }
}
