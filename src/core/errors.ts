// The two kinds of error: a Refusal speaks to a person, a Fault names the activity that went wrong.

/**
 * A "no" that a person can act on. Never a defect of ours: the request cannot be served as asked.
 * `why` is one sentence about the cause, `next` one sentence about what to do now. `people` are those whose `<@id>` in the
 * sentences is meant as a mention; any other is shown as text.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  readonly why: string;
  readonly next: string;
  readonly people: readonly string[];

  constructor(code: string, why: string, next: string, people: readonly string[] = []) {
    super(`${why} ${next}`);
    this.code = code;
    this.why = why;
    this.next = next;
    this.people = people;
  }
}

/** Something that should have worked did not. `activity` reads after "while": "reading the backup list of app-x". */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly activity: string;

  constructor(activity: string, options: { cause?: unknown } = {}) {
    super(`while ${activity}${options.cause === undefined ? '' : `: ${reasonOf(options.cause)}`}`, options);
    this.activity = activity;
  }
}

/** The worker's lease on an operation was lost: another worker may own it now, so nothing more may be done or written. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';

  constructor(operation: string) {
    super(`the lease on ${operation} is no longer ours`);
  }
}

/** The message of anything that was thrown, for a person or a log line. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
