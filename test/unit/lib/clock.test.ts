// A sleep that ends when it is told to.
import { expect, it } from 'vitest';
import { sleep } from '../../../src/lib/clock.ts';

it('ends a sleep at once, with the reason why', async () => {
  const stop = new AbortController();
  const reason = new Error('lease lost');
  const sleeping = sleep(60_000, stop.signal);
  stop.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  await expect(sleep(60_000, stop.signal)).rejects.toBe(reason);
});

it('sleeps as long as it is asked to', async () => {
  const before = performance.now();
  await sleep(20, new AbortController().signal);
  expect(performance.now() - before).toBeGreaterThan(18);
});
