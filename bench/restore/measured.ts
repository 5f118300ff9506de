// What was measured: of one run of a variant, and of all its runs.
import type { Seen } from './poller.ts';

export type Measured = {
  /** Seconds of each phase. */
  readonly phases: Readonly<Record<string, number>>;
  /** Of Holdfast's process, in bytes. */
  readonly peaks: Readonly<Record<string, number>>;
  /** What was not as it must be; empty when all was. */
  readonly wrong: readonly string[];
  /** By clients, of each swap or restore: by its name. */
  readonly seen: Readonly<Record<string, Seen>>;
};

export const nothing: Measured = { phases: {}, peaks: {}, wrong: [], seen: {} };

/** By variant, in the order of the rounds. */
export type Runs = ReadonlyMap<string, readonly Measured[]>;

/** Not a number where there is nothing. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
