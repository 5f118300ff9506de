// How often a system is looked at: usually, and after an incident (F16).
import { describe, expect, it } from 'vitest';
import type { Incident } from '../../../src/core/incident.ts';
import { isWatchedClosely, secondsBetween } from '../../../src/watch/rhythm.ts';
import { NOW } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';

const DAY = 86_400_000;
const usual = systemOf();
const careful = systemOf({ incidents: { watchAfter: { hours: 24, everySeconds: 300 } } });
const resolved = (msAgo: number) =>
  ({ resolved: { by: 'U1', at: new Date(NOW.getTime() - msAgo).toISOString(), text: 'restored' } }) as Incident;

describe('after an incident', () => {
  it.each([
    ['just resolved', 0, true],
    ['almost a day ago', DAY - 1, true],
    ['a day ago', DAY, false],
  ])('%s it is watched closely: %3$s', (_when, msAgo, expected) => {
    expect(isWatchedClosely(careful, resolved(msAgo), NOW)).toBe(expected);
  });

  it('it is not where the system file does not ask for it', () => {
    expect(isWatchedClosely(usual, resolved(0), NOW)).toBe(false);
  });

  it('it is not without one, or while it is not resolved', () => {
    expect(isWatchedClosely(careful, null, NOW)).toBe(false);
    expect(isWatchedClosely(careful, { resolved: null } as Incident, NOW)).toBe(false);
  });
});

describe('from look to look', () => {
  it('are 15 minutes unless told otherwise, and never more when it is watched closely', () => {
    expect(secondsBetween(usual, false)).toBe(900);
    expect(secondsBetween(usual, true)).toBe(900);
    expect(secondsBetween(careful, false)).toBe(900);
    expect(secondsBetween(careful, true)).toBe(300);
    const often = systemOf({ watch: { everyMinutes: 1 }, incidents: { watchAfter: { hours: 1, everySeconds: 300 } } });
    expect(secondsBetween(often, true)).toBe(60);
  });
});
