// What goes wrong between Holdfast and Slack, per Web API method, when a test says so.

export type Fault =
  /** 429 with Retry-After, in seconds. */
  | { is: 'rate-limited'; retryAfter: number }
  /** Answered with this HTTP status and no JSON; nothing happens in Slack. */
  | { is: 'http'; status: number }
  /** Held back, then carried out: for `ms`, or until `clear`. */
  | { is: 'stall'; ms?: number }
  /** The connection is cut before anything happens. */
  | { is: 'reset' }
  /** Carried out, then the connection is cut before the answer. */
  | { is: 'lost-reply' }
  /** `ok: false` with Slack's word for it: channel_not_found, is_archived, not_in_channel, ratelimited, … */
  | { is: 'refused'; error: string };

/** A Web API method, `response_url`, or `*` for every Web API method. */
export type FaultTarget = string;

export class Faults {
  readonly #queued = new Map<FaultTarget, Fault[]>();
  readonly #standing = new Map<FaultTarget, Fault>();
  readonly #stalled = new Map<() => void, FaultTarget>();

  /** The next `times` calls of the method fail this way. */
  next(method: FaultTarget, fault: Fault, times = 1): void {
    const queue = this.#queued.get(method) ?? [];
    this.#queued.set(method, [...queue, ...Array.from({ length: times }, () => fault)]);
  }

  /** Every call of the method fails this way until `clear`. */
  always(method: FaultTarget, fault: Fault): void {
    this.#standing.set(method, fault);
  }

  /** Ends the faults of one method, or of all, and lets its stalled calls go on. */
  clear(method?: FaultTarget): void {
    if (method === undefined) {
      this.#queued.clear();
      this.#standing.clear();
    } else {
      this.#queued.delete(method);
      this.#standing.delete(method);
    }
    for (const [release, stalledFor] of this.#stalled) if (method === undefined || method === stalledFor) release();
  }

  /** The fault for the call that has just come in. */
  take(method: string): Fault | undefined {
    const wildcard = method === 'response_url' ? [] : ['*'];
    for (const target of [method, ...wildcard]) {
      const fault = this.#queued.get(target)?.shift() ?? this.#standing.get(target);
      if (fault) return fault;
    }
    return undefined;
  }

  /** Returns after `ms`, or when the stall is cleared. */
  stalled(method: string, ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const release = () => {
        clearTimeout(timer);
        this.#stalled.delete(release);
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(release, ms);
      this.#stalled.set(release, method);
    });
  }
}
