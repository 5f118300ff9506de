// Waiting for something at Heroku: asked again and again, through outages of the API, until it is so.
import { Refusal } from '../../core/errors.ts';
import { sleep } from '../../lib/clock.ts';
import { PASSING } from './api.ts';
import type { Tools } from './tools.ts';

/**
 * Reads, and goes on trying while Heroku cannot be reached: what is under way there goes on as well.
 * Gives up with the last refusal when `patience` is over.
 */
export async function patiently<T>({ options }: Tools, read: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const end = Date.now() + options.patience;
  for (;;) {
    try {
      return await read();
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || !PASSING.includes(thrown.code) || Date.now() > end) throw thrown;
      await sleep(options.poll, signal);
    }
  }
}

/** Reads until `isSo`, for `within` ms at most; then returns what was read last. */
export async function until<T>(
  tools: Tools,
  within: number,
  read: () => Promise<T>,
  isSo: (value: T) => boolean,
  signal: AbortSignal,
): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    const value = await patiently(tools, read, signal);
    if (isSo(value) || Date.now() >= end) return value;
    await sleep(Math.min(tools.options.poll, Math.max(1, end - Date.now())), signal);
  }
}
