// Workers are killed or put to sleep while they work, at their journal entries or at any moment.
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, type Story, startStory } from '../test/support/story.ts';
import { type Crew, crewOf } from './crew.ts';
import { type Lived, live } from './live.ts';
import { boundariesOf, denied, type Life, productionRestore, rollback, stagingRestore } from './lives.ts';
import { type Look, watchStore } from './sight.ts';
import { type Boundary, type Caught, layTraps, type Traps } from './trap.ts';

/** `kill`: SIGKILL, and another process in its place. `freeze`: SIGSTOP, and SIGCONT when somebody else has gone on. */
export type Blow = 'kill' | 'freeze';

export type Struck = {
  /** Null: at a random moment, in the middle of whatever it did. */
  readonly boundary: Boundary | null;
  /** Until another worker held the operation; null when there was nothing left to do. */
  readonly resumedMs: number | null;
};

export type KillOptions = {
  readonly blows: number;
  readonly blow: Blow;
  /** `boundary`: directly before and after each journal entry. `random`: at any moment. */
  readonly where: 'boundary' | 'random';
  readonly random: () => number;
  readonly say: (line: string) => void;
};

const WORKERS = 3;
/** Nobody holds it then, until a person says something. */
const WAITING = ['proposed', 'awaiting_approval', 'needs_human'];

/** Disturbs operations, one in staging beside one in production, until so many blows have fallen. */
export async function strikeWorkers(options: KillOptions): Promise<readonly Lived<Struck>[]> {
  const { processes, ...story } = await startStory({
    roles: ['bot', ...Array.from({ length: WORKERS }, () => 'worker' as const)],
    rules: { watchSeconds: 1, expiresMinutes: 60 },
  });
  const traps = await layTraps(story.world.store.url);
  const { look, close } = watchStore(story.world.store.url);
  try {
    const crew = crewOf(story, processes.slice(1));
    const harness: Harness = { story, traps, look, crew, options, left: options.blows };
    const back = rollback();
    // What runs at first is broken: a restore would be healthy only behind a rollback.
    const inProduction = [back, productionRestore, denied, back];
    const lived = await Promise.all([
      liveOn(harness, () => stagingRestore),
      liveOn(harness, (n) => inProduction[n % inProduction.length] ?? back),
    ]);
    await crew.settled();
    return lived.flat();
  } finally {
    await close();
    await traps.close();
    await story.end();
  }
}

type Harness = {
  readonly story: Story;
  readonly traps: Traps;
  readonly look: Look;
  readonly crew: Crew;
  readonly options: KillOptions;
  /** Blows that are still to fall. */
  left: number;
};

async function liveOn(harness: Harness, nth: (n: number) => Life): Promise<Lived<Struck>[]> {
  const { story, look, options, traps } = harness;
  const all: Lived<Struck>[] = [];
  for (let n = 0; harness.left > 0; n += 1) {
    const lived = await live(story, look, nth(n), (operation, isOver) => strikeOn(harness, operation, isOver));
    await traps.clear(lived.operation);
    all.push(lived);
    const { operation, name, blows, questions, wrong } = lived;
    const verdict = wrong.length === 0 ? 'exactly once' : wrong.join('; ');
    options.say(
      `${operation} ${name}: ${blows.length} blows, ${questions} questions, ${verdict}; ${harness.left} left`,
    );
  }
  return all;
}

async function strikeOn(harness: Harness, operation: string, isOver: () => boolean): Promise<Struck[]> {
  const { options, story, traps } = harness;
  const done: Struck[] = [];
  if (options.where === 'boundary') await traps.set(operation, await boundariesOf(story, operation));
  while (!isOver()) {
    const caught =
      options.where === 'boundary' ? await traps.next(operation, isOver) : await anyMoment(harness, operation);
    if (caught === null) continue;
    const { pid } = caught;
    if (pid === null || harness.left <= 0) {
      await caught.release();
      continue;
    }
    harness.left -= 1;
    const resumedMs = await strike(harness, operation, pid, caught);
    if (resumedMs === 'was dead already') harness.left += 1;
    else done.push({ boundary: caught.boundary, resumedMs });
  }
  return done;
}

type AnyMoment = { readonly boundary: null; readonly pid: number | null; release(): Promise<void> };

async function anyMoment({ options, look }: Harness, operation: string): Promise<AnyMoment> {
  await sleep(50 + options.random() * 3_000);
  return { boundary: null, pid: (await look(operation))?.pid ?? null, release: async () => {} };
}

/** Resolves to the milliseconds until another worker has it; to null when there was nothing left to do. */
async function strike(
  { look, crew, options }: Harness,
  operation: string,
  pid: number,
  caught: Caught | AnyMoment,
): Promise<number | null | 'was dead already'> {
  const struck = Date.now();
  const resume = async () => {
    const now = await look(operation);
    if (now === null) return null;
    if (now.pid !== null && now.pid !== pid) return Date.now() - struck;
    const waits = now.pid === null && WAITING.includes(now.state);
    return now.hasEnded || waits ? 'nothing to do' : null;
  };
  const fell = options.blow === 'freeze' || (await crew.kill(pid));
  if (options.blow === 'freeze') crew.freeze(pid);
  await caught.release();
  if (!fell) return 'was dead already';
  try {
    const resumed = await eventually(`somebody to go on with ${operation}`, resume, 60_000);
    return typeof resumed === 'number' ? resumed : null;
  } finally {
    if (options.blow === 'freeze') crew.wake(pid);
  }
}
