// What must be so before something is written to the log of an incident: each refusal says what to do.
import { expect, it } from 'vitest';
import { Refusal } from '../../../src/core/errors.ts';
import { requireItem, requireOpen, requireScenario, said } from '../../../src/incidents/require.ts';
import { guardedSystem, incidentOf } from '../../support/incidents.ts';
import { systemOf } from '../../support/system.ts';

function refused(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.message;
    throw thrown;
  }
  throw new Error('not refused');
}

it('wants words, and not too many', () => {
  expect(said('  We see it.\n')).toBe('We see it.');
  expect(said('a'.repeat(1000))).toHaveLength(1000);
  expect(refused(() => said(' \n '))).toBe('There is nothing in it. Say it in a sentence.');
  expect(refused(() => said('a'.repeat(1001)))).toBe('It has more than 1000 characters. Say it shorter.');
});

it('wants an incident that is open', () => {
  requireOpen(incidentOf());
  const over = incidentOf([[50, { type: 'resolved', by: 'U02BOB', text: 'Done.' }]]);
  expect(refused(() => requireOpen(over))).toBe(
    'inc-1 was resolved at 2025-11-21 14:50 UTC. Declare another one with `/dr incident declare` if it is back.',
  );
});

it('wants a scenario that the system has', () => {
  requireScenario(guardedSystem(), 'corruption');
  expect(refused(() => requireScenario(guardedSystem(), 'flood'))).toBe(
    'GrayLedger has no scenario “flood”. It has corruption and bad-release. See `/dr recover`.',
  );
  expect(refused(() => requireScenario(systemOf(), 'flood'))).toContain('It has none.');
});

it('wants an item that the checklist has', () => {
  requireItem(guardedSystem(), 'pre', 1);
  expect(refused(() => requireItem(guardedSystem(), 'pre', 2))).toBe(
    'The checklist “pre” of GrayLedger has no item 3. See `/dr checklist pre`.',
  );
});
