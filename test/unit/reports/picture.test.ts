// The picture of the past drills: which drills, in which order, and what each label says.
import { describe, expect, it } from 'vitest';
import { pointsOf } from '../../../src/reports/picture-points.ts';
import { pictureOf } from '../../../src/reports/picture-spec.ts';
import { pastDrill } from './drills.ts';

const labels = (drills: Parameters<typeof pointsOf>[0]) => pointsOf(drills).map(({ label }) => label);

describe('the points', () => {
  it('say the minutes, and in words what is no success', () => {
    const drills = [
      pastDrill(0, { seconds: 204 }),
      pastDrill(1, { seconds: 4300, result: 'unverified' }),
      pastDrill(2, { seconds: null, result: 'fail' }),
      pastDrill(3, { seconds: null }),
      pastDrill(4, { seconds: 90_000, result: 'none' }),
    ];
    expect(labels(drills)).toEqual(['3.4', '72 UNVERIFIED', 'FAIL', 'not measured', '1,500 DOES NOT COUNT']);
  });

  it('keep what was not measured apart from zero', () => {
    expect(pointsOf([pastDrill(0, { seconds: null, bytes: null })])).toMatchObject([
      { minutes: null, height: 0, size: 0, sizeLabel: 'unknown' },
    ]);
    expect(pointsOf([{ ...pastDrill(0), figures: null }])).toMatchObject([{ minutes: null, rto: null, size: 0 }]);
  });

  it('are the newest 24, and then have room for numbers only', () => {
    const points = pointsOf(
      Array.from({ length: 30 }, (_, number) => pastDrill(number, number === 9 ? { bytes: null } : {})),
    );
    expect(points).toHaveLength(24);
    expect(points[0]).toMatchObject({ name: '2024-07-05', sizeLabel: '235' });
    expect(points[3]?.sizeLabel).toBe('?');
  });

  it('name the operation where one day had two', () => {
    const at = '2025-03-07T10:00:00.000Z';
    const names = pointsOf([pastDrill(1, { at }), pastDrill(2, { at }), pastDrill(3)]).map(({ name }) => name);
    expect(names).toEqual(['2025-03-07 op-101', '2025-03-07 op-102', '2024-04-05']);
  });

  it.each([
    [12_000_000_000, 'GB', 12],
    [245_000_000, 'MB', 245],
    [96_000, 'kB', 96],
    [0, 'kB', 0],
  ])('show %d bytes in %s', (bytes, unit, size) => {
    expect(pointsOf([pastDrill(0, { bytes })])).toMatchObject([{ unit, size }]);
  });
});

describe('the picture', () => {
  it('is not there without drills', () => {
    expect(pictureOf([])).toBeNull();
  });

  it('says in words what it shows', () => {
    const drills = [pastDrill(0, { result: 'fail' }), pastDrill(1, { seconds: 750 })];
    expect(pictureOf(drills)?.alt).toBe(
      'Monthly drill of GrayLedger: newest recovery 12 min, RTO 1 h; 1 of 2 drills passed',
    );
  });

  it('says what is not known', () => {
    expect(pictureOf([pastDrill(0, { seconds: null, rto: null })])?.alt).toBe(
      'Monthly drill of GrayLedger: newest recovery not measured, no RTO is stated; 1 of 1 drills passed',
    );
  });

  it('has an RTO line only where one is stated', () => {
    const text = (rto: number | null) => JSON.stringify(pictureOf([pastDrill(0, { rto })])?.spec);
    expect(text(60)).toContain('RTO 1 h');
    expect(text(null)).not.toContain('strokeDash');
  });

  it('has a shape and a word for each result, not a colour alone', () => {
    const results = ['pass', 'fail', 'unverified', 'none'] as const;
    const text = JSON.stringify(pictureOf(results.map((result, number) => pastDrill(number, { result })))?.spec);
    expect(text).toContain(
      '"domain":["PASS","FAIL","UNVERIFIED","DOES NOT COUNT"],"range":["circle","cross","triangle-up","square"]',
    );
  });

  it('keeps the highest point and the word above it inside', () => {
    const domainOf = (many: number) => {
      const drills = Array.from({ length: many }, (_, number) => pastDrill(number, { result: 'none', seconds: 6000 }));
      return Number(/"domain":\[0,([\d.]+)\]/.exec(JSON.stringify(pictureOf(drills)?.spec))?.[1]);
    };
    // Beside each other the words stand upright: higher than the point by their length.
    expect(domainOf(3)).toBeGreaterThan(110);
    expect(domainOf(24)).toBeGreaterThan(200);
  });
});
