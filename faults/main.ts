// Attacks a running Holdfast and counts from outside what came of it: `npm run faults -- --kills 1000`.
import { parseArgs } from 'node:util';
import { percentilesOf } from '../bench/percentiles.ts';
import { type Counted, forge, replay } from './forged.ts';
import { type KillOptions, type Struck, strikeWorkers } from './kills.ts';
import type { Lived } from './live.ts';
import { cutOff } from './outages.ts';
import { randomFrom } from './random.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '0' },
    'random-kills': { type: 'string', default: '0' },
    freezes: { type: 'string', default: '0' },
    outages: { type: 'string', default: '0' },
    forged: { type: 'string', default: '0' },
    replays: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});
const random = randomFrom(Number(values.seed));
const say = (line: string) => console.log(line);

await strike('workers killed directly before and after journal entries', values.kills, 'kill', 'boundary');
await strike('workers killed at random moments', values['random-kills'], 'kill', 'random');
await strike('workers frozen until another one has gone on', values.freezes, 'freeze', 'boundary');
if (Number(values.outages) > 0) {
  say(`store, queue and Holdfast itself killed and started again: ${values.outages}`);
  const lived = await cutOff({ outages: Number(values.outages), random, say });
  report(lived, ({ of }) => of);
}

if (Number(values.forged) > 0) {
  const counted = await forge(Number(values.forged), random);
  say(`forged requests: ${values.forged}`);
  reportCounted(counted, 0);
}
if (Number(values.replays) > 0) {
  const { genuine, ...counted } = await replay(Number(values.replays));
  say(`deliveries of ${genuine} genuine requests: ${values.replays}`);
  reportCounted(counted, genuine);
}

/** `commands`: how many there may be. */
function reportCounted({ statuses, commands, operations }: Counted, genuine: number): void {
  for (const [status, count] of statuses) say(`  answered ${status}: ${count}`);
  say(`commands in the store ${commands}, ${genuine} expected; operations ${operations}`);
  if (commands !== genuine || operations !== 0) process.exitCode = 1;
}

async function strike(
  title: string,
  count: string,
  blow: KillOptions['blow'],
  where: KillOptions['where'],
): Promise<void> {
  const blows = Number(count);
  if (blows === 0) return;
  say(`${title}: ${blows}`);
  const lived = await strikeWorkers({ blow, where, blows, random, say });
  report(lived, ({ boundary }) => (boundary === null ? 'any moment' : `${boundary.side} ${boundary.type}`));
  reportResumed(lived);
}

function report<Blow>(lived: readonly Lived<Blow>[], whereOf: (blow: Blow) => string): void {
  const blows = lived.flatMap((life) => life.blows);
  say('');
  say(`operations ${lived.length}, blows ${blows.length}`);
  for (const [where, there] of Map.groupBy(blows, whereOf)) say(`  ${where}: ${there.length}`);
  const wrong = lived.filter((life) => life.wrong.length > 0);
  say(`not exactly once: ${wrong.length}`);
  for (const life of wrong) say(`  ${life.operation} ${life.name}: ${life.wrong.join('; ')}`);
  say(`questions to a person: ${lived.reduce((sum, { questions }) => sum + questions, 0)}`);
  if (wrong.length > 0) process.exitCode = 1;
}

function reportResumed(lived: readonly Lived<Struck>[]): void {
  const resumed = lived.flatMap(({ blows }) => blows.flatMap(({ resumedMs }) => resumedMs ?? []));
  const { p50, p99, max } = percentilesOf(resumed);
  const late = resumed.filter((ms) => ms > 6_000).length;
  say(`taken up again: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms, ${late} of ${resumed.length} later than 6 s`);
}
