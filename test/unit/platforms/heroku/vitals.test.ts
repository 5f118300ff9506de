// What `heroku pg:info` says of size and connections is read as it is written, and nothing is guessed.
import { describe, expect, it } from 'vitest';
import { vitalsOf } from '../../../../src/platforms/heroku/vitals.ts';

const info = (...lines: [string, unknown][]) => ({ info: lines.map(([name, value]) => ({ name, values: [value] })) });

describe('the size of the data', () => {
  it.each<[string, number, number, string]>([
    ['8.6 MB / 64 GB', 9_017_753.6, 0.01312255859375, '8.6 MB / 64 GB of the plan'],
    ['60.8 GB / 64 GB (95.00%)', 65_283_502_899.2, 95, '60.8 GB / 64 GB (95.00%) of the plan'],
    ['512 KB / 1 GB (In compliance)', 524_288, 0.048828125, '512 KB / 1 GB (In compliance) of the plan'],
  ])('is read from “%s”', (said, bytes, percent, text) => {
    const vitals = vitalsOf(info(['Data Size', said]));
    expect(vitals.bytes).toBeCloseTo(bytes, 0);
    expect(vitals.disk?.percent).toBeCloseTo(percent, 8);
    expect(vitals.disk?.text).toBe(text);
  });

  it.each([
    ['8.6 MB', 9_017_753.6],
    ['8.6 MB / unlimited', 9_017_753.6],
    ['8.6 MB / 0 GB', 9_017_753.6],
    ['much', null],
  ])('says nothing of the disk with “%s”', (said, bytes) => {
    expect(vitalsOf(info(['Data Size', said]))).toEqual({ disk: null, lagSeconds: null, pool: null, bytes });
  });
});

describe('the connections', () => {
  it('are those of the plan', () => {
    expect(vitalsOf(info(['Connections', '97/120'])).pool).toEqual({
      percent: (97 / 120) * 100,
      text: '97 of 120 connections of the plan',
    });
  });

  it.each(['97', '97/0', 'Unavailable'])('are unknown with “%s”', (said) => {
    expect(vitalsOf(info(['Connections', said])).pool).toBeNull();
  });
});

it('is all unknown where Heroku says nothing', () => {
  const nothing = { disk: null, lagSeconds: null, pool: null, bytes: null };
  expect(vitalsOf(info(['Plan', 'Standard 0']))).toEqual(nothing);
  expect(vitalsOf(null)).toEqual(nothing);
});
