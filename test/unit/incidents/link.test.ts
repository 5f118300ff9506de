// Which operations are the recovery of an incident.
import { describe, expect, it } from 'vitest';
import { SCHEDULE } from '../../../src/core/names.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { isRecovery, linkEvents } from '../../../src/incidents/link.ts';
import { incidentOf } from '../../support/incidents.ts';
import { lookOf, planOf } from '../../support/plans.ts';
import { systemFile, systemOf } from '../../support/system.ts';
import * as journal from '../core/journal-of.ts';

const operation = (plan: Partial<Plan> = {}) => journal.operationOf(planOf(plan));

describe('isRecovery', () => {
  it.each(['restore', 'rollback', 'recover', 'undo'] as const)('is a %s of a protected environment', (verb) => {
    expect(isRecovery(operation({ verb }), systemOf())).toBe(true);
  });

  it.each<[string, Partial<Plan>]>([
    ['belongs to another system', { system: 'provote' }],
    ['is tried out in an unprotected environment', { protected: false }],
    ['prepares or tidies up', { verb: 'cleanup' }],
    ['is a drill', { verb: 'drill' }],
  ])('is not what %s', (_, plan) => {
    expect(isRecovery(operation(plan), systemOf())).toBe(false);
  });

  it('is not what only looks, nor what a schedule has started', () => {
    expect(isRecovery(journal.operationOf(lookOf({ verb: 'restore' })), systemOf())).toBe(false);
    expect(isRecovery({ ...operation(), requestedBy: SCHEDULE }, systemOf())).toBe(false);
  });

  it('is in an unprotected environment where the system has no other', () => {
    const { staging } = systemFile().environments;
    if (staging === undefined) throw new Error('no staging');
    const small = systemOf({ environments: { production: staging } });
    expect(isRecovery(operation({ protected: false }), small)).toBe(true);
  });
});

describe('linkEvents', () => {
  it('links each operation once', () => {
    const [one, two] = [operation({ operation: 'op-1' }), operation({ operation: 'op-2' })];
    const incident = incidentOf([[1, { type: 'linked', operation: 'op-1' }]]);
    expect(linkEvents(incident, [one, two])).toEqual([{ type: 'linked', operation: 'op-2' }]);
  });

  it('links nothing to what is over', () => {
    expect(linkEvents(incidentOf([[1, { type: 'resolved', by: 'U02BOB', text: 'Done.' }]]), [operation()])).toEqual([]);
  });
});
