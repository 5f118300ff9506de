// What time brings: each event when it is due, and never again once it stands in the log.
import { describe, expect, it } from 'vitest';
import type { IncidentEvent } from '../../../src/core/incident-log.ts';
import type { Operation } from '../../../src/core/operation.ts';
import { dueEvents, type Given } from '../../../src/incidents/clocks.ts';
import { declaredOf, guardedSystem, incidentOf, minuteOf } from '../../support/incidents.ts';
import { planOf } from '../../support/plans.ts';
import { systemOf } from '../../support/system.ts';
import * as journal from '../core/journal-of.ts';

type Type = IncidentEvent['type'];
type Log = Parameters<typeof incidentOf>[0];

const by = 'U02BOB';
const HOUR = 60;
const ack: IncidentEvent = { type: 'acknowledged', by };
const resolved: IncidentEvent = { type: 'resolved', by, text: 'Done.' };
const linked: IncidentEvent = { type: 'linked', operation: 'op-1' };
const planned = journal.operationOf(planOf());
const { approved, BOB, CAROL, consented, ran, started } = journal;
const passed = journal.operationOf(planOf(), [
  ...ran('s1'),
  ...ran('s2'),
  approved(BOB),
  approved(CAROL),
  consented,
  started,
]);

/** What is due so many minutes after the declaration, of the types that a test is about. */
function due(
  minutes: number,
  types: readonly Type[],
  log: Log = [],
  more: Partial<Given> & { declared?: object } = {},
) {
  const { declared = {}, ...rest } = more;
  const given = { system: guardedSystem(), operations: [], told: null, now: new Date(minuteOf(minutes)) };
  const events = dueEvents({ ...given, incident: incidentOf(log, declared), ...rest });
  return events.filter(({ type }) => types.includes(type));
}

describe('milestones', () => {
  const reached = (minutes: number, log?: Log, more?: Parameters<typeof due>[3]) => {
    return due(minutes, ['reached'], log, more).map((event) =>
      event.type === 'reached' ? [event.milestone, event.note, event.by] : [],
    );
  };
  const of = (...operations: Operation[]) => ({ operations });

  it('are not reached by themselves', () => {
    expect(reached(1)).toEqual([]);
  });

  it('are diagnosed when the scenario is known', () => {
    expect(reached(1, [], { declared: { scenario: 'corruption' } })).toEqual([
      ['diagnosed', 'the scenario is corruption', null],
    ]);
  });

  it('are diagnosed and decided when a recovery was planned', () => {
    expect(reached(2, [[1, linked]], of(planned))).toEqual([
      ['diagnosed', 'op-1 was planned', null],
      ['decided', 'op-1 was planned', null],
    ]);
  });

  it('are started when a recovery has passed its gate', () => {
    expect(reached(9, [[1, linked]], of(planned, passed)).at(-1)).toEqual([
      'started',
      'op-1 has passed its gate',
      null,
    ]);
  });

  it('have the review scheduled when that is ticked', () => {
    const tick: IncidentEvent = { type: 'ticked', list: 'post', item: 0, by, evidence: null };
    expect(reached(9, [[8, tick]])).toEqual([['review', 'the review is scheduled, as ticked on the checklist', null]]);
    const other: IncidentEvent = { type: 'ticked', list: 'pre', item: 0, by, evidence: null };
    expect(reached(9, [[8, other]])).toEqual([]);
  });

  it('are reached once', () => {
    const done: IncidentEvent = { type: 'reached', milestone: 'diagnosed', by: null, note: '' };
    expect(reached(9, [[1, done]], { declared: { scenario: 'corruption' } })).toEqual([]);
  });

  it('are of no interest after the end, but for the review', () => {
    const tick: IncidentEvent = { type: 'ticked', list: 'post', item: 0, by, evidence: null };
    const log: Log = [
      [1, linked],
      [7, resolved],
      [8, tick],
    ];
    expect(reached(9, log, of(passed)).map(([milestone]) => milestone)).toEqual(['review']);
  });
});

describe('what is overdue', () => {
  const overdue = (minutes: number, log?: Log, more?: Parameters<typeof due>[3]) => {
    return due(minutes, ['overdue'], log, more).map((event) => (event.type === 'overdue' ? event.what : null));
  };

  it.each([
    [4.9, []],
    [5, ['diagnosed']],
    [16, ['diagnosed', 'decided']],
    [31, ['diagnosed', 'decided', 'started']],
    [61, ['diagnosed', 'decided', 'started', 'review']],
    [230, ['diagnosed', 'decided', 'started', 'review', 'rto']],
  ])('after %d minutes: %j', (minutes, expected) => {
    expect(overdue(minutes)).toEqual(expected);
  });

  it('is said once', () => {
    expect(overdue(16, [[5, { type: 'overdue', what: 'diagnosed', call: [] }]])).toEqual(['decided']);
  });

  it('is not what is reached at this very moment', () => {
    expect(overdue(16, [[15, linked]], { operations: [planned] })).toEqual([]);
  });

  it('is after the end only the review', () => {
    expect(overdue(300, [[1, resolved]])).toEqual(['review']);
  });

  it('calls the people of the owner, else of whoever is called first', () => {
    const [first] = due(5, ['overdue']);
    expect(first).toMatchObject({ call: ['U02BOB'] });
    const { contacts, incidents } = guardedSystem();
    const owned = guardedSystem({ contacts, incidents: { ...incidents, owner: 'lead' } });
    expect(due(5, ['overdue'], [], { system: owned })[0]).toMatchObject({ call: ['U09LEAD'] });
    expect(due(5, ['overdue'], [], { system: systemOf() })[0]).toMatchObject({ call: [] });
    const vague = { ...guardedSystem(), contacts: {} };
    expect(due(5, ['overdue'], [], { system: vague })[0]).toMatchObject({ call: [] });
  });
});

