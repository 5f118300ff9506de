// Which entries of an incident are told: its card always, notes for what people want to read, notices by its level.
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../src/core/alert.ts';
import { IncidentEvent, type IncidentEventType } from '../../../src/core/incident-log.ts';
import { narrateAlert } from '../../../src/progress/narrate-alert.ts';
import { createNarrateIncident } from '../../../src/progress/narrate-incident.ts';
import { declaredOf, guardedSystem, incidentOf, logOf } from '../../support/incidents.ts';
import { systemOf } from '../../support/system.ts';

const by = 'U02BOB';
const narrate = createNarrateIncident([systemOf({ name: 'other' }), guardedSystem()]);

/** What follows from the last of these events. */
function toldOf(events: readonly IncidentEvent[], declared: Partial<ReturnType<typeof declaredOf>> = {}) {
  const given = events.map((event, at) => [at + 1, event] as const);
  return narrate(incidentOf(given, declared), logOf(given, declared).slice(-1));
}

const outside = (...given: Parameters<typeof toldOf>) => {
  return toldOf(...given).notices.map(({ notifier, is, seq }) => `${notifier} ${is} ${seq}`);
};

describe('in Slack', () => {
  it('a declaration is its card', () => {
    expect(toldOf([]).tellings).toEqual([{ kind: 'card' }]);
  });

  it('tells every kind of event in the thread or leaves it to the card, each by decision', () => {
    const quiet: readonly IncidentEventType[] = ['declared', 'reached', 'ticked', 'unticked'];
    const kinds = IncidentEvent.options.map(({ shape }) => shape.type.value);
    const [first] = logOf();
    const noted = kinds.filter((type) => {
      // Only the type of an event decides; of an unknown system nothing is told outside.
      const entries = first === undefined ? [] : [{ ...first, event: { type } as IncidentEvent }];
      const { tellings } = createNarrateIncident([])(incidentOf(), entries);
      return tellings.some(({ kind }) => kind === 'note');
    });
    expect(new Set(noted)).toEqual(new Set(kinds.filter((kind) => !quiet.includes(kind))));
  });

  it('gives the last update when it is resolved, and only then', () => {
    expect(toldOf([{ type: 'resolved', by, text: 'Done.' }]).tellings).toEqual([
      { kind: 'card' },
      { kind: 'note', seq: 2 },
      { kind: 'update', period: 'last' },
    ]);
    expect(toldOf([{ type: 'acknowledged', by }]).tellings).toEqual([{ kind: 'card' }, { kind: 'note', seq: 2 }]);
  });
});

describe('outside of Slack', () => {
  it('tells the declaration by its level', () => {
    expect(outside([])).toEqual(['pagerduty declared 1', 'statuspage declared 1', 'email declared 1']);
    expect(outside([], { level: 2 })).toEqual(['statuspage declared 1', 'email declared 1']);
  });

  it('tells of a sentence only where it is meant for the public', () => {
    expect(outside([{ type: 'updated', by, text: 'We see it.', public: true }])).toEqual([
      'statuspage updated 2',
      'email updated 2',
    ]);
    expect(outside([{ type: 'updated', by, text: 'We see it.', public: false }])).toEqual([]);
  });

  it('tells who is at it, who was called, and the end', () => {
    expect(outside([{ type: 'acknowledged', by }])).toEqual(['pagerduty acknowledged 2', 'email acknowledged 2']);
    expect(outside([{ type: 'escalated', rung: 0, call: ['lead'] }])).toEqual(['email escalated 2']);
    expect(outside([{ type: 'resolved', by, text: 'Done.' }])).toEqual([
      'pagerduty resolved 2',
      'statuspage resolved 2',
      'email resolved 2',
    ]);
  });

  it('declares it anew to those whom only the new level concerns', () => {
    expect(outside([{ type: 'level_set', by, level: 1 }], { level: 3 })).toEqual([
      'pagerduty declared 2',
      'statuspage declared 2',
    ]);
    expect(outside([{ type: 'level_set', by, level: 3 }])).toEqual([]);
  });

  it('tells the end also to those whom only a former level concerned', () => {
    const events: IncidentEvent[] = [
      { type: 'level_set', by, level: 3 },
      { type: 'resolved', by, text: 'Done.' },
    ];
    expect(outside(events)).toContain('pagerduty resolved 3');
  });

  it('tells nothing of a system that is no longer there', () => {
    expect(outside([], { system: 'gone' })).toEqual([]);
  });
});

it('tells an alert by its card', () => {
  const at = declaredOf().startedAt;
  const alert: Alert = {
    id: 'al-1',
    system: 'grayledger',
    kind: 'old',
    environment: 'production',
    about: '',
    severity: 'critical',
    text: 'The newest backup is 30 h old.',
    remedy: null,
    raisedAt: at,
    seenAt: at,
    overAt: null,
  };
  expect(narrateAlert(alert, null)).toEqual([{ kind: 'card' }]);
  expect(narrateAlert(alert, alert)).toEqual([{ kind: 'card' }]);
  expect(narrateAlert({ ...alert, severity: 'warning' }, alert)).toEqual([{ kind: 'card' }]);
  const worse = narrateAlert({ ...alert, severity: 'critical' }, { ...alert, severity: 'warning' });
  expect(worse).toEqual([{ kind: 'card' }, { kind: 'note', seq: Date.parse(alert.seenAt) / 1000 }]);
});
