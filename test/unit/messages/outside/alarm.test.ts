// The alarm: to be understood half asleep, and within the limits of who carries it.
import { expect, it } from 'vitest';
import { alarm } from '../../../../src/messages/outside/alarm.ts';
import { anIncident, minutes } from '../../notify/outside/an-incident.ts';

it('says in one line what and how bad, and in its details what is due first', () => {
  const { summary, details } = alarm(anIncident(), new Date(minutes(2)));
  expect(summary).toBe('inc-7: DIAGNOSING · LEVEL 1, CRITICAL: GrayLedger: payments fail');
  expect(details).toMatchObject({
    Seen: 'payments fail',
    Now: 'since 13:50 UTC, for 12 min; declared 10 min later. NOBODY has acknowledged it for 2 min.',
    Declared: '2026-11-20 14:00 UTC by On-call engineer (U01ALICE)',
    'Due first': 'Diagnosis: due at 14:05 UTC, in 3 min',
    Operations: 'none yet',
  });
});

it('keeps to the limits, however much was typed', () => {
  const { summary, details } = alarm(anIncident({ seen: 'x\n'.repeat(5000) }), new Date(minutes(2)));
  expect(summary.length).toBeLessThanOrEqual(1024);
  for (const text of [summary, ...Object.values(details)]) {
    expect(text.length).toBeLessThanOrEqual(1024);
    expect(text).not.toContain('\n');
  }
});
