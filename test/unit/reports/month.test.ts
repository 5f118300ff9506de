// A month beside the one before it: what is counted, what is compared, and what is not known.
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../src/core/alert.ts';
import type { Proof } from '../../../src/core/facts.ts';
import { lossesOf } from '../../../src/core/incident-losses.ts';
import { type MonthInput, monthFigures } from '../../../src/reports/month.ts';
import { incidentOf } from '../../support/incidents.ts';
import { drillSystem, PROOF, pastDrill } from './drills.ts';

const empty: MonthInput = {
  system: drillSystem(),
  month: '2025-11',
  drills: [],
  proofs: [],
  incidents: [],
  alerts: null,
};

const drill = (day: string, number: number, rest: Parameters<typeof pastDrill>[1] = {}) =>
  pastDrill(number, { at: `${day}T10:31:00.000Z`, ...rest });
const proof = (day: string): Proof => ({ ...PROOF, at: `${day}T03:00:00.000Z` });
const alert = (day: string): Alert => ({
  id: 'al-1',
  system: 'grayledger',
  environment: 'production',
  kind: 'old',
  about: '',
  severity: 'critical',
  text: 'old',
  remedy: null,
  raisedAt: `${day}T03:00:00.000Z`,
  seenAt: `${day}T03:00:00.000Z`,
  overAt: null,
});
const incident = (seen: string, minutes: number | null) => {
  const resolved = { type: 'resolved', by: 'U01ALICE', text: 'rolled back' } as const;
  const one = incidentOf(minutes === null ? [] : [[minutes, resolved]], { seen });
  return { incident: one, losses: lossesOf(one, []) };
};

describe('a month', () => {
  const input: MonthInput = {
    ...empty,
    drills: [
      drill('2025-11-28', 3, { seconds: 900, bytes: 250_000_000 }),
      drill('2025-11-07', 2, { seconds: 700, bytes: 240_000_000 }),
      drill('2025-11-14', 4, { result: 'fail', seconds: null, bytes: null }),
      drill('2025-10-03', 1, { seconds: 600, bytes: 230_000_000 }),
      { ...drill('2025-11-09', 5), system: 'suoops' },
      { ...drill('2025-11-09', 6), kind: 'post-mortem' },
    ],
    proofs: [proof('2025-11-01'), proof('2025-11-30'), proof('2025-12-01'), proof('2025-10-31')],
    incidents: [incident('checkout <b>answers</b> 500', 40), incident('it is slow', null)],
    alerts: [alert('2025-11-02'), alert('2025-10-02'), alert('2025-10-03')],
  };

  it('is counted in UTC, of this system only', () => {
    expect(monthFigures(input, '2025-11')).toEqual({
      month: '2025-11',
      drills: 3,
      drillsPassed: 2,
      proofs: 2,
      recoverySeconds: 900,
      medianRecoverySeconds: 800,
      backupBytes: 250_000_000,
      incidents: 2,
      downSeconds: null,
      detectSeconds: 600,
      recoverSeconds: 2400,
      alerts: 1,
    });
    expect(monthFigures(input, '2025-10')).toMatchObject({
      month: '2025-10',
      drills: 1,
      medianRecoverySeconds: 600,
      proofs: 1,
      alerts: 2,
    });
  });

  it('adds up how long our own steps kept the application closed', () => {
    const closed = incident('down', 5);
    const withDowntime = { ...closed, losses: { ...closed.losses, downSeconds: 90 } };
    const figures = monthFigures({ ...empty, incidents: [withDowntime, withDowntime, closed] }, '2025-11');
    expect(figures.downSeconds).toBe(180);
  });
});

describe('a month without anything', () => {
  it('has measured nothing', () => {
    expect(monthFigures(empty, '2025-11')).toMatchObject({
      drills: 0,
      recoverySeconds: null,
      medianRecoverySeconds: null,
      backupBytes: null,
      detectSeconds: null,
      recoverSeconds: null,
      alerts: null,
    });
  });

  it('counts a drill that was not measured', () => {
    const bare = { ...drill('2025-11-07', 1), figures: null };
    const figures = monthFigures({ ...empty, drills: [bare] }, '2025-11');
    expect(figures).toMatchObject({ drills: 1, recoverySeconds: null, backupBytes: null });
  });
});
