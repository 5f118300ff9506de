// How moments, spans, sizes and counts are written wherever a person reads them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ago, clock, count, list, megabytes, span, utc, utcShort, utcTime } from '../../../src/core/wording.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a moment', () => {
  it('is written in UTC, to the minute or to the second', () => {
    expect(utc('2025-11-21T02:00:59.999Z')).toBe('2025-11-21 02:00 UTC');
    expect(utcTime('2025-11-21T14:35:07.000Z')).toBe('14:35:07 UTC');
  });

  it('is written without its date when that is today’s', () => {
    const now = new Date('2025-11-21T23:59:00.000Z');
    expect(utcShort('2025-11-21T14:35:07.000Z', now)).toBe('14:35 UTC');
    expect(utcShort('2025-11-22T00:01:00.000Z', now)).toBe('2025-11-22 00:01 UTC');
  });

  it('has an age, which is never negative', () => {
    const now = new Date('2025-11-21T14:00:00.000Z');
    expect(ago('2025-11-21T09:48:00.000Z', now)).toBe('4 h 12 min');
    expect(ago('2025-11-21T14:00:01.000Z', now)).toBe('0 s');
  });
});

describe('a span', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [61, '1 min 1 s'],
    [9 * MINUTE + 59, '9 min 59 s'],
    [10 * MINUTE + 59, '10 min'],
    [HOUR - 1, '59 min'],
    [HOUR, '1 h'],
    [4 * HOUR + 12 * MINUTE, '4 h 12 min'],
    [2 * DAY - 1, '47 h 59 min'],
    [2 * DAY, '2 d'],
    [6 * DAY + 3 * HOUR, '6 d 3 h'],
  ])('of %d s is written %s', (seconds, text) => {
    expect(span(seconds)).toBe(text);
  });

  it('written is never longer than it is, and short of it by less than its smallest unit', () => {
    const units: Record<string, number> = { s: 1, min: MINUTE, h: HOUR, d: DAY };
    fc.assert(
      fc.property(fc.nat({ max: 400 * DAY }), (seconds) => {
        const parts = [...span(seconds).matchAll(/(\d+) (min|s|h|d)/g)].map(
          ([, n, unit = '']) => Number(n) * (units[unit] ?? 0),
        );
        const written = parts.reduce((sum, part) => sum + part, 0);
        const unit = seconds < 10 * MINUTE ? 1 : seconds < 2 * DAY ? MINUTE : HOUR;
        expect(written).toBe(Math.floor(seconds / unit) * unit);
      }),
    );
  });

  it('as a clock grows with the seconds and can be read back', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), (seconds) => {
        const [minutes = '', rest = ''] = clock(seconds).split(':');
        expect(Number(minutes) * 60 + Number(rest)).toBe(seconds);
        expect(clock(seconds)).toMatch(/^\d{2,}:[0-5]\d$/);
      }),
    );
    expect([clock(161), clock(-3), clock(59.5)]).toEqual(['02:41', '00:00', '01:00']);
  });
});

describe('a size', () => {
  it.each([
    [96, '96 B'],
    [1000, '1 kB'],
    [812_400, '812 kB'],
    [1_000_000, '1.0 MB'],
    [9_940_000, '9.9 MB'],
    [245_118_209, '245 MB'],
    [9_999_000_000, '9999 MB'],
    [10_000_000_000, '10.0 GB'],
  ])('of %d bytes is written %s', (bytes, text) => {
    expect(megabytes(bytes)).toBe(text);
  });
});

describe('words', () => {
  it.each([
    [1, 'row', undefined, '1 row'],
    [0, 'row', undefined, '0 rows'],
    [4812, 'row', undefined, '4,812 rows'],
    [2, 'entry', 'entries', '2 entries'],
  ])('count %d %s', (number, one, many, text) => {
    expect(count(number, one, many)).toBe(text);
  });

  it('are listed with “and” before the last', () => {
    expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
  });
});
