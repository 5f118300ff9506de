// How far an operation is and how long the rest will take.
import { describe, expect, it } from 'vitest';
import { outlookOf } from '../../../src/core/eta.ts';
import type { Event } from '../../../src/core/journal.ts';
import { planOf, stepOf } from '../../support/plans.ts';
import { begun, ended, minute, operationOf, progress, ran, stopped, undid, undoing, unverified } from './journal-of.ts';

const timed = planOf({
  steps: [
    stepOf('s1', { expectedSeconds: 60 }),
    stepOf('s2', { expectedSeconds: 180 }),
    stepOf('s3', { expectedSeconds: 30 }),
  ],
});
const neverTimed = planOf({ steps: [stepOf('s1'), stepOf('s2'), stepOf('s3')] });

function outlook(events: Event[], at: number, plan = timed) {
  const { over, all, current, secondsLeft } = outlookOf(operationOf(plan, events), new Date(minute(at)));
  return [`${over} of ${all}`, current?.id ?? null, secondsLeft];
}

describe('the outlook', () => {
  it.each<[string, Event[], number, (string | number | null)[]]>([
    ['is the sum of former durations before anything began', [], 0, ['0 of 3', null, 270]],
    ['is shorter by what is over', ran('s1'), 2, ['1 of 3', null, 210]],
    ['counts a step that was not read back as over', ran('s1', unverified), 2, ['1 of 3', null, 210]],
    ['is shorter by the time that the current step took already', [...ran('s1'), begun('s2')], 5, ['1 of 3', 's2', 90]],
    [
      'is never negative for a step that takes longer than before',
      [...ran('s1'), begun('s2')],
      60,
      ['1 of 3', 's2', 30],
    ],
    // 40 % took 4 minutes, so 6 are left, whatever was expected.
    ['follows the progress that is seen', [...ran('s1'), begun('s2'), progress('s2')], 7, ['1 of 3', 's2', 390]],
    [
      'counts what was taken back as over',
      [...ran('s1'), stopped(), undoing('s1'), undid('s1')],
      9,
      ['1 of 3', null, 210],
    ],
  ])('%s', (_claim, events, at, expected) => {
    expect(outlook(events, at)).toEqual(expected);
  });

  it('does not trust the first few percent', () => {
    const little: Event = { type: 'step_progress', step: 's1', percent: 4, note: '' };
    expect(outlook([begun('s1'), little], 1)).toEqual(['0 of 3', 's1', 270]);
  });

  it('is unknown while a step that is left was never timed here', () => {
    expect(outlook([], 0, neverTimed)).toEqual(['0 of 3', null, null]);
    expect(outlook([begun('s1')], 1, neverTimed)).toEqual(['0 of 3', 's1', null]);
  });

  it('is nothing when all is over', () => {
    const all = ['s1', 's2', 's3'].flatMap((id) => [begun(id), ended(id)]);
    expect(outlook(all, 9, neverTimed)).toEqual(['3 of 3', null, 0]);
  });

  it('is read from a journal that does not know a step of the plan', () => {
    const operation = { ...operationOf(timed), steps: {} };
    expect(outlookOf(operation, new Date(minute(0)))).toMatchObject({ over: 0, secondsLeft: 270 });
  });
});
