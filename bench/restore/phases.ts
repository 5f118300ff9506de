// Measures the phases of a part one after the other: how long each takes, and how large the process gets meanwhile.
export type Phases = {
  /** Begins a phase; what it returns ends it. */
  begin(name: string): () => void;
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Seconds, and the largest resident set of this process in bytes. */
  measured(): { readonly phases: Record<string, number>; readonly peaks: Record<string, number> };
};

const SAMPLE_MS = 20;

export function startPhases(): Phases {
  const phases: Record<string, number> = {};
  const peaks: Record<string, number> = {};
  const begin = (name: string) => {
    const sample = () => {
      peaks[name] = Math.max(peaks[name] ?? 0, process.memoryUsage.rss());
    };
    const sampler = setInterval(sample, SAMPLE_MS);
    const began = performance.now();
    return () => {
      phases[name] = (performance.now() - began) / 1000;
      sample();
      clearInterval(sampler);
    };
  };
  return {
    begin,
    async phase(name, work) {
      const end = begin(name);
      try {
        return await work();
      } finally {
        end();
      }
    },
    measured: () => ({ phases, peaks }),
  };
}
