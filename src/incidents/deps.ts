// What the use cases of incidents stand on: handed in by the composition root.
import type { AlertStore, IncidentStore, Notices } from '../core/incident-ports.ts';
import type { OperationStore, Outbox, Systems } from '../core/ports.ts';
import type { System } from '../core/system.ts';

export type IncidentDeps = {
  readonly incidents: IncidentStore;
  readonly notices: Pick<Notices, 'add' | 'of'>;
  readonly outbox: Pick<Outbox, 'add' | 'cardOf'>;
  readonly alerts: Pick<AlertStore, 'load'>;
  readonly operations: Pick<OperationStore, 'load' | 'journal' | 'open' | 'lastProof'>;
  readonly systems: Pick<Systems, 'all' | 'facts' | 'survey'>;
  /** Throws Refusal when there is none of that name. */
  systemNamed(name: string): System;
  /** Throws Refusal unless the person may act on this system. */
  requireOperator(system: System, person: string): Promise<void>;
  readonly log: { warn(fields: object, sentence: string): void };
};
