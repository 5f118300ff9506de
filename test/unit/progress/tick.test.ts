// The status update of each period: added once by its number, the newest only, for what is worth it.
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../src/core/operation.ts';
import type { Telling } from '../../../src/core/ports.ts';
import { tick } from '../../../src/progress/tick.ts';
import { lookOf, planOf } from '../../support/plans.ts';
import { minute, operationOf } from '../core/journal-of.ts';

/** What one round adds so many minutes after the proposals; the interval is fifteen minutes, or five for `brisk`. */
async function added(minutes: number, open: readonly Operation[] = [operationOf(planOf())]): Promise<unknown[]> {
  const tellings: unknown[] = [];
  const deps = {
    operations: { open: async () => open },
    outbox: { add: async (operation: string, telling: Telling) => void tellings.push([operation, telling]) },
    everyMinutes: (system: string) => (system === 'brisk' ? 5 : 15),
  };
  await tick(deps, new Date(minute(minutes)));
  return tellings;
}

const update = (period: number, operation = 'op-1') => [operation, { kind: 'update', period }];

describe('tick', () => {
  it('adds nothing in the first period, also when clocks disagree', async () => {
    expect(await added(14.9)).toEqual([]);
    expect(await added(-3)).toEqual([]);
  });

  it.each([
    [15, 1],
    [29.9, 1],
    [30, 2],
    [3 * 24 * 60, 288],
  ])('after %d minutes adds number %i, and none of those that were missed', async (minutes, period) => {
    expect(await added(minutes)).toEqual([update(period)]);
  });

  it('keeps to the interval of each system', async () => {
    const brisk = operationOf(planOf({ operation: 'op-2', system: 'brisk' }));
    expect(await added(16, [operationOf(planOf()), brisk])).toEqual([update(1), update(3, 'op-2')]);
  });

  it('is silent about what changes nothing, or nothing protected', async () => {
    const unprotected = operationOf(planOf({ operation: 'op-3', protected: false }));
    expect(await added(60, [operationOf(lookOf({ operation: 'op-2' })), unprotected])).toEqual([]);
  });
});
