// The plan as data: what its schema refuses, what its digest covers, and which plans change something.
import { describe, expect, it } from 'vitest';
import { ActionArgs, EFFECTS } from '../../../src/core/action.ts';
import { changesEnvironment, digestOf, Plan } from '../../../src/core/plan.ts';
import { lookOf, planOf, stepOf } from '../../support/plans.ts';

describe('a plan', () => {
  it.each<[string, object]>([
    ['without steps', { steps: [] }],
    ['for an operation of another shape', { operation: '41' }],
    ['of a verb that is no operation', { verb: 'status' }],
    ['with a step that has no number', { steps: [stepOf('first')] }],
    ['with a step of no known action', { steps: [{ ...stepOf('s1'), action: 'database.drop' }] }],
    ['with a member that nobody knows', { approved: true }],
    ['of another version', { version: 2 }],
  ])('%s is none', (_what, change) => {
    expect(Plan.safeParse({ ...planOf(), ...change }).success).toBe(false);
  });

  it('keeps its digest through the store, whatever the order of its members', () => {
    const stored = Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(planOf()))).reverse());
    expect(digestOf(Plan.parse(stored))).toBe(digestOf(planOf()));
  });

  it.each<[string, Partial<Plan>]>([
    ['a statement', { statements: [] }],
    ['the command', { command: '/dr restore production a002' }],
    ['the target', { target: { ...planOf().target, identity: 'addon-2222' } }],
    ['what a step will run', { steps: planOf().steps.with(0, stepOf('s1', { runs: 'rm -rf /' })) }],
    ['the gate', { gate: 1 }],
    ['the rule of consent', { consent: { kind: 'none' } }],
  ])('has another digest when %s is another', (_what, change) => {
    expect(digestOf(planOf(change))).not.toBe(digestOf(planOf()));
  });

  it('changes an environment when one step does, and not by looking or preparing', () => {
    expect(changesEnvironment(planOf())).toBe(true);
    expect(changesEnvironment({ steps: [stepOf('s1', { effect: 'destroy' })] })).toBe(true);
    expect(changesEnvironment({ steps: [stepOf('s1', { effect: 'scratch' })] })).toBe(false);
    expect(changesEnvironment(lookOf())).toBe(false);
  });
});

describe('the effect of an action', () => {
  it('is stated for every action', () => {
    expect(Object.keys(EFFECTS).sort()).toEqual(Object.keys(ActionArgs).sort());
  });

  it('calls nothing harmless that alters what is live', () => {
    const altering = Object.entries(EFFECTS).flatMap(([name, effect]) =>
      effect === 'change' || effect === 'destroy' ? [`${name} ${effect}`] : [],
    );
    expect(altering).toEqual([
      'database.restore destroy',
      'table.merge change',
      'table.unmerge change',
      'maintenance.on change',
      'maintenance.off change',
      'database.promote change',
      'services.stop change',
      'services.start change',
      'services.scale change',
      'migrations.run change',
      'server.recreate destroy',
      'leftover.drop destroy',
      'release.rollback change',
      'backups.prune destroy',
    ]);
  });
});
