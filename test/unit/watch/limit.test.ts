// A figure beyond its limit: raised above it, over only clearly below it.
import { expect, it } from 'vitest';
import { isBeyond } from '../../../src/watch/limit.ts';

it.each([
  [89.9, false, false],
  [90, false, false],
  [90.1, false, true],
  [90, true, true],
  [88.1, true, true],
  [88, true, false],
  [87, true, false],
])('%d %% of 90 %% when it %s beyond it before', (value, was, expected) => {
  expect(isBeyond(value, 90, { scale: 100, was })).toBe(expected);
});

it('is measured on its own scale: an hour has points of 36 seconds', () => {
  expect(isBeyond(3529, 3600, { scale: 3600, was: true })).toBe(true);
  expect(isBeyond(3528, 3600, { scale: 3600, was: true })).toBe(false);
});
