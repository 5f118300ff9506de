// The time during which one worker owns an operation: keeps the lease alive, writes with it, and ends when it is lost.
import type { Progress } from '../core/action.ts';
import { LeaseLost, reasonOf } from '../core/errors.ts';
import type { Event } from '../core/journal.ts';
import { isEnded, type Operation, type State } from '../core/operation.ts';
import type { Lease } from '../core/ports.ts';
import type { Deps } from './deps.ts';

export type Tenure = {
  /** Aborted when the lease is lost, the operation was stopped by a person, or the process stops. */
  readonly signal: AbortSignal;
  /** Appends with the fencing token. */
  append(decide: (now: Date, operation: Operation) => readonly Event[]): Promise<Operation>;
  /** Journals progress now and then; never waits, never throws. */
  progress(step: string, progress: Progress): void;
  /** Throws LeaseLost unless the lease is ours for a full period from now. */
  fence(): Promise<void>;
  /** Waits, or throws when the tenure ends. */
  pause(ms: number): Promise<void>;
  end(): Promise<void>;
};

const PROGRESS_EVERY_MS = 2000;

type Terms = {
  readonly seconds: number;
  /** The state in which the tenure begins. */
  readonly from: State;
  /** Aborted when the process stops. */
  readonly stop: AbortSignal;
};

/** Begins a tenure with a lease that was just claimed. */
export function hold(
  { operations, log }: Pick<Deps, 'operations' | 'log'>,
  lease: Lease,
  { seconds, from, stop }: Terms,
): Tenure {
  const lost = new AbortController();
  const signal = AbortSignal.any([lost.signal, stop]);
  let forward = from !== 'unwinding';
  let lastProgress = 0;
  let writing: Promise<unknown> = Promise.resolve();

  const beat = async () => {
    try {
      await operations.renew(lease, seconds);
      // Somebody cancelled while a step is running: stop waiting for it, so that it can be taken back.
      const state = (await operations.load(lease.operation))?.state;
      if (forward && state !== undefined && (state === 'unwinding' || isEnded(state)))
        lost.abort(new LeaseLost(lease.operation));
    } catch (thrown) {
      log.warn({ operationId: lease.operation, reason: reasonOf(thrown) }, 'lease not renewed');
      if (thrown instanceof LeaseLost) lost.abort(thrown);
    }
  };
  const heart = setInterval(() => void beat(), (seconds * 1000) / 3);
  heart.unref();

  return {
    signal,
    async append(decide) {
      const operation = await operations.change(lease.operation, (then, now) => decide(now, then), lease);
      forward = operation.state !== 'unwinding';
      return operation;
    },
    progress(step, { percent, note }) {
      const now = Date.now();
      if (now - lastProgress < PROGRESS_EVERY_MS || signal.aborted) return;
      lastProgress = now;
      const event: Event = { type: 'step_progress', step, percent, note };
      writing = writing
        .then(() => operations.change(lease.operation, (then) => (isRunning(then, step) ? [event] : []), lease))
        .catch((thrown: unknown) => {
          log.warn({ operationId: lease.operation, reason: reasonOf(thrown) }, 'progress not journaled');
        });
    },
    fence: () => operations.renew(lease, seconds),
    pause: (ms) => pause(ms, signal),
    async end() {
      clearInterval(heart);
      await writing;
      await operations.release(lease).catch((thrown: unknown) => {
        log.warn({ operationId: lease.operation, reason: reasonOf(thrown) }, 'lease not released, it will lapse');
      });
    },
  };
}

/** Going forward, and at this step: progress of anything else is not worth a line in the journal. */
function isRunning({ state, steps }: Operation, step: string): boolean {
  return state !== 'unwinding' && !isEnded(state) && steps[step]?.state === 'running';
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
