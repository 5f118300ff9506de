// Who is told what outside of Slack, by the rules of the system and the level of the incident.
import type { Incident } from './incident.ts';
import { NOTIFIERS, type Notice, type NotifierName } from './incident-ports.ts';
import type { System } from './system.ts';

/** The public is not told who is at it, and PagerDuty only what changes an alarm. */
const TOLD: Readonly<Record<Notice['is'], readonly NotifierName[]>> = {
  declared: NOTIFIERS,
  acknowledged: ['pagerduty', 'email'],
  updated: ['statuspage', 'email'],
  ongoing: ['statuspage'],
  escalated: ['email'],
  resolved: NOTIFIERS,
};

/**
 * Through which notifiers such a notice goes: those of every level that the incident has had, so that whoever heard of it hears
 * of its end.
 */
export function notifiersFor(
  is: Notice['is'],
  { levels }: Pick<Incident, 'levels'>,
  { incidents: { notify } }: Pick<System, 'incidents'>,
): NotifierName[] {
  return TOLD[is].filter((name) => notify[name]?.levels.some((level) => levels.includes(level)));
}
