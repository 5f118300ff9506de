// Several connections that load one database together: whoever is free takes the next piece; the first error stops all.
import type { Secret } from '../../core/secret.ts';
import { type Lane, type LaneOptions, openLane } from './lane.ts';

/** Opens `jobs` connections, hands them to `use` and closes them whatever happens. */
export async function withCrew<T>(
  secret: Secret,
  options: LaneOptions & { readonly jobs: number },
  use: (crew: Crew) => Promise<T>,
): Promise<T> {
  const lanes: Lane[] = [];
  try {
    for (let job = 0; job < options.jobs; job += 1) lanes.push(await openLane(secret, options));
    const crew = new Crew(lanes);
    const result = await use(crew);
    await crew.idle();
    return result;
  } catch (thrown) {
    // A connection that was cut because we were told to stop is not the reason.
    options.signal.throwIfAborted();
    throw thrown;
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
  }
}

export class Crew {
  readonly size: number;
  readonly #free: Lane[];
  #failure: { readonly thrown: unknown } | null = null;
  #change = Promise.withResolvers<void>();

  constructor(lanes: readonly Lane[]) {
    this.size = lanes.length;
    this.#free = [...lanes];
  }

  /** Returns when a connection has begun with it. Throws what an earlier piece threw. */
  async start(work: (lane: Lane) => Promise<void>): Promise<void> {
    for (;;) {
      if (this.startNow(work)) return;
      await this.changed();
    }
  }

  /** Does nothing and returns false when no connection is free. */
  startNow(work: (lane: Lane) => Promise<void>): boolean {
    this.throwFailure();
    const lane = this.#free.pop();
    if (lane === undefined) return false;
    const ended = (failure: { thrown: unknown } | null) => {
      this.#failure ??= failure;
      this.#free.push(lane);
      this.wake();
    };
    work(lane).then(
      () => ended(null),
      (thrown: unknown) => ended({ thrown }),
    );
    return true;
  }

  /** Returns when all work that was begun is done. */
  async idle(): Promise<void> {
    while (this.#failure === null && this.#free.length < this.size) await this.changed();
    this.throwFailure();
  }

  /** Runs all the pieces, as many at once as there are connections. */
  async runAll<T>(pieces: readonly T[], work: (lane: Lane, piece: T) => Promise<void>): Promise<void> {
    for (const piece of pieces) await this.start((lane) => work(lane, piece));
    await this.idle();
  }

  /** The next time that a piece of work ends or `wake` is called. Throws what a piece threw. */
  async changed(): Promise<void> {
    await this.#change.promise;
    this.throwFailure();
  }

  wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  /** Throws what an earlier piece of work threw. */
  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.thrown;
  }
}
