// Starts Holdfast's process and has it carry out one part at a time, so that its memory is its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Answer, type Done, type Job } from './jobs.ts';

export type Holdfast = {
  /** Throws when the part could not be carried out to its end. */
  run(job: Job): Promise<Done>;
  stop(): Promise<void>;
};

export function startHoldfast(dir: string): Holdfast {
  // As `npm start` starts it.
  const child = fork(fileURLToPath(new URL('holdfast-main.ts', import.meta.url)), [dir], {
    stdio: 'inherit',
    execArgv: ['--max-semi-space-size=8'],
    env: { ...process.env, MALLOC_ARENA_MAX: '2' },
  });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`Holdfast's process ended (${code})`);
  });
  // Only while a part is waited for it matters.
  gone.catch(() => {});
  return {
    async run(job) {
      const answered = once(child, 'message');
      child.send(job);
      const [message] = await Promise.race([answered, gone]);
      const answer = Answer.parse(message);
      if ('error' in answer) throw new Error(answer.error);
      return answer.done;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await gone.catch(() => {});
    },
  };
}
