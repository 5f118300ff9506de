// Incidents for tests: their logs from events that follow each other, and a system with every rule that concerns them.
import { type Incident, replayIncident } from '../../src/core/incident.ts';
import { chainIncident, type IncidentEntry, type IncidentEvent } from '../../src/core/incident-log.ts';
import type { System } from '../../src/core/system.ts';
import { systemOf } from './system.ts';

type Declared = Extract<IncidentEvent, { type: 'declared' }>;

const DECLARED_AT = '2025-11-21T14:00:00.000Z';

/** So many minutes after the declaration. */
export function minuteOf(minutes: number): string {
  return new Date(Date.parse(DECLARED_AT) + minutes * 60_000).toISOString();
}

export function declaredOf(overrides: Partial<Declared> = {}): Declared {
  return {
    type: 'declared',
    by: 'U01ALICE',
    system: 'grayledger',
    level: 1,
    seen: 'Checkout answers 500.',
    startedAt: minuteOf(-10),
    scenario: null,
    alert: null,
    ...overrides,
  };
}

/** The log of inc-1: the declaration, then each event so many minutes after it. */
export function logOf(
  events: readonly (readonly [minutes: number, event: IncidentEvent])[] = [],
  declared: Partial<Declared> = {},
): IncidentEntry[] {
  const entries: IncidentEntry[] = [];
  for (const [minutes, event] of [[0, declaredOf(declared)] as const, ...events]) {
    entries.push(chainIncident(entries.at(-1) ?? null, 'inc-1', minuteOf(minutes), event));
  }
  return entries;
}

export function incidentOf(...given: Parameters<typeof logOf>): Incident {
  return replayIncident(logOf(...given));
}

/** Grayledger with contacts, an escalation, symptoms, checklists, tickets, notifiers and two scenarios. */
export function guardedSystem(overrides: Parameters<typeof systemOf>[0] = {}): System {
  return systemOf({
    objectives: { rtoMinutes: 240, rpoMinutes: 60 },
    scenarios: {
      corruption: {
        title: 'Data is corrupt',
        environment: 'production',
        rtoMinutes: 60,
        rpoMinutes: 1440,
        steps: [{ do: 'restore', backup: 'asked' }],
      },
      'bad-release': {
        title: 'A release is bad',
        environment: 'production',
        rtoMinutes: 30,
        rpoMinutes: 1440,
        steps: [{ do: 'rollback' }],
      },
    },
    contacts: {
      'on-call': { title: 'On-call engineer', users: ['U02BOB'] },
      lead: { title: 'Engineering lead', users: ['U09LEAD'] },
      heroku: { title: 'Heroku support', url: 'https://help.heroku.com' },
    },
    incidents: {
      escalation: [
        { afterMinutes: 15, call: ['lead'] },
        { afterMinutes: 0, call: ['on-call'] },
        { afterMinutes: 30, call: ['lead', 'heroku'], levels: [1] },
      ],
      symptoms: [
        { name: 'slow', seen: 'it is slow', cause: 'resources', level: 2 },
        { name: 'wrong-sums', seen: 'sums are wrong', cause: 'corruption', level: 1, scenario: 'corruption' },
        { name: 'errors', seen: 'it answers 500', cause: 'a bad release', level: 1, scenario: 'bad-release' },
      ],
      checklists: {
        pre: [
          { text: 'Incident declared', seen: 'declared' },
          { text: 'Team notified', seen: 'notified' },
        ],
        during: [{ text: 'Restored', seen: 'restored' }, { text: 'Customers called' }],
        post: [{ text: 'Review scheduled', seen: 'review' }],
      },
      tickets: [
        {
          contact: 'heroku',
          subject: '{app}: {symptom}',
          body: '{incident} at level {level}, since {started}. Runs {release}. Done: {steps}. {unheard}',
        },
      ],
      notify: {
        pagerduty: { routingKey: 'PAGERDUTY_KEY' },
        statuspage: { token: 'STATUSPAGE_TOKEN', page: 'p1', component: 'c1' },
        email: { smtp: 'SMTP_URL', from: 'dr@example.com', to: ['devops@example.com'] },
      },
    },
    ...overrides,
  });
}
