// What the live environment says now, or nothing: an incident waits for no platform.
import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../src/core/facts.ts';
import { liveFacts } from '../../../src/incidents/live-facts.ts';
import { environmentFacts, factsOf, SURVEY } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';

function reading(facts: () => Promise<Facts>) {
  const logged: object[] = [];
  const survey = async (_: object, read: Facts): Promise<Facts> => {
    return { ...read, environments: { production: environmentFacts('production', { survey: SURVEY }) } };
  };
  const log = { warn: (fields: object) => void logged.push(fields) };
  return { logged, deps: { systems: { all: [], facts, survey }, log } };
}
const bare = () => Promise.resolve(factsOf({ production: { survey: null } }));

describe('liveFacts', () => {
  it('reads the environment whose backups are kept, with the survey only where it is asked for', async () => {
    const { deps } = reading(bare);
    expect(await liveFacts(deps, systemOf(), false)).toMatchObject({
      target: { name: 'grayledger-production' },
      survey: null,
    });
    expect(await liveFacts(deps, systemOf(), true)).toMatchObject({ survey: SURVEY });
  });

  it('is null where the platform does not answer, which is logged, or says nothing of that environment', async () => {
    const broken = reading(() => Promise.reject(new Error('no answer')));
    expect(await liveFacts(broken.deps, systemOf(), true)).toBeNull();
    expect(broken.logged).toEqual([{ system: 'grayledger', reason: 'no answer' }]);
    const silent = reading(async () => ({ at: '', environments: {} }));
    expect(await liveFacts(silent.deps, systemOf(), false)).toBeNull();
  });
});
