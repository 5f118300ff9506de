// The two kinds of error: a Refusal speaks to a person, a Fault names the activity and keeps its cause.
import { describe, expect, it } from 'vitest';
import { Fault, LeaseLost, Refusal, reasonOf } from '../../../src/core/errors.ts';

describe('a refusal', () => {
  it('says why, and what to do next', () => {
    const refusal = new Refusal('no-backup', 'There is no backup.', 'Take one with `/dr backup`.');
    expect(refusal).toMatchObject({
      name: 'Refusal',
      code: 'no-backup',
      why: 'There is no backup.',
      next: 'Take one with `/dr backup`.',
      message: 'There is no backup. Take one with `/dr backup`.',
    });
  });
});

describe('a fault', () => {
  it('names the activity and keeps the cause', () => {
    const cause = new Error('connection reset');
    const fault = new Fault('reading the backups', { cause });
    expect(fault).toMatchObject({ name: 'Fault', activity: 'reading the backups', cause });
    expect(fault.message).toBe('while reading the backups: connection reset');
  });

  it('names the activity alone when there is no cause', () => {
    expect(new Fault('reading the backups').message).toBe('while reading the backups');
    expect(new Fault('reading the backups').cause).toBeUndefined();
  });
});

describe('a lost lease', () => {
  it('names the operation', () => {
    expect(new LeaseLost('op-7')).toMatchObject({ name: 'LeaseLost', message: 'the lease on op-7 is no longer ours' });
  });
});

describe('the reason of what was thrown', () => {
  it.each([
    [new Error('no route'), 'no route'],
    ['a string', 'a string'],
    [undefined, 'undefined'],
    [404, '404'],
  ])('%s', (thrown, reason) => {
    expect(reasonOf(thrown)).toBe(reason);
  });
});
