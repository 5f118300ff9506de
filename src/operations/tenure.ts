// The time during which one worker owns an operation: keeps the lease alive, writes with it, and ends when it is lost.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../core/action.ts';
import { LeaseLost, reasonOf } from '../core/errors.ts';
import type { Event } from '../core/journal.ts';
import { nextMove } from '../core/next-move.ts';
import { isEnded, type Operation, type State } from '../core/operation.ts';
import type { Lease } from '../core/ports.ts';
import type { Deps } from './deps.ts';
import { findOperation } from './find-system.ts';
import { hiddenIn } from './hidden.ts';

export type Tenure = {
  /** Aborted when the lease is lost, the operation was stopped by a person, or the process stops. */
  readonly signal: AbortSignal;
  /** Appends with the fencing token. */
  append(decide: (now: Date, operation: Operation) => readonly Event[]): Promise<Operation>;
  /** Journals progress now and then; never waits, never throws. */
  progress(step: string, progress: Progress): void;
  /** Throws unless the lease is ours for a full period from now. The tenure is over when that cannot be found out. */
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
  { operations, redact, log }: Pick<Deps, 'operations' | 'redact' | 'log'>,
  lease: Lease,
  { seconds, from, stop }: Terms,
): Tenure {
  const lost = new AbortController();
  const signal = AbortSignal.any([lost.signal, stop]);
  let forward = from !== 'unwinding';
  let lastProgress = 0;
  let ours = Date.now();
  let writing: Promise<unknown> = Promise.resolve();

  const renew = async () => {
    const asked = Date.now();
    await operations.renew(lease, seconds);
    ours = asked;
  };

  const beat = async () => {
    try {
      await renew();
      // Somebody cancelled while a step is running: stop waiting for it, so that it can be taken back.
      const { state } = await findOperation(operations, lease.operation);
      if (forward && (state === 'unwinding' || isEnded(state))) lost.abort(new LeaseLost(lease.operation));
    } catch (thrown) {
      log.warn({ operationId: lease.operation, reason: reasonOf(thrown) }, 'lease not renewed');
      // A store that was away for a whole period has not kept the lease for us either.
      if (thrown instanceof LeaseLost || Date.now() - ours > seconds * 1000) lost.abort(thrown);
    }
  };
  const heart = setInterval(() => void beat(), (seconds * 1000) / 3);
  heart.unref();

  return {
    signal,
    async append(decide) {
      const operation = await operations.change(
        lease.operation,
        (then, now) => decide(now, then).map((event) => hiddenIn(event, redact)),
        lease,
      );
      forward = operation.state !== 'unwinding';
      return operation;
    },
    progress(step, { percent, note }) {
      const now = Date.now();
      if (now - lastProgress < PROGRESS_EVERY_MS || signal.aborted) return;
      lastProgress = now;
      const event: Event = hiddenIn({ type: 'step_progress', step, percent, note }, redact);
      writing = writing
        .then(() => operations.change(lease.operation, (then) => (isRunning(then, step) ? [event] : []), lease))
        .catch((thrown: unknown) => {
          log.warn({ operationId: lease.operation, reason: reasonOf(thrown) }, 'progress not journaled');
        });
    },
    async fence() {
      try {
        await renew();
      } catch (thrown) {
        // Not a fault of the step: uncertain means no, and whoever holds the operation next goes on from the journal.
        lost.abort(thrown);
        throw thrown;
      }
      signal.throwIfAborted();
    },
    pause: (ms) => sleep(ms, undefined, { signal }),
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
function isRunning(operation: Operation, step: string): boolean {
  const move = nextMove(operation);
  return move.do === 'probe' && move.step.id === step;
}
