// Tickets for vendors, filled in from facts, so that nobody has to look them up while the site is down (G21).
import type { EnvironmentFacts } from '../core/facts.ts';
import type { Incident } from '../core/incident.ts';
import type { FilledTicket } from '../core/incident-views.ts';
import type { Operation } from '../core/operation.ts';
import type { System } from '../core/system.ts';
import { utc } from '../core/wording.ts';
import type { IncidentDeps } from './deps.ts';
import { liveFacts } from './live-facts.ts';
import { linkedOf } from './sight.ts';

/** `incident` null: filled in as far as that is possible without one. */
export async function ticketsOf(
  deps: IncidentDeps,
  system: System,
  incident: Incident | null,
): Promise<FilledTicket[]> {
  const [facts, operations] = await Promise.all([
    liveFacts(deps, system, false),
    incident === null ? [] : linkedOf(deps, incident),
  ]);
  return fillTickets(system, incident, operations, facts);
}

/**
 * Pure. What is not known is said to be unknown; names in braces that mean nothing stay as they are.
 * @internal
 */
export function fillTickets(
  system: System,
  incident: Incident | null,
  operations: readonly Operation[],
  facts: Pick<EnvironmentFacts, 'target' | 'releases'> | null,
): FilledTicket[] {
  const unknown = 'unknown';
  const values: Readonly<Record<string, string>> = {
    app: facts?.target.name ?? unknown,
    symptom: incident?.seen ?? unknown,
    started: incident === null ? unknown : utc(incident.startedAt),
    steps: stepsText(operations),
    release: facts?.releases.find(({ current }) => current)?.id ?? unknown,
    incident: incident?.id ?? 'none declared',
    level: incident === null ? unknown : String(incident.level),
  };
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (braced, name: string) => values[name] ?? braced);
  return system.incidents.tickets.map(({ contact, subject, body }) => {
    const { title = contact, url = null } = system.contacts[contact] ?? {};
    return { to: title, url, subject: fill(subject), body: fill(body) };
  });
}

function stepsText(operations: readonly Operation[]): string {
  if (operations.length === 0) return 'none yet';
  return operations.map(({ plan, proposedAt, state }) => `${plan.headline} (${utc(proposedAt)}, ${state})`).join('; ');
}
