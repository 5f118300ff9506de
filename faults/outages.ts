// What Holdfast stands on, and the bot itself, dies and comes back while an operation runs: store, queue, bot, all workers.
import { setTimeout as sleep } from 'node:timers/promises';
import { startStory } from '../test/support/story.ts';
import { type Lived, live } from './live.ts';
import { denied, productionRestore, rollback, stagingRestore } from './lives.ts';
import { watchStore } from './sight.ts';

export type Outage = { readonly of: 'store' | 'queue' | 'bot and worker'; readonly ms: number };

export type OutageOptions = {
  readonly outages: number;
  readonly random: () => number;
  readonly say: (line: string) => void;
};

const VICTIMS = ['store', 'queue', 'bot and worker'] as const;
const LONGEST_MS = 8_000;

/** One operation after the other, until so many outages have been. People are done by then: their clicks are not what is tried. */
export async function cutOff({ outages, random, say }: OutageOptions): Promise<readonly Lived<Outage>[]> {
  const { processes, ...story } = await startStory({ rules: { watchSeconds: 1, expiresMinutes: 60 } });
  const { world } = story;
  const { look, close } = watchStore(world.store.url);
  let [holdfast] = processes;
  let left = outages;

  async function outage(n: number): Promise<Outage> {
    const of = VICTIMS[n % VICTIMS.length] ?? 'store';
    const began = Date.now();
    if (of === 'bot and worker') {
      await holdfast?.kill();
      await sleep(random() * LONGEST_MS);
      holdfast = await world.holdfast();
    } else {
      await world[of].kill();
      await sleep(random() * LONGEST_MS);
      await world[of].restart();
    }
    return { of, ms: Date.now() - began };
  }

  const disturb = async (isOver: () => boolean, decided: Promise<void>) => {
    const done: Outage[] = [];
    await decided;
    while (!isOver() && left > 0) {
      await sleep(random() * 3_000);
      if (isOver()) break;
      left -= 1;
      done.push(await outage(left));
    }
    return done;
  };

  const back = rollback();
  const lives = [stagingRestore, back, productionRestore, denied, back];
  const all: Lived<Outage>[] = [];
  try {
    for (let n = 0; left > 0; n += 1) {
      const lived = await live(story, look, lives[n % lives.length] ?? back, (_operation, isOver, decided) =>
        disturb(isOver, decided),
      );
      all.push(lived);
      const { operation, name, blows, questions, wrong } = lived;
      const verdict = wrong.length === 0 ? 'exactly once' : wrong.join('; ');
      say(`${operation} ${name}: ${blows.length} outages, ${questions} questions, ${verdict}; ${left} left`);
    }
    return all;
  } finally {
    await close();
    await story.end();
  }
}
