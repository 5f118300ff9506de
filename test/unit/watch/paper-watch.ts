// A watch over systems on paper: alerts in memory as the store keeps them, and a clock that moves when it is told to.
import type { Alert, Finding } from '../../../src/core/alert.ts';
import type { Facts, Offsite, Proof } from '../../../src/core/facts.ts';
import type { Incident } from '../../../src/core/incident.ts';
import type { AlertStore } from '../../../src/core/incident-ports.ts';
import type { Operation } from '../../../src/core/operation.ts';
import type { System } from '../../../src/core/system.ts';
import type { Vitals } from '../../../src/core/vitals.ts';
import { createWatch, type Watch, type WatchDeps } from '../../../src/watch/watch.ts';
import { factsOf, NOW, proofOf } from '../../support/facts.ts';

const never = new AbortController().signal;

type PaperClock = {
  now(): Date;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Lets so much time go by, waking whoever sleeps, in order. */
  advance(ms: number): Promise<void>;
  /** As somebody who corrects the machine's clock: nobody wakes. */
  setBack(ms: number): void;
  readonly sleepers: number;
};

function paperClock(): PaperClock {
  let shift = 0;
  let time = NOW.getTime();
  const sleeping = new Set<{ readonly at: number; wake(): void }>();
  const settled = async () => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: () => new Date(time - shift),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const one = { at: time + ms, wake: resolve };
        sleeping.add(one);
        const abort = () => {
          sleeping.delete(one);
          reject(signal.reason);
        };
        if (signal.aborted) abort();
        signal.addEventListener('abort', abort, { once: true });
      }),
    async advance(ms) {
      const until = time + ms;
      for (;;) {
        await settled();
        const [next] = [...sleeping].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        time = Math.max(time, next.at);
        sleeping.delete(next);
        next.wake();
      }
      time = until;
    },
    setBack(ms) {
      shift += ms;
    },
    get sleepers() {
      return sleeping.size;
    },
  };
}

/** Keeps what was raised and what is over, each once. */
function memoryAlerts(clock: PaperClock): AlertStore & { readonly all: Alert[]; failing: boolean } {
  const all: Alert[] = [];
  const keyOf = ({ environment, kind, about }: Finding) => `${environment} ${kind} ${about}`;
  const openOf = (system: string) => all.filter((alert) => alert.overAt === null && alert.system === system);
  const store = {
    all,
    failing: false,
    async reconcile(system: string, kinds: readonly Alert['kind'][], findings: readonly Finding[]) {
      const at = clock.now().toISOString();
      for (const alert of openOf(system)) {
        const finding = findings.find((one) => keyOf(one) === keyOf(alert));
        if (finding !== undefined) Object.assign(alert, finding, { seenAt: at });
        else if (kinds.includes(alert.kind)) Object.assign(alert, { overAt: at });
      }
      const known = new Set(openOf(system).map(keyOf));
      for (const finding of findings.filter((one) => !known.has(keyOf(one)))) {
        all.push({ ...finding, id: `al-${all.length + 1}`, system, raisedAt: at, seenAt: at, overAt: null });
      }
      return openOf(system);
    },
    raised: async () => [],
    load: async (id: string) => all.find((alert) => alert.id === id) ?? null,
    async open(system: string | null) {
      if (store.failing) throw new Error('the store does not answer');
      return structuredClone(openOf(system ?? ''));
    },
  };
  return store;
}

type Paper = {
  readonly clock: PaperClock;
  readonly alerts: ReturnType<typeof memoryAlerts>;
  /** When each system was read, in minutes since the beginning. */
  readonly reads: Record<string, number[]>;
  /** What a platform says; replaced by a test. */
  facts: (system: System) => Promise<Facts>;
  /** Null where the platform has none. */
  vitals: (() => Promise<Vitals>) | null;
  /** Null where no place out of the house is named. */
  offsite: () => Promise<Offsite | null>;
  health: () => { ok: boolean; text: string };
  resolved: Incident | null;
  proof: Proof | null;
  ended: Operation[];
  readonly warnings: string[];
  /** Another process. */
  watch(): Watch;
  /** The kinds of the alerts that are open, with what they are about. */
  open(): string[];
};

export function paperWatch(systems: readonly System[]): Paper {
  const clock = paperClock();
  const paper: Paper = {
    clock,
    alerts: memoryAlerts(clock),
    reads: {},
    facts: async () => factsOf(),
    vitals: null,
    offsite: async () => null,
    health: () => ({ ok: true, text: 'answered 200 in 3 ms' }),
    resolved: null,
    proof: proofOf('a007'),
    ended: [],
    warnings: [],
    watch: () => createWatch(depsOf(paper, systems)),
    open: () =>
      paper.alerts.all
        .filter(({ overAt }) => overAt === null)
        .map(({ kind, about }) => (about === '' ? kind : `${kind}/${about}`)),
  };
  return paper;
}

function depsOf(paper: Paper, systems: readonly System[]): WatchDeps {
  const { clock } = paper;
  return {
    systems: {
      all: systems,
      platformOf: () => (paper.vitals === null ? {} : { vitals: paper.vitals }),
      offsite: () => paper.offsite(),
      facts(system) {
        const minutes = (clock.now().getTime() - NOW.getTime()) / 60_000;
        paper.reads[system.name] = [...(paper.reads[system.name] ?? []), Math.round(minutes * 10) / 10];
        return paper.facts(system);
      },
    },
    alerts: paper.alerts,
    incidents: { resolved: async () => (paper.resolved === null ? [] : [paper.resolved]) },
    operations: { lastProof: async () => paper.proof, recent: async () => paper.ended },
    held: async () => ({ proven: [], inUse: [] }),
    healthNow: async () => paper.health(),
    within: (ms, work, late) => Promise.race([work, clock.sleep(ms, never).then(() => Promise.reject(late()))]),
    now: clock.now,
    sleep: clock.sleep,
    random: () => 0.5,
    log: { warn: (fields, sentence) => paper.warnings.push(`${sentence} ${JSON.stringify(fields)}`) },
  };
}
