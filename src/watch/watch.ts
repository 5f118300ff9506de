// Looks at every system again and again, each for itself, and keeps its alerts in line with what was found (P15, F19, G5).
import type { LastLook } from '../core/alert.ts';
import { reasonOf } from '../core/errors.ts';
import type { AlertStore, IncidentStore } from '../core/incident-ports.ts';
import type { Systems } from '../core/ports.ts';
import type { System } from '../core/system.ts';
import { confirmed } from './confirm.ts';
import { keyOf } from './finding.ts';
import { type LookDeps, lookAt } from './look.ts';
import { isWatchedClosely, secondsBetween } from './rhythm.ts';

export type WatchDeps = LookDeps & {
  readonly systems: Pick<Systems, 'all'>;
  readonly alerts: Pick<AlertStore, 'open' | 'reconcile'>;
  readonly incidents: Pick<IncidentStore, 'resolved'>;
  /** Rejects when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 to 1: not every system is looked at in the same second. */
  random(): number;
  readonly log: { warn(fields: object, sentence: string): void };
};

export type Watch = {
  /** What the last look at a system's backups has read; null before there was one that could. */
  latest(system: string): LastLook | null;
  /** Returns at once. `stop` ends it without waiting for a platform: a look that is under way writes nothing any more. */
  start(): { stop(): Promise<void> };
};

/** The first look comes within so long (ms) after the start. */
const FIRST_MS = 10_000;
/** When the store did not answer. */
const AGAIN_SECONDS = 30;

/**
 * Any number of processes may watch: the store raises each alert once. Of the kind `schedule` it knows nothing, so it never
 * declares one over.
 */
export function createWatch(deps: WatchDeps): Watch {
  const latest = new Map<string, LastLook>();

  async function round(system: System, closely: boolean, found: Found, signal: AbortSignal): Promise<void> {
    const open = await deps.alerts.open(system.name);
    const { kinds, findings, last } = await lookAt(deps, system, { open, closely });
    if (signal.aborted) return;
    if (last !== null) latest.set(system.name, last);
    await deps.alerts.reconcile(system.name, kinds, confirmed(findings, found.keys, open));
    found.keys = new Set(findings.map(keyOf));
  }

  /** Looks when it is time, and returns for how many seconds there is nothing to do. */
  async function turn(system: System, found: Found, signal: AbortSignal): Promise<number> {
    const began = deps.now();
    const [resolved] = await deps.incidents.resolved(system.name, 1);
    const closely = isWatchedClosely(system, resolved ?? null, began);
    const seconds = secondsBetween(system, closely);
    const left = secondsUntil(found.at, began, seconds);
    if (left > 0) return Math.min(left, secondsBetween(system, true));
    await round(system, closely, found, signal);
    found.at = began;
    // An incident may be resolved meanwhile: then the next look comes sooner.
    return secondsBetween(system, true);
  }

  async function watch(system: System, signal: AbortSignal): Promise<void> {
    const found: Found = { at: null, keys: new Set() };
    let pauseMs = deps.random() * FIRST_MS;
    for (;;) {
      await deps.sleep(pauseMs, signal);
      try {
        pauseMs = 1000 * (await turn(system, found, signal));
      } catch (thrown) {
        if (signal.aborted) return;
        deps.log.warn({ system: system.name, reason: reasonOf(thrown) }, 'system not looked at');
        pauseMs = 1000 * Math.min(AGAIN_SECONDS, secondsBetween(system, true));
      }
    }
  }

  return {
    latest: (system) => latest.get(system) ?? null,
    start() {
      const stopping = new AbortController();
      const { signal } = stopping;
      // Each ends by the rejection of its sleep.
      for (const system of deps.systems.all) void watch(system, signal).catch(() => {});
      return { stop: async () => stopping.abort() };
    },
  };
}

/** When a system was last looked at, and the keys of what was found. */
type Found = { at: Date | null; keys: ReadonlySet<string> };

/** The next look. A clock that was set back makes it due. */
function secondsUntil(at: Date | null, now: Date, seconds: number): number {
  const since = at === null ? seconds : (now.getTime() - at.getTime()) / 1000;
  return since < 0 ? 0 : seconds - since;
}
