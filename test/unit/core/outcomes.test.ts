// How an action says how it ended, and what is certain when it could not even be prepared.
import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/core/action.ts';
import { Fault, Refusal } from '../../../src/core/errors.ts';
import { done, failed, prepared, untouched, unverified } from '../../../src/core/outcomes.ts';

const going: Pick<Run, 'signal'> = { signal: new AbortController().signal };

/** `prepared` looks at nothing but the signal. */
function preparing<T>(run: Pick<Run, 'signal'>, prepare: () => Promise<T>) {
  return prepared(run as Run, prepare);
}

describe('an outcome', () => {
  it('says whether anything was changed', () => {
    expect(done(['read back'])).toMatchObject({
      is: 'done',
      evidence: { says: ['read back'], checks: [] },
      output: null,
    });
    expect(unverified('no answer')).toMatchObject({ is: 'unverified', why: 'no answer', output: null });
    expect(failed('half done')).toMatchObject({ is: 'failed', untouched: false });
    expect(untouched('refused')).toMatchObject({ is: 'failed', untouched: true });
  });
});

describe('what is prepared before anything is changed', () => {
  it('is handed on when it succeeds', async () => {
    expect(await preparing(going, async () => 7)).toEqual({ value: 7 });
  });

  it.each([new Refusal('no', 'It may not.', 'Ask.'), new Fault('reading')])(
    'leaves everything as it was: %s',
    async (thrown) => {
      expect(await preparing(going, () => Promise.reject(thrown))).toMatchObject({ refused: { untouched: true } });
    },
  );

  it('does not hide a defect of ours', async () => {
    await expect(preparing(going, () => Promise.reject(new TypeError('ours')))).rejects.toThrow('ours');
  });

  it('is no refusal when we were stopped', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    await expect(preparing(stop, () => Promise.reject(new Fault('reading')))).rejects.toThrow('stopped');
  });
});
