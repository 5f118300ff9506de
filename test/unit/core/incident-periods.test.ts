// When the status updates of an incident are due.
import { describe, expect, it } from 'vitest';
import { momentOfPeriod, nextUpdateAt, periodAt } from '../../../src/core/incident-periods.ts';
import { incidentOf, minuteOf } from '../../support/incidents.ts';

const at = (minutes: number) => new Date(minuteOf(minutes));

describe('periodAt', () => {
  it.each([
    [15, -2, 0],
    [15, 14.9, 0],
    [15, 15, 1],
    [15, 29.9, 1],
    [15, 30, 2],
    [15, 24 * 60, 96],
    [5, 5, 1],
    [5, 11, 2],
  ])('every %d minutes: after %d minutes number %i is the newest', (every, minutes, period) => {
    expect(periodAt(incidentOf(), every, at(minutes))).toBe(period);
  });

  it.each([
    [14.9, 0],
    [15, 1],
    [44.9, 1],
    [45, 2],
    [75, 3],
  ])(
    'gives the first within 15 minutes where the others are 30 apart (P18): after %d minutes number %i',
    (minutes, period) => {
      expect(periodAt(incidentOf(), 30, at(minutes))).toBe(period);
    },
  );
});

describe('momentOfPeriod', () => {
  it('is the moment from which periodAt gives the number', () => {
    for (const every of [5, 15, 30, 60]) {
      for (const period of [1, 2, 7]) {
        const moment = new Date(momentOfPeriod(incidentOf(), every, period));
        expect(periodAt(incidentOf(), every, moment)).toBe(period);
        expect(periodAt(incidentOf(), every, new Date(moment.getTime() - 1))).toBe(period - 1);
      }
    }
  });

  it('of number 0 is the declaration', () => {
    expect(momentOfPeriod(incidentOf(), 30, 0)).toBe(minuteOf(0));
  });
});

describe('nextUpdateAt', () => {
  it('is the end of the current period', () => {
    expect(nextUpdateAt(incidentOf(), 30, at(3))).toBe(minuteOf(15));
    expect(nextUpdateAt(incidentOf(), 30, at(15))).toBe(minuteOf(45));
  });

  it('is none when it is resolved', () => {
    const over = incidentOf([[20, { type: 'resolved', by: 'U01ALICE', text: 'Done.' }]]);
    expect(nextUpdateAt(over, 15, at(21))).toBeNull();
  });
});
