// An outage of Redis is one line in the log, and its end another.
import { expect, it } from 'vitest';
import { outageLog, RECONNECTING } from '../../../src/queue/redis.ts';

it('says once that Redis is away, and once that it is back', () => {
  const said: string[] = [];
  const say = (_: object, sentence: string) => said.push(sentence);
  const outage = outageLog({ debug: say, info: say, warn: say, error: say }, 'worker');
  outage.up();
  for (let n = 0; n < 5; n += 1) outage.down(new Error('connect ECONNREFUSED'));
  outage.up();
  outage.up();
  outage.down(new Error('again'));
  expect(said).toEqual(['queue server not reached', 'queue server reached again', 'queue server not reached']);
});

it('never stops trying, and never waits longer than 2 seconds', () => {
  const pauses = Array.from({ length: 1000 }, (_, n) => RECONNECTING.retryStrategy(n + 1));
  expect(Math.max(...pauses)).toBe(2_000);
});
