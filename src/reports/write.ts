// Writes the reports that are missing: of drills that have ended and of incidents that are resolved. Survives every restart.
import { reasonOf } from '../core/errors.ts';
import type { Incident } from '../core/incident.ts';
import { lossesOf } from '../core/incident-losses.ts';
import type { IncidentStore, ReportStore } from '../core/incident-ports.ts';
import type { Linked } from '../core/incident-views.ts';
import type { Operation } from '../core/operation.ts';
import type { OperationStore } from '../core/ports.ts';
import type { System } from '../core/system.ts';
import { drillReport } from './drill-report.ts';
import { postMortem } from './post-mortem.ts';

export type WriteDeps = {
  readonly operations: Pick<OperationStore, 'recent' | 'load' | 'journal' | 'lastProof'>;
  readonly incidents: Pick<IncidentStore, 'resolved' | 'log'>;
  readonly reports: Pick<ReportStore, 'of' | 'save'>;
  readonly systems: readonly System[];
  /** When a drill of a system is due after a moment; null when no schedule starts it. */
  nextDrill(system: System, drill: string, after: Date): string | null;
  readonly log: { warn(fields: object, sentence: string): void };
};

/** How many of the newest are looked at in a round. */
const NEWEST = 50;

/**
 * Makes the round that is to be done again and again. What fails hinders nothing else, and is found again; the store takes one
 * report per operation or incident, so two processes write it once.
 */
export function createReportRound(deps: WriteDeps): () => Promise<void> {
  /** What needs no look any more, by operation or incident. */
  const settled = new Set<string>();

  async function settle(subject: string, write: () => Promise<void>): Promise<void> {
    if (settled.has(subject)) return;
    try {
      if ((await deps.reports.of(subject)) === null) await write();
      settled.add(subject);
    } catch (thrown) {
      deps.log.warn({ subject, reason: reasonOf(thrown) }, 'report not written');
    }
  }

  return async () => {
    for (const system of deps.systems) {
      for (const operation of await deps.operations.recent(system.name, NEWEST)) {
        if (isReported(operation)) await settle(operation.id, () => writeDrill(deps, system, operation));
      }
      for (const incident of await deps.incidents.resolved(system.name, NEWEST)) {
        await settle(incident.id, () => writePostMortem(deps, system, incident));
      }
    }
  };
}

/** A drill of which no step was begun has shown nothing. */
function isReported({ plan, steps }: Operation): boolean {
  return plan.verb === 'drill' && Object.values(steps).some(({ startedAt }) => startedAt !== null);
}

async function writeDrill(deps: WriteDeps, system: System, operation: Operation): Promise<void> {
  const entries = await deps.operations.journal(operation.id);
  const proof = await deps.operations.lastProof(system.name, null);
  const nextAt = (drill: string, after: Date) => deps.nextDrill(system, drill, after);
  await deps.reports.save(drillReport({ operation, entries, system, proof, nextAt }));
}

async function writePostMortem(deps: WriteDeps, system: System, incident: Incident): Promise<void> {
  const entries = await deps.incidents.log(incident.id);
  const operations = await linkedOf(deps, incident);
  const losses = lossesOf(
    incident,
    operations.map(({ operation }) => operation),
  );
  await deps.reports.save(postMortem({ incident, entries, operations, losses, system }));
}

async function linkedOf({ operations }: WriteDeps, incident: Incident): Promise<Linked[]> {
  const linked: Linked[] = [];
  for (const id of incident.operations) {
    const operation = await operations.load(id);
    if (operation !== null) linked.push({ operation, entries: await operations.journal(id) });
  }
  return linked;
}
