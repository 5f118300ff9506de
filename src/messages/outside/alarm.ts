// The alarm that wakes somebody: one line to be understood half asleep, and the details.
import type { IncidentSight } from '../../core/incident-views.ts';
import { utc, utcShort } from '../../core/wording.ts';
import { plain } from '../blocks.ts';
import { CLOCK_WORDS, clockText, heldText, incidentHeadline, LEVEL_WORDS, sinceText } from '../incident-words.ts';
import { personOf, scenarioOf, words } from './words.ts';

export type Alarm = { readonly summary: string; readonly details: Readonly<Record<string, string>> };

/** PagerDuty takes 1024 characters, a phone shows far fewer. */
const SUMMARY = 300;
const DETAIL = 1000;

export function alarm(sight: IncidentSight, now: Date): Alarm {
  const { incident, system, clocks, operations, nextUpdateAt } = sight;
  const due = clocks.find(({ reachedAt }) => reachedAt === null);
  const details = {
    Seen: words(incident.seen, DETAIL),
    Level: LEVEL_WORDS[incident.level],
    Now: `${sinceText(incident, now)}. ${heldText(incident, now)}`,
    Declared: `${utc(incident.declaredAt)} by ${personOf(system, incident.declaredBy)}`,
    Scenario: incident.scenario === null ? 'none chosen yet' : scenarioOf(incident.scenario, system),
    'Due first': due === undefined ? 'nothing' : `${CLOCK_WORDS[due.what]}: ${clockText(due, now)}`,
    Operations: operations.length === 0 ? 'none yet' : operations.map(({ operation }) => operation.id).join(', '),
    'Next update': nextUpdateAt === null ? 'none' : `in Slack at ${utcShort(nextUpdateAt, now)}`,
  };
  return {
    summary: plain(`${incident.id}: ${incidentHeadline(sight)}`, SUMMARY),
    details: Object.fromEntries(Object.entries(details).map(([name, text]) => [name, plain(text, DETAIL)])),
  };
}
