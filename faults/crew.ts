// The workers that are killed and put to sleep, and those that take the place of the dead.
import type { HoldfastProcess } from '../sandbox/holdfast.ts';
import { eventually, type Story } from '../test/support/story.ts';

export type Crew = {
  /** SIGKILL, and another worker in its place, which is not waited for. False: it was dead already. */
  kill(pid: number): Promise<boolean>;
  /** SIGSTOP, until it was woken as often as it was put to sleep: two of its operations may be disturbed at once. */
  freeze(pid: number): void;
  wake(pid: number): void;
  /** Waits until every worker that was to take somebody's place runs. */
  settled(): Promise<void>;
};

/** `first` run already. */
export function crewOf(story: Story, first: readonly HoldfastProcess[]): Crew {
  const workers = new Map(first.map((worker) => [worker.pid, worker]));
  const dead = new Set<number>();
  const asleep = new Map<number, number>();
  let hiring: Promise<void> = Promise.resolve();
  return {
    async kill(pid) {
      // One that has just begun may work before it is known here.
      const found = await eventually(`worker ${pid}`, async () => dead.has(pid) || workers.get(pid), 60_000);
      if (found === true || dead.has(pid)) return false;
      dead.add(pid);
      workers.delete(pid);
      await found.kill();
      hiring = hiring.then(async () => {
        const worker = await story.world.holdfast('worker');
        workers.set(worker.pid, worker);
        // Numbers of processes come again.
        dead.delete(worker.pid);
      });
      return true;
    },
    freeze(pid) {
      asleep.set(pid, (asleep.get(pid) ?? 0) + 1);
      process.kill(pid, 'SIGSTOP');
    },
    wake(pid) {
      const left = (asleep.get(pid) ?? 1) - 1;
      asleep.set(pid, left);
      if (left === 0) process.kill(pid, 'SIGCONT');
    },
    settled: () => hiring,
  };
}
