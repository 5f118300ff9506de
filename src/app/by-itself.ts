// What runs by itself: schedules, warm candidates, the watch over backups, clocks of incidents, and the reports that follow.
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationCommand } from '../core/command.ts';
import type { System } from '../core/system.ts';
import type { IncidentDeps } from '../incidents/deps.ts';
import { tickIncidents } from '../incidents/tick.ts';
import { within } from '../lib/within.ts';
import type { Deps } from '../operations/deps.ts';
import { heldBackups } from '../operations/held.ts';
import { proposeScheduled } from '../operations/propose.ts';
import { healthNow } from '../platforms/shared/health.ts';
import { createSchedules } from '../progress/schedules.ts';
import { createWarming } from '../progress/warm.ts';
import { createReportRound } from '../reports/write.ts';
import type { Store } from '../store/store.ts';
import { createWatch, type Watch } from '../watch/watch.ts';

/** Rounds that are to be made again and again, each with its pause in ms. */
export type Round = { readonly everyMs: number; readonly work: () => Promise<void> };

const TICK_MS = 1_000;
const REPORT_MS = 5_000;

/** Any number of processes may make them: the store gives each piece of work to one. */
export function roundsOf(deps: Deps, store: Store, incidents: IncidentDeps): Round[] {
  const { log, systems, nextDrill } = deps;
  const now = () => new Date();
  const propose = async (asked: { id: string; command: OperationCommand; system: System }) => {
    const { operation } = await proposeScheduled(deps, asked);
    return operation.id;
  };
  const schedules = createSchedules({
    systems: systems.all,
    schedules: store.schedules,
    propose,
    report: ({ name }, findings) => store.alerts.reconcile(name, ['schedule'], findings),
    log,
    now,
  });
  const warming = createWarming({ systems, operations: store.operations, propose, log, now });
  const reports = createReportRound({ ...store, systems: systems.all, nextDrill, log });
  return [
    { everyMs: TICK_MS, work: () => tickIncidents(incidents, now()) },
    { everyMs: TICK_MS, work: schedules },
    { everyMs: TICK_MS, work: warming },
    { everyMs: REPORT_MS, work: reports },
  ];
}

export function watchOver({ systems, log }: Pick<Deps, 'systems' | 'log'>, store: Store): Watch {
  return createWatch({
    systems,
    alerts: store.alerts,
    incidents: store.incidents,
    operations: store.operations,
    held: (system, ids) => heldBackups(store.operations, system, ids, null),
    healthNow,
    within,
    sleep: async (ms, signal) => {
      await sleep(ms, undefined, { signal });
    },
    now: () => new Date(),
    random: Math.random,
    log,
  });
}
