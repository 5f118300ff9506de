// How fast a channel may be posted to: one message a second, and not at all for a while after a failure.

const BETWEEN_POSTS_MS = 1_000;
/** Seconds of rest after the first, second, … failure in a row. */
const RESTS = [1, 2, 5, 15, 60] as const;
const LONGEST_REST = 60;

/** Seconds to wait after so many failures in a row. */
export function backoffSeconds(failures: number): number {
  return RESTS[Math.max(0, failures - 1)] ?? LONGEST_REST;
}

/** Remembers per channel when it was last posted to and how long it is to be left alone. */
export class ChannelPace {
  readonly #posted = new Map<string, number>();
  readonly #restUntil = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #complained = new Map<string, string>();

  /** Milliseconds until the next message may be posted. */
  msToNextPost(channel: string): number {
    const last = this.#posted.get(channel);
    return last === undefined ? 0 : Math.max(0, last + BETWEEN_POSTS_MS - performance.now());
  }

  /** Whole seconds for which the channel is to be left alone; 0 when it need not. */
  restSeconds(channel: string): number {
    return Math.max(0, Math.ceil(((this.#restUntil.get(channel) ?? 0) - performance.now()) / 1000));
  }

  posted(channel: string): void {
    this.#posted.set(channel, performance.now());
  }

  succeeded(channel: string): void {
    this.#failures.delete(channel);
    this.#complained.delete(channel);
  }

  /** Counts a failure and lets the channel rest, for `atLeast` seconds where Slack asked for that. Returns the seconds. */
  failed(channel: string, atLeast: number): number {
    const failures = (this.#failures.get(channel) ?? 0) + 1;
    this.#failures.set(channel, failures);
    const seconds = Math.max(atLeast, backoffSeconds(failures));
    this.#restUntil.set(channel, performance.now() + seconds * 1000);
    return seconds;
  }

  /** Whether this trouble is new for the channel since the last message that arrived. */
  isNews(channel: string, code: string): boolean {
    if (this.#complained.get(channel) === code) return false;
    this.#complained.set(channel, code);
    return true;
  }
}
