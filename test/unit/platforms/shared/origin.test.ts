// What speaks for a backup being one of this system, and what against it.
import { expect, it } from 'vitest';
import { commonOf, judgeOrigin } from '../../../../src/platforms/shared/origin.ts';

const tables = ['entries', 'users'];

it.each([
  ['nothing to go by', null, null, undefined],
  ['its name', 'provote', null, 'pass'],
  ['another name', 'other', null, 'warn'],
  ['rows that are the same', null, 7, 'pass'],
  ['not a row that is the same', null, 0, 'warn'],
  ['its name, but not a row', 'provote', 0, 'warn'],
  ['another name, but rows', 'other', 1, 'warn'],
  ['another name, and not a row', 'other', 0, 'fail'],
] as const)('a backup is judged by %s', (_what, database, rows, status) => {
  const common = rows === null ? null : { rows, tables };
  expect(judgeOrigin({ database, expected: 'provote', common })?.status).toBe(status);
});

it('rows in common are those that only differ in nothing, of tables with the same columns that have rows on both sides', () => {
  const sums = (rows: number) => ({ rows, sum: '1' });
  const one = { same: false, notes: [], differences: { lost: 2, broughtBack: 9, changed: 3 } };
  const compared = [
    { ...one, table: 'entries', live: sums(10), candidate: sums(17) },
    {
      ...one,
      table: 'without a key',
      live: sums(4),
      candidate: sums(9),
      differences: { ...one.differences, changed: null },
    },
    { ...one, table: 'empty', live: sums(0), candidate: sums(9) },
    { ...one, table: 'gone', live: null, candidate: sums(9) },
    { ...one, table: 'huge', live: sums(10), candidate: sums(9), differences: null },
    { ...one, table: 'altered', live: sums(10), candidate: sums(9), notes: ['column memo is only in live'] },
  ];
  expect(commonOf(compared)).toEqual({ rows: 7, tables: ['entries', 'without a key'] });
  expect(commonOf(compared.slice(2))).toBeNull();
});
