// An alert: one kind of thing, how fast it must be answered, and what a button may hold.
import { describe, expect, it } from 'vitest';
import { ALERTS, Alert, ANSWER_WITHIN, Finding, Severity } from '../../../src/core/alert.ts';

const finding = {
  kind: 'missing',
  environment: 'production',
  severity: 'critical',
  text: 'Database backup missing for 2025-11-21.',
  remedy: { label: 'Take a backup now', command: 'backup --system grayledger' },
};

describe('a finding', () => {
  it('is about the environment as a whole unless told otherwise', () => {
    expect(Finding.parse(finding)).toEqual({ ...finding, about: '' });
    expect(Finding.parse({ ...finding, about: 'daily-verify' }).about).toBe('daily-verify');
  });

  it.each([
    ['a kind that nobody knows', { kind: 'coffee' }],
    ['a severity that nobody answers to', { severity: 'urgent' }],
    ['a button that Slack would cut', { remedy: { label: 'x'.repeat(41), command: 'backup' } }],
    ['no environment', { environment: '' }],
  ])('with %s is none', (_what, wrong) => {
    expect(Finding.safeParse({ ...finding, ...wrong }).success).toBe(false);
  });

  it('is of each kind that the runbooks name: P15, F19, G5, S14', () => {
    const asked = ['missing', 'failed', 'old', 'size', 'retention', 'restore-test', 'disk', 'lag', 'pool'];
    expect(ALERTS).toEqual(expect.arrayContaining(asked));
  });
});

it('is answered at once when critical, within four hours as a warning, else whenever there is time (F19)', () => {
  expect(Severity.options.map((severity) => ANSWER_WITHIN[severity])).toEqual([0, 240, null]);
});

it('is told apart from others by its number', () => {
  const at = '2025-11-21T14:00:00.000Z';
  const alert = { ...finding, about: '', id: 'al-12', system: 'grayledger', raisedAt: at, seenAt: at, overAt: null };
  expect(Alert.parse(alert)).toEqual(alert);
  expect(Alert.safeParse({ ...alert, id: 'op-12' }).success).toBe(false);
});