describe('the escalation', () => {
  const called = (minutes: number, log?: Log, declared: object = {}) => {
    return due(minutes, ['escalated'], log, { declared }).map((event) =>
      event.type === 'escalated' ? [event.rung, ...event.call] : [],
    );
  };

  it.each([
    [0, [[0, 'on-call']]],
    [14.9, [[0, 'on-call']]],
    [
      15,
      [
        [0, 'on-call'],
        [1, 'lead'],
      ],
    ],
    [
      45,
      [
        [0, 'on-call'],
        [1, 'lead'],
        [2, 'lead', 'heroku'],
      ],
    ],
  ])('after %d minutes calls %j', (minutes, expected) => {
    expect(called(minutes)).toEqual(expected);
  });

  it('calls each rung once', () => {
    expect(called(16, [[0, { type: 'escalated', rung: 0, call: ['on-call'] }]])).toEqual([[1, 'lead']]);
  });

  it('stops when somebody has acknowledged it, and when it is over', () => {
    expect(called(45, [[3, ack]])).toEqual([]);
    expect(called(45, [[3, resolved]])).toEqual([]);
  });

  it('leaves out rungs that are for other levels, until the level is theirs', () => {
    expect(called(45, [], { level: 2 }).map(([rung]) => rung)).toEqual([0, 1]);
    const raised: Log = [
      [0, { type: 'escalated', rung: 0, call: [] }],
      [15, { type: 'escalated', rung: 1, call: [] }],
      [40, { type: 'level_set', by, level: 1 }],
    ];
    expect(called(45, raised, { level: 2 })).toEqual([[2, 'lead', 'heroku']]);
  });
});

describe('checklists', () => {
  const ticked = (log?: Log, more?: Parameters<typeof due>[3]) => {
    return due(1, ['ticked'], log, more).map((event) => {
      return event.type === 'ticked' ? [event.list, event.item, event.evidence, event.by] : [];
    });
  };
  const tick: IncidentEvent = { type: 'ticked', list: 'pre', item: 0, by, evidence: null };

  it('are ticked with the evidence where Holdfast sees it, and nowhere else', () => {
    expect(ticked()).toEqual([['pre', 0, 'declared at 2025-11-21 14:00 UTC', null]]);
  });

  it('are ticked once', () => {
    expect(ticked([[1, tick]])).toEqual([]);
  });

  it('stay as a person has left them', () => {
    expect(
      ticked([
        [1, tick],
        [2, { type: 'unticked', list: 'pre', item: 0, by }],
      ]),
    ).toEqual([]);
  });

  it('are ticked after the end too', () => {
    const told = { card: true, notices: [] };
    expect(
      ticked(
        [
          [1, tick],
          [2, resolved],
        ],
        { told },
      ),
    ).toEqual([['pre', 1, 'the card was posted', null]]);
  });
});

describe('reminders', () => {
  const reminded = (hours: number, log: Log = []) => {
    const events = due(10 + hours * HOUR, ['reminded'], [[10, resolved], ...log]);
    return events.map((event) => (event.type === 'reminded' ? event.hours : null));
  };

  it.each([
    [23.9, []],
    [24, [24]],
    [49, [24, 48]],
    [200, [24, 48, 168]],
  ])('%d hours after the end are %j', (hours, expected) => {
    expect(reminded(hours)).toEqual(expected);
  });

  it('are given once, and not for what is done or dismissed', () => {
    expect(reminded(200, [[11, { type: 'reminded', hours: 24 }]])).toEqual([48, 168]);
    expect(reminded(200, [[11, { type: 'followed_up', hours: 48, by, verdict: 'dismissed' }]])).toEqual([24, 168]);
  });

  it('are not given while it is open', () => {
    expect(due(200 * HOUR, ['reminded'])).toEqual([]);
  });
});

it('brings nothing more when everything that is due stands in the log', () => {
  const given = {
    system: guardedSystem(),
    operations: [passed],
    told: { card: true, notices: [] },
    now: new Date(minuteOf(300)),
  };
  const log: [number, IncidentEvent][] = [[1, linked]];
  const events = dueEvents({ ...given, incident: incidentOf(log) });
  expect(events.length).toBeGreaterThan(5);
  const after = incidentOf([...log, ...events.map((event): [number, IncidentEvent] => [300, event])], declaredOf());
  expect(dueEvents({ ...given, incident: after })).toEqual([]);
});
