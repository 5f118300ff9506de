// What is left behind is dropped once; what is said of it was read back.
import { describe, expect, it } from 'vitest';
import type { Args, Run } from '../../../src/core/action.ts';
import { dropping } from '../../../src/core/dropping.ts';
import { Fault, Refusal } from '../../../src/core/errors.ts';

const ARGS: Args<'leftover.drop'> = { environment: 'production', name: 'former', identity: '16384' };
/** It looks at the signal only; the rest is for what really drops. */
const run = { signal: new AbortController().signal } as Run;

/** A leftover that is there; `drop` takes it away, unless a test says otherwise. */
function leftover(drop: (take: () => void) => void = (take) => take()) {
  const is = { there: true, dropped: 0 };
  const action = dropping({
    describe: ({ name }) => `DROP ${name}`,
    isThere: async () => is.there,
    async drop() {
      is.dropped += 1;
      drop(() => {
        is.there = false;
      });
    },
  });
  return { is, action };
}

describe('a leftover', () => {
  it('is dropped, and read back that it is gone', async () => {
    const { is, action } = leftover();
    expect(await action.probe(ARGS, run)).toEqual({ is: 'not_happened' });
    expect(await action.do(ARGS, run)).toMatchObject({
      is: 'done',
      evidence: { says: ['former is dropped; read back: it is gone.'] },
    });
    expect(await action.probe(ARGS, run)).toMatchObject({ is: 'happened' });
    expect(is.dropped).toBe(1);
  });

  it('that is gone already is let be', async () => {
    const { is, action } = leftover();
    is.there = false;
    expect(await action.do(ARGS, run)).toMatchObject({
      is: 'done',
      evidence: { says: ['There is no former any more.'] },
    });
    expect(is.dropped).toBe(0);
  });

  it('that is still there afterwards was not dropped, whatever was answered', async () => {
    await expect(leftover(() => {}).action.do(ARGS, run)).rejects.toThrow('reading back that former is gone');
  });

  it('that may not be dropped stays, and that is certain', async () => {
    const { action } = leftover(() => {
      throw new Refusal('in-use', 'Somebody is in it.', 'Ask them.');
    });
    expect(await action.do(ARGS, run)).toMatchObject({ is: 'failed', untouched: true });
  });

  it('that broke off is for the probe', async () => {
    const { action } = leftover((take) => {
      take();
      throw new Fault('dropping');
    });
    await expect(action.do(ARGS, run)).rejects.toThrow('dropping');
    expect(await action.probe(ARGS, run)).toMatchObject({ is: 'happened' });
  });

  it('of which nobody can say whether it is there is not touched', async () => {
    const action = dropping({
      describe: () => 'DROP',
      isThere: () => Promise.reject(new Fault('reading')),
      drop: () => Promise.reject(new Error('it was not to be dropped')),
    });
    expect(await action.do(ARGS, run)).toMatchObject({ is: 'failed', untouched: true });
  });
});
