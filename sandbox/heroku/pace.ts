// How long the provider takes for its work: slow enough to watch, or fast enough to test.

export type PaceName = 'fast' | 'real';
export type Pace = { restoreMs: number; captureMs: number; addonMs: number; releaseMs: number; trafficMs: number };

export const paces: Record<PaceName, Pace> = {
  real: { restoreMs: 6_000, captureMs: 3_000, addonMs: 4_000, releaseMs: 1_000, trafficMs: 2_000 },
  fast: { restoreMs: 1_000, captureMs: 500, addonMs: 500, releaseMs: 300, trafficMs: 1_000 },
};
