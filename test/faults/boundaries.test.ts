// Workers that die or sleep directly before and after what they write, and whatever else dies: each effect happens once (30-32, 43).
// `npm run faults -- --kills 1000` does it for longer.
import { expect, it } from 'vitest';
import { strikeWorkers } from '../../faults/kills.ts';
import { cutOff } from '../../faults/outages.ts';
import { randomFrom } from '../../faults/random.ts';

const MINUTES = 60_000;
const say = (line: string) => void process.stdout.write(`    ${line}\n`);
const usual = { random: randomFrom(1), say };

it('are followed by others who do what was not done, and nothing twice', { timeout: 10 * MINUTES }, async () => {
  const lived = await strikeWorkers({ ...usual, blow: 'kill', where: 'boundary', blows: 16 });
  expect(lived.flatMap(({ blows }) => blows)).toHaveLength(16);
  expect(lived.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
});

it('that sleep find out when they wake that others have gone on', { timeout: 10 * MINUTES }, async () => {
  const lived = await strikeWorkers({ ...usual, blow: 'freeze', where: 'boundary', blows: 6 });
  expect(lived.flatMap(({ blows }) => blows)).toHaveLength(6);
  expect(lived.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
});

it('store, queue and bot that die in turn hold up the work, and no more', { timeout: 10 * MINUTES }, async () => {
  const lived = await cutOff({ ...usual, outages: 3 });
  expect(lived.flatMap(({ blows }) => blows.map(({ of }) => of)).sort()).toEqual(['bot and worker', 'queue', 'store']);
  expect(lived.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
});
