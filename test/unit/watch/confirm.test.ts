// What must be found twice in a row before it is said.
import { expect, it } from 'vitest';
import type { AlertKind } from '../../../src/core/alert.ts';
import { ALERTS } from '../../../src/core/alert.ts';
import { confirmed } from '../../../src/watch/confirm.ts';
import { keyOf } from '../../../src/watch/finding.ts';
import { alertOf } from './alerts.ts';

const TWICE: readonly AlertKind[] = ['missing', 'offsite', 'old', 'retention', 'unreadable'];
const nothing = new Set<string>();

it.each(TWICE)('%s waits for a second look', (kind) => {
  const one = alertOf(kind);
  expect(confirmed([one], nothing, [])).toEqual([]);
  expect(confirmed([one], new Set([keyOf(one)]), [])).toEqual([one]);
});

it.each(TWICE)('%s that is open needs no second look', (kind) => {
  const one = alertOf(kind);
  expect(confirmed([one], nothing, [one])).toEqual([one]);
  expect(confirmed([one], nothing, [alertOf(kind, { about: 'database' })])).toEqual([]);
});

it.each(ALERTS.filter((kind) => !TWICE.includes(kind)))('%s is said at once', (kind) => {
  expect(confirmed([alertOf(kind)], nothing, [])).toHaveLength(1);
});
