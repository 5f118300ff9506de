// The last proven restore: too long ago, never, or the last attempt failed (P15, B3).
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../src/core/operation.ts';
import { restoreTestOf } from '../../../src/watch/restore-test.ts';
import { daysAgo, NOW, proofOf } from '../../support/facts.ts';
import { planOf, stepOf } from '../../support/plans.ts';
import { systemOf } from '../../support/system.ts';

const system = systemOf();
const rehearsal = stepOf('s1', { action: 'backup.rehearse', effect: 'read' });
type Plan = Operation['plan'];

/** An operation that ended an hour ago. */
function ended(overrides: Partial<Operation> & { readonly plan?: Plan }): Operation {
  const plan = overrides.plan ?? planOf({ verb: 'verify', command: '/dr verify a008 --deep', steps: [rehearsal] });
  const stopped = { outcome: 'failed', why: 'step 3 failed: entries: 12 rows, 4800 expected', by: null } as const;
  const made: Partial<Operation> = { id: 'op-41', state: 'failed', endedAt: daysAgo(0, 1), stopped };
  return { ...made, plan, ...overrides } as Operation;
}

const ok = (overrides: Partial<Operation> = {}) => ended({ state: 'succeeded', stopped: null, ...overrides });
const judge = (proof: ReturnType<typeof proofOf> | null, ...all: Operation[]) =>
  restoreTestOf(system, { proof, ended: all }, NOW);

describe('the last proof', () => {
  const limit = Date.parse(daysAgo(35));
  const at = (ms: number) => proofOf('a007', { at: new Date(limit + ms).toISOString() });

  it.each([
    ['a moment within its days', 1, false],
    ['exactly its days ago', 0, false],
    ['a moment longer ago', -1, true],
  ])('%s', (_when, ms, isFound) => {
    expect(judge(at(ms)) !== null).toBe(isFound);
  });

  it('that is too old is a warning that says which one it was, with the button that proves one', () => {
    expect(judge(at(-1))).toEqual({
      kind: 'restore-test',
      environment: 'production',
      about: '',
      severity: 'warning',
      text: 'No restore was proven within 35 d: the last one was of a007, 2025-10-17 13:59 UTC.',
      remedy: { label: 'Verify', command: 'verify --deep --system grayledger' },
    });
  });

  it('that never was is said so', () => {
    expect(judge(null)?.text).toBe('No restore was proven within 35 d: no restore was ever proven.');
  });
});

describe('a restore test that failed', () => {
  it('is critical, with the reason', () => {
    expect(judge(proofOf('a007'), ended({}))).toMatchObject({
      severity: 'critical',
      text: 'op-41 (/dr verify a008 --deep) failed at 2025-11-21 13:00 UTC: step 3 failed: entries: 12 rows, 4800 expected.',
      remedy: { label: 'Verify', command: 'verify --deep --system grayledger' },
    });
    expect(judge(null, ended({}))?.severity).toBe('critical');
  });

  it.each(['warm', 'drill'] as const)('may be a %s', (verb) => {
    expect(judge(proofOf('a007'), ended({ plan: planOf({ verb }) }))?.severity).toBe('critical');
  });

  it('is over with a proof that came after it, or a test that went well', () => {
    expect(judge(proofOf('a008', { at: daysAgo(0, 0.5) }), ended({}))).toBeNull();
    expect(judge(proofOf('a007'), ok(), ended({ id: 'op-40' }))).toBeNull();
    expect(judge(proofOf('a007'), ended({}), ok({ id: 'op-40' }))).not.toBeNull();
  });

  it('is passed over where it was cancelled or ran out of time: that tells nothing', () => {
    const cancelled = ended({ state: 'cancelled' });
    expect(judge(proofOf('a007'), cancelled)).toBeNull();
    expect(judge(proofOf('a007'), cancelled, ended({ id: 'op-40' }))?.text).toContain('op-40');
  });

  it('is no other operation that failed', () => {
    expect(judge(proofOf('a007'), ended({ plan: planOf() }))).toBeNull();
  });

  it('is none without an end or a reason', () => {
    expect(judge(proofOf('a007'), ended({ endedAt: null }))).toBeNull();
    expect(judge(proofOf('a007'), ended({ stopped: null }))).toBeNull();
  });
});
