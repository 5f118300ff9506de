// What an incident has cost.
import { describe, expect, it } from 'vitest';
import type { ActionName } from '../../../src/core/action.ts';
import type { IncidentEvent } from '../../../src/core/incident-log.ts';
import { lossesOf } from '../../../src/core/incident-losses.ts';
import type { Operation } from '../../../src/core/operation.ts';
import { lossStatement } from '../../../src/runbooks/losses.ts';
import { SURVEY } from '../../support/facts.ts';
import { incidentOf, minuteOf } from '../../support/incidents.ts';
import { planOf, stepOf } from '../../support/plans.ts';
import * as journal from './journal-of.ts';

const resolved: [number, IncidentEvent] = [50, { type: 'resolved', by: 'U01ALICE', text: 'Done.' }];
const linked: [number, IncidentEvent] = [1, { type: 'linked', operation: 'op-1' }];

/** Its steps take a minute each; the entries are a minute apart. */
function operationOf(actions: readonly ActionName[], finish = true, done = actions.length): Operation {
  const steps = actions.map((action, at) => stepOf(`s${at + 1}`, { action, effect: 'change' }));
  const plan = planOf({ steps, gate: 0, statements: [lossStatement(SURVEY, null, 'a001')] });
  const { approved, BOB, CAROL, consented, finished, ran, started } = journal;
  const work = steps.slice(0, done).flatMap(({ id }) => ran(id));
  return journal.operationOf(plan, [
    approved(BOB),
    approved(CAROL),
    consented,
    started,
    ...work,
    ...(finish ? [finished()] : []),
  ]);
}

describe('lossesOf', () => {
  it('counts detection from when it began, and knows nothing else of one that is open', () => {
    expect(lossesOf(incidentOf(), [])).toEqual({
      detectSeconds: 600,
      recoverSeconds: null,
      durationSeconds: null,
      downSeconds: null,
      dataLoss: null,
    });
  });

  it('counts to the resolution where nothing was recovered', () => {
    expect(lossesOf(incidentOf([resolved]), [])).toMatchObject({ recoverSeconds: 3000, durationSeconds: 3600 });
  });

  it('counts to the end of the recovery, the time for which it kept the application closed, and what it lost', () => {
    const recovery = operationOf(['services.stop', 'database.promote', 'services.start', 'health.check']);
    expect(recovery.endedAt).toBe(minuteOf(13));
    expect(lossesOf(incidentOf([linked, resolved]), [recovery])).toEqual({
      detectSeconds: 600,
      recoverSeconds: 13 * 60,
      durationSeconds: 3600,
      downSeconds: 5 * 60,
      dataLoss: [expect.stringMatching(/^op-1: rows added since a001: entries 12 rows/)],
    });
  });

  it('adds what several operations kept closed', () => {
    const [one, two] = [
      operationOf(['maintenance.on', 'maintenance.off']),
      operationOf(['services.stop', 'services.start']),
    ];
    expect(lossesOf(incidentOf([linked]), [one, two]).downSeconds).toBe(2 * 3 * 60);
  });

  it('does not know how long it was closed where it was never opened again', () => {
    expect(lossesOf(incidentOf([linked]), [operationOf(['maintenance.on'], false)]).downSeconds).toBeNull();
    expect(lossesOf(incidentOf([linked]), [operationOf(['maintenance.off'])]).downSeconds).toBeNull();
    const begun = operationOf(['maintenance.on', 'maintenance.off'], false, 0);
    expect(lossesOf(incidentOf([linked]), [begun]).downSeconds).toBeNull();
  });

  it.each(['failed', 'cancelled', 'undone'] as const)('leaves out what one that is %s would have lost', (state) => {
    const taken = { ...operationOf(['maintenance.on', 'maintenance.off']), state };
    expect(lossesOf(incidentOf([linked]), [taken])).toMatchObject({ downSeconds: 180, dataLoss: null });
  });

  it('leaves out plans that were never carried out', () => {
    const proposed = journal.operationOf(planOf({ statements: [lossStatement(SURVEY, null, 'a001')] }));
    expect(lossesOf(incidentOf([linked]), [proposed])).toMatchObject({ downSeconds: null, dataLoss: null });
  });

  it('is never negative where clocks disagree', () => {
    expect(lossesOf(incidentOf([], { startedAt: minuteOf(1) }), []).detectSeconds).toBe(0);
  });
});
