// Declaring an incident: it needs no consent, only somebody who may act.
import { Refusal } from '../core/errors.ts';
import type { Incident } from '../core/incident.ts';
import type { IncidentUseCases } from '../core/incident-use-cases.ts';
import { utc } from '../core/wording.ts';
import type { IncidentDeps } from './deps.ts';
import { requireScenario, said } from './require.ts';

type Asked = Parameters<IncidentUseCases['declare']>[0];

/** Clocks of two machines may differ by so much. */
const SKEW_MS = 60_000;

/** Another open incident of the system is no reason to refuse: two things can be wrong. */
export async function declare(deps: IncidentDeps, asked: Asked, now: Date): Promise<Incident> {
  const system = deps.systemNamed(asked.system);
  await deps.requireOperator(system, asked.by);
  if (asked.scenario !== null) requireScenario(system, asked.scenario);
  const { by, level, scenario, alert } = asked;
  const startedAt = asked.since ?? (await raisedAt(deps, alert)) ?? now.toISOString();
  if (Date.parse(startedAt) > now.getTime() + SKEW_MS) {
    throw new Refusal(
      'not-yet',
      `It cannot have begun at ${utc(startedAt)}: that is yet to come.`,
      'Say when it began, in UTC.',
    );
  }
  const event = {
    type: 'declared',
    by,
    system: system.name,
    level,
    seen: said(asked.seen),
    startedAt,
    scenario,
    alert,
  };
  return deps.incidents.declare({ ...event, type: 'declared' }, asked.command);
}

/** What an alert is about began at the latest when it was raised. */
async function raisedAt({ alerts }: IncidentDeps, id: string | null): Promise<string | null> {
  if (id === null) return null;
  const alert = await alerts.load(id);
  if (alert === null) throw new Refusal('no-such-alert', `There is no alert ${id}.`, 'See `/dr status`.');
  return alert.raisedAt;
}
