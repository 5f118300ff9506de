// Incidents in every phase, as somebody sees them: with their clocks, operations and what was told outside.
import { type Incident, replayIncident } from '../../src/core/incident.ts';
import { clocksOf } from '../../src/core/incident-clocks.ts';
import type { IncidentEntry } from '../../src/core/incident-log.ts';
import { nextUpdateAt } from '../../src/core/incident-periods.ts';
import type { NoticeState } from '../../src/core/incident-ports.ts';
import type { IncidentSight, Linked } from '../../src/core/incident-views.ts';
import type { System } from '../../src/core/system.ts';
import { guardedSystem, logOf, minuteOf } from './incidents.ts';
import { productionStories, type Story } from './operations.ts';

export type IncidentStory = { readonly sight: IncidentSight; readonly now: Date };

type Parts = {
  readonly system?: System;
  readonly operations?: readonly Linked[];
  readonly notices?: readonly NoticeState[];
};

/** As it is so many minutes after the declaration. */
export function sightAt(
  entries: readonly IncidentEntry[],
  minutes: number,
  { system = guardedSystem(), operations = [], notices = [] }: Parts = {},
): IncidentStory {
  const incident: Incident = replayIncident(entries);
  const now = new Date(minuteOf(minutes));
  const all = operations.map(({ operation }) => operation);
  const clocks = clocksOf(incident, system, all);
  const next = nextUpdateAt(incident, system.updates.everyMinutes, now);
  return { sight: { incident, system, entries, clocks, operations, notices, nextUpdateAt: next }, now };
}

function linked(name: string): Linked {
  const { operation, entries } = productionStories[name] as Story;
  return { operation, entries };
}

const notice = (parts: Partial<NoticeState> & Pick<NoticeState, 'notifier'>): NoticeState => ({
  notice: { is: 'declared', seq: 1 },
  state: 'sent',
  at: minuteOf(0),
  why: null,
  ...parts,
});

const toldOutside = [
  notice({ notifier: 'pagerduty' }),
  notice({ notifier: 'statuspage', state: 'due', at: null, why: 'the status page answered 503' }),
  notice({ notifier: 'email', state: 'dropped', at: null, why: 'the server refused the address' }),
];

type Events = NonNullable<Parameters<typeof logOf>[0]>;

const DIAGNOSED: Events = [
  [2, { type: 'acknowledged', by: 'U02BOB' }],
  [3, { type: 'scenario_set', by: 'U02BOB', scenario: 'corruption' }],
  [4, { type: 'reached', milestone: 'diagnosed', by: null, note: 'The scenario corruption was chosen.' }],
];
const RECOVERING: Events = [
  ...DIAGNOSED,
  [
    12,
    { type: 'updated', by: 'U02BOB', text: 'Payments are off; asked <@U09LEAD|lead> &amp; support.', public: false },
  ],
  [50, { type: 'linked', operation: 'op-41' }],
  [50, { type: 'reached', milestone: 'decided', by: null, note: 'op-41 was planned: `/dr restore production a001`.' }],
  [54, { type: 'reached', milestone: 'started', by: null, note: 'op-41 passed its gate.' }],
  [55, { type: 'ticked', list: 'during', item: 0, by: null, evidence: 'Step 2 of op-41 was read back: 245 MB.' }],
  [55, { type: 'ticked', list: 'during', item: 1, by: 'U02BOB', evidence: null }],
];
const RESOLVED: Events = [
  ...RECOVERING,
  [58, { type: 'updated', by: 'U09LEAD', text: 'Sums are right again.', public: true }],
  [65, { type: 'resolved', by: 'U02BOB', text: 'Restored a001; smoke tests pass.' }],
];

export const incidentStories: ReadonlyMap<string, IncidentStory> = new Map([
  ['just declared', sightAt(logOf(), 1)],
  ['diagnosed and acknowledged', sightAt(logOf(DIAGNOSED), 6, { notices: toldOutside })],
  [
    'nobody is at it',
    sightAt(
      logOf([
        [0, { type: 'escalated', rung: 1, call: ['on-call'] }],
        [5, { type: 'overdue', what: 'diagnosed', call: ['U02BOB'] }],
        [15, { type: 'overdue', what: 'decided', call: [] }],
        [15, { type: 'escalated', rung: 0, call: ['lead', 'heroku', 'gone'] }],
      ]),
      20,
      { notices: toldOutside.slice(2) },
    ),
  ],
  [
    'recovering',
    sightAt(logOf(RECOVERING), 56, { operations: [linked('running behind the gate')], notices: toldOutside }),
  ],
  ['recovered', sightAt(logOf(RECOVERING), 57, { operations: [linked('succeeded')] })],
  ['resolved', sightAt(logOf(RESOLVED), 66, { operations: [linked('succeeded')], notices: toldOutside.slice(0, 1) })],
  [
    'followed up',
    sightAt(
      logOf([
        ...RESOLVED,
        [66, { type: 'level_set', by: 'U02BOB', level: 3 }],
        [67, { type: 'unticked', list: 'during', item: 1, by: 'U02BOB' }],
        [65 + 24 * 60, { type: 'reminded', hours: 24 }],
        [66 + 24 * 60, { type: 'followed_up', hours: 24, by: 'U02BOB', verdict: 'done' }],
        [65 + 48 * 60, { type: 'reminded', hours: 48 }],
        [65 + 168 * 60, { type: 'reminded', hours: 168 }],
        [66 + 168 * 60, { type: 'followed_up', hours: 168, by: 'U09LEAD', verdict: 'dismissed' }],
      ]),
      70 + 168 * 60,
      { operations: [linked('succeeded')] },
    ),
  ],
  [
    'ended with nothing recovered',
    sightAt(
      logOf([[30, { type: 'resolved', by: 'U01ALICE', text: 'False alarm.' }]], { scenario: 'gone', alert: 'al-12' }),
      31,
      {
        system: guardedSystem({ objectives: undefined, scenarios: {}, incidents: {} }),
      },
    ),
  ],
]);
