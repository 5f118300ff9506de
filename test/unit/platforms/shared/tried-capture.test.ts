// A backup of what is damaged: wanted, but never a reason not to recover.
import { describe, expect, it } from 'vitest';
import type { Action, Args, Outcome, Run } from '../../../../src/core/action.ts';
import { Fault, Refusal } from '../../../../src/core/errors.ts';
import { done, failed } from '../../../../src/core/outcomes.ts';
import { triedCapture } from '../../../../src/platforms/shared/tried-capture.ts';
import { targetOf } from '../../../support/facts.ts';
import { systemOf } from '../../../support/system.ts';

type A = Args<'backup.capture'>;

const args: A = { environment: 'production', target: targetOf('production'), kind: 'preimage' };
const stop = new AbortController();
const run: Run = {
  system: systemOf(),
  operation: 'op-1',
  step: 's1',
  signal: stop.signal,
  before: null,
  outputs: {},
  progress: () => {},
  fence: async () => {},
  neededBy: async () => null,
};
const capturing = (act: () => Promise<Outcome>): Action<A> =>
  triedCapture({
    describe: () => '',
    do: act,
    probe: async () => ({ is: 'not_happened' }),
    undo: { not: 'a backup more does no harm' },
  });
const may = { ...args, mayFail: true } as const;

describe('a backup of what is damaged', () => {
  it.each([
    ['fails', async () => failed('the data is damaged')],
    ['breaks off', () => Promise.reject(new Fault('the data is damaged'))],
    ['is refused', () => Promise.reject(new Refusal('no-room', 'the data is damaged', 'Make room.'))],
  ])('that %s is told as a warning, and the operation goes on', async (_how, act) => {
    const outcome = await capturing(act).do(may, run);
    expect(outcome.is).toBe('done');
    expect(outcome.evidence.says.join()).toMatch(/^No backup of what is there could be made: .*the data is damaged/);
    expect(outcome.evidence.checks).toMatchObject([{ status: 'warn' }]);
  });

  it('that is made is what it is', async () => {
    const made = done(['b001 finished'], { backup: 'b001' });
    expect(await capturing(async () => made).do(may, run)).toBe(made);
  });

  it('that is asked for by itself fails as it always did', async () => {
    const broken = new Fault('reading');
    expect(await capturing(async () => failed('damaged')).do(args, run)).toMatchObject({ is: 'failed' });
    await expect(capturing(() => Promise.reject(broken)).do(args, run)).rejects.toBe(broken);
  });

  it('hides no defect of ours, and no stop', async () => {
    const defect = new TypeError('undefined is not a function');
    await expect(capturing(() => Promise.reject(defect)).do(may, run)).rejects.toBe(defect);
    stop.abort(new Error('the process stops'));
    await expect(capturing(() => Promise.reject(new Fault('reading'))).do(may, run)).rejects.toThrow(
      'the process stops',
    );
  });
});
