// An incident for tests that tell of one: declared at 14:00, with whatever has happened to it, a minute apart.
import { replayIncident } from '../../../../src/core/incident.ts';
import { clocksOf } from '../../../../src/core/incident-clocks.ts';
import { chainIncident, type IncidentEntry, type IncidentEvent } from '../../../../src/core/incident-log.ts';
import { nextUpdateAt } from '../../../../src/core/incident-periods.ts';
import type { IncidentSight } from '../../../../src/core/incident-views.ts';
import type { Operation } from '../../../../src/core/operation.ts';
import type { System } from '../../../../src/core/system.ts';
import { type SystemFile, systemOf } from '../../../support/system.ts';

const START = Date.parse('2026-11-20T14:00:00.000Z');

type Given = {
  readonly id?: string;
  readonly seen?: string;
  readonly level?: 1 | 2 | 3;
  /** What happened after the declaration. */
  readonly events?: readonly IncidentEvent[];
  readonly operations?: readonly Operation[];
  readonly system?: Partial<SystemFile>;
};

/** Declared by U01ALICE, who is on call, ten minutes after it began. */
export function anIncident({
  id = 'inc-7',
  seen = 'payments fail',
  level = 1,
  events = [],
  ...rest
}: Given = {}): IncidentSight {
  const declared: IncidentEvent = {
    type: 'declared',
    by: 'U01ALICE',
    system: 'grayledger',
    level,
    seen,
    startedAt: minutes(-10),
    scenario: null,
    alert: null,
  };
  const entries: IncidentEntry[] = [];
  for (const event of [declared, ...events]) {
    entries.push(chainIncident(entries.at(-1) ?? null, id, minutes(entries.length), event));
  }
  return sightFrom(entries, outsideSystem(rest.system), rest.operations ?? []);
}

export function sightFrom(
  entries: readonly IncidentEntry[],
  system: System,
  operations: readonly Operation[] = [],
): IncidentSight {
  const incident = replayIncident(entries);
  return {
    incident,
    system,
    entries,
    clocks: clocksOf(incident, system, operations),
    operations: operations.map((operation) => ({ operation, entries: [] })),
    notices: [],
    nextUpdateAt: nextUpdateAt(incident, system.updates.everyMinutes, new Date(entries.at(-1)?.at ?? START)),
  };
}

/** So many minutes after 14:00. */
export function minutes(count: number): string {
  return new Date(START + count * 60_000).toISOString();
}

/** GrayLedger, with people under `contacts` and a way to call them. */
export function outsideSystem(overrides: Partial<SystemFile> = {}): System {
  return systemOf({
    contacts: {
      'on-call': { title: 'On-call engineer', users: ['U01ALICE'] },
      lead: { title: 'Engineering lead', users: ['U02BOB'] },
    },
    ...overrides,
  });
}
