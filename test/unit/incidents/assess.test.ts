// The decision matrix: from what is seen to the worst level, every cause and one way out.
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/core/errors.ts';
import { matrixOf } from '../../../src/incidents/assess.ts';
import { guardedSystem } from '../../support/incidents.ts';

const system = guardedSystem();
const symptoms = (...names: string[]) => {
  return names.flatMap((name) => system.incidents.symptoms.find((symptom) => symptom.name === name) ?? []);
};

describe('matrixOf', () => {
  it('takes the worst level, every cause, and the scenario of the worst symptom that names one', () => {
    expect(matrixOf(system, symptoms('slow', 'errors'))).toEqual({
      level: 1,
      causes: ['a bad release', 'resources'],
      scenario: { name: 'bad-release', scenario: system.scenarios['bad-release'] },
    });
  });

  it('names each cause once', () => {
    expect(matrixOf(system, symptoms('slow', 'slow')).causes).toEqual(['resources']);
  });

  it('has no scenario where no symptom names one, or the system has none of that name', () => {
    expect(matrixOf(system, symptoms('slow')).scenario).toBeNull();
    expect(matrixOf({ ...system, scenarios: {} }, symptoms('errors')).scenario).toBeNull();
  });

  it('refuses to judge nothing', () => {
    expect(() => matrixOf(system, [])).toThrow(Refusal);
  });
});
