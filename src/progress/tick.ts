// Never silent: adds the status update of each period for every operation that changes a protected environment (G24).
import type { OperationStore, Outbox } from '../core/ports.ts';
import { isTold } from './narrate.ts';

type Deps = {
  readonly operations: Pick<OperationStore, 'open'>;
  readonly outbox: Pick<Outbox, 'add'>;
  /** The system's interval in minutes. */
  everyMinutes(system: string): number;
};

/**
 * One round. The n-th update is due n intervals after the proposal. It is added under its number, so two processes add it once;
 * after an outage only the newest missed one is made up, not each of them.
 */
export async function tick({ operations, outbox, everyMinutes }: Deps, now: Date): Promise<void> {
  for (const operation of await operations.open(null)) {
    if (!isTold(operation)) continue;
    const minutes = (now.getTime() - Date.parse(operation.proposedAt)) / 60_000;
    const period = Math.floor(minutes / everyMinutes(operation.plan.system));
    if (period >= 1) await outbox.add(operation.id, { kind: 'update', period });
  }
}
