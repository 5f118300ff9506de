// The clocks of an incident: when they are due, and when they were reached.
import { describe, expect, it } from 'vitest';
import { clocksOf, ladderOf, recoveredAt } from '../../../src/core/incident-clocks.ts';
import type { IncidentEvent } from '../../../src/core/incident-log.ts';
import type { Event } from '../../../src/core/journal.ts';
import { guardedSystem, incidentOf, minuteOf } from '../../support/incidents.ts';
import { lookOf, planOf } from '../../support/plans.ts';
import { systemOf } from '../../support/system.ts';
import * as journal from './journal-of.ts';

const { approved, BOB, CAROL, consented, finished, ran, stopped } = journal;
const agreed: Event[] = [...ran('s1'), ...ran('s2'), approved(BOB), approved(CAROL), consented, journal.started];
/** Its journal has an entry a minute, from the moment of the declaration. */
const succeeded = (operation: string) => {
  return journal.operationOf(planOf({ operation }), [...agreed, ...ran('s3'), finished()]);
};
const running = (operation: string) => journal.operationOf(planOf({ operation }), agreed);
const cancelled = (operation: string) => {
  return journal.operationOf(planOf({ operation }), [stopped(), finished('cancelled')]);
};
const linked = (...operations: string[]) => {
  return operations.map((operation): [number, IncidentEvent] => [1, { type: 'linked', operation }]);
};
const resolved: [number, IncidentEvent] = [50, { type: 'resolved', by: BOB, text: 'Done.' }];
const system = guardedSystem();
const rto = (...given: Parameters<typeof clocksOf>) => clocksOf(...given).find(({ what }) => what === 'rto');

describe('clocksOf', () => {
  it('counts the milestones from the declaration and the recovery time from when it began', () => {
    expect(clocksOf(incidentOf(), system, [])).toEqual([
      { what: 'diagnosed', dueAt: minuteOf(5), reachedAt: null },
      { what: 'decided', dueAt: minuteOf(15), reachedAt: null },
      { what: 'started', dueAt: minuteOf(30), reachedAt: null },
      { what: 'review', dueAt: minuteOf(60), reachedAt: null },
      { what: 'rto', dueAt: minuteOf(230), reachedAt: null },
    ]);
  });

  it('says when a milestone was reached', () => {
    const incident = incidentOf([[4, { type: 'reached', milestone: 'diagnosed', by: null, note: '' }]]);
    expect(clocksOf(incident, system, [])[0]).toEqual({
      what: 'diagnosed',
      dueAt: minuteOf(5),
      reachedAt: minuteOf(4),
    });
  });

  it("keeps to the system's own minutes", () => {
    const brisk = systemOf({ incidents: { milestones: { diagnosisMinutes: 1 } } });
    expect(clocksOf(incidentOf(), brisk, [])[0]?.dueAt).toBe(minuteOf(1));
  });

  it('takes the recovery time of the scenario, in the order of what is due', () => {
    const clocks = clocksOf(incidentOf([], { scenario: 'bad-release' }), system, []);
    expect(clocks.map(({ what }) => what)).toEqual(['diagnosed', 'decided', 'rto', 'started', 'review']);
    expect(rto(incidentOf([], { scenario: 'bad-release' }), system, [])?.dueAt).toBe(minuteOf(20));
  });

  it('has no recovery clock where no time is promised', () => {
    expect(rto(incidentOf(), systemOf(), [])).toBeUndefined();
  });

  it('stops the recovery clock with the recovery, else with the end', () => {
    const recovered = succeeded('op-1');
    expect(rto(incidentOf(linked('op-1')), system, [recovered])?.reachedAt).toBe(recovered.endedAt);
    expect(rto(incidentOf([resolved]), system, [])?.reachedAt).toBe(minuteOf(50));
  });
});

describe('recoveredAt', () => {
  it('is the end of the newest operation that succeeded', () => {
    const [one, two] = [succeeded('op-1'), { ...succeeded('op-2'), endedAt: minuteOf(40) }];
    expect(recoveredAt(incidentOf(linked('op-1', 'op-2')), [two, one])).toBe(minuteOf(40));
  });

  it('is open while another one is at work, and when none has succeeded', () => {
    const incident = incidentOf(linked('op-1', 'op-2'));
    expect(recoveredAt(incident, [succeeded('op-1'), running('op-2')])).toBeNull();
    expect(recoveredAt(incident, [cancelled('op-1')])).toBeNull();
    expect(recoveredAt(incident, [{ ...succeeded('op-1'), endedAt: null }])).toBeNull();
  });

  it('is not when what was done about it was taken back', () => {
    const incident = incidentOf(linked('op-1', 'op-2'));
    const back = succeeded('op-2');
    const undo = { ...back, plan: { ...back.plan, undoes: 'op-1' } };
    expect(recoveredAt(incident, [{ ...succeeded('op-1'), state: 'undone' }, undo])).toBeNull();
    // What was done before the incident may be what broke it.
    expect(recoveredAt(incidentOf(linked('op-2')), [undo])).toBe(undo.endedAt);
  });

  it('leaves out what only looks, and what belongs to another incident', () => {
    const look = journal.operationOf(lookOf(), [journal.started, ...ran('s1'), finished()]);
    expect(recoveredAt(incidentOf(linked('op-1')), [look, succeeded('op-7')])).toBeNull();
  });
});

it('climbs the ladder in the order of its minutes, however the file has them', () => {
  expect(ladderOf(system.incidents).map(({ afterMinutes }) => afterMinutes)).toEqual([0, 15, 30]);
});
