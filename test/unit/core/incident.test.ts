// An incident as its log tells it.
import { describe, expect, it } from 'vitest';
import { firstBroken } from '../../../src/core/chain.ts';
import { applyIncident, type Incident, replayIncident } from '../../../src/core/incident.ts';
import { chainIncident, type IncidentEvent } from '../../../src/core/incident-log.ts';
import { incidentOf, logOf, minuteOf } from '../../support/incidents.ts';

const by = 'U02BOB';

describe('replayIncident', () => {
  it('begins with the declaration', () => {
    expect(incidentOf()).toMatchObject({
      id: 'inc-1',
      system: 'grayledger',
      level: 1,
      levels: [1],
      declaredBy: 'U01ALICE',
      declaredAt: minuteOf(0),
      startedAt: minuteOf(-10),
      acknowledged: null,
      resolved: null,
      last: { seq: 1 },
    });
  });

  it('refuses a log that begins with anything else', () => {
    expect(() => replayIncident([])).toThrow('does not begin with the declaration');
    expect(() => replayIncident(logOf([[1, { type: 'acknowledged', by }]]).slice(1))).toThrow('does not begin');
  });

  it('refuses a second declaration', () => {
    const [first] = logOf();
    if (first === undefined) throw new Error('no entry');
    const again = chainIncident(first, 'inc-1', minuteOf(1), first.event);
    expect(() => applyIncident(incidentOf(), again)).toThrow('replaying inc-1: declared twice');
  });

  it.each<[string, IncidentEvent, Partial<Incident>]>([
    ['who is at it', { type: 'acknowledged', by }, { acknowledged: { by, at: minuteOf(1) } }],
    ['each level', { type: 'level_set', by, level: 3 }, { level: 3, levels: [1, 3] }],
    ['the scenario', { type: 'scenario_set', by, scenario: 'corruption' }, { scenario: 'corruption' }],
    [
      'what people said',
      { type: 'updated', by, text: 'We see it.', public: true },
      { words: [{ by, at: minuteOf(1), text: 'We see it.', public: true }] },
    ],
    ['its operations', { type: 'linked', operation: 'op-4' }, { operations: ['op-4'] }],
    [
      'what was reached',
      { type: 'reached', milestone: 'decided', by: null, note: 'op-4' },
      { reached: { decided: { at: minuteOf(1), note: 'op-4' } } },
    ],
    ['what was late', { type: 'overdue', what: 'rto', call: [] }, { overdue: ['rto'] }],
    ['whom it called', { type: 'escalated', rung: 2, call: ['lead'] }, { rungs: [2] }],
    [
      'what was ticked',
      { type: 'ticked', list: 'pre', item: 1, by: null, evidence: 'seen' },
      { ticks: { 'pre:1': { by: null, at: minuteOf(1), evidence: 'seen' } } },
    ],
    ['how it ended', { type: 'resolved', by, text: 'Done.' }, { resolved: { by, at: minuteOf(1), text: 'Done.' } }],
    ['its reminders', { type: 'reminded', hours: 24 }, { reminded: [24] }],
    [
      'what became of them',
      { type: 'followed_up', hours: 24, by, verdict: 'done' },
      { followedUp: { '24': { by, verdict: 'done' } } },
    ],
  ])('remembers %s', (_, event, expected) => {
    expect(incidentOf([[1, event]])).toMatchObject(expected);
  });

  it('takes a tick away, and remembers that a person did', () => {
    const after = incidentOf([
      [1, { type: 'ticked', list: 'pre', item: 0, by, evidence: null }],
      [2, { type: 'ticked', list: 'pre', item: 1, by, evidence: null }],
      [3, { type: 'unticked', list: 'pre', item: 0, by }],
    ]);
    expect(Object.keys(after.ticks)).toEqual(['pre:1']);
    expect(after.unticked).toEqual(['pre:0']);
  });
});

describe('firstBroken', () => {
  const log = logOf([
    [1, { type: 'acknowledged', by }],
    [2, { type: 'resolved', by, text: 'Done.' }],
  ]);

  it('finds nothing in a log as it was written', () => {
    expect(firstBroken(log)).toBeNull();
  });

  it('names the first entry that was changed, and the one after one that was taken out', () => {
    const changed = log.map((entry) => (entry.seq === 2 ? { ...entry, at: minuteOf(9) } : entry));
    expect(firstBroken(changed)).toBe(2);
    expect(firstBroken(log.filter(({ seq }) => seq !== 2))).toBe(3);
  });
});
