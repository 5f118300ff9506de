// Time for everything that waits: a sleep that can be interrupted, and the wall clock.
import { setTimeout as timer } from 'node:timers/promises';

/** The time of this machine. What decides about consent and leases is the database's time instead. */
export function now(): Date {
  return new Date();
}

/** Waits. Rejects with the signal's reason as soon as it is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await timer(ms, undefined, signal === undefined ? {} : { signal });
  } catch (thrown) {
    signal?.throwIfAborted();
    throw thrown;
  }
}
