// Which operations are the recovery of an incident: they are linked to it when they are planned.
import type { OperationVerb } from '../core/command.ts';
import { reasonOf } from '../core/errors.ts';
import type { Incident } from '../core/incident.ts';
import type { IncidentEvent } from '../core/incident-log.ts';
import { SCHEDULE } from '../core/names.ts';
import type { Operation } from '../core/operation.ts';
import { changesEnvironment } from '../core/plan.ts';
import type { OperationStore } from '../core/ports.ts';
import type { System } from '../core/system.ts';
import type { IncidentDeps } from './deps.ts';

const RECOVERING: readonly OperationVerb[] = ['restore', 'rollback', 'recover', 'undo'];

/**
 * Whether a person has planned it to bring the system back. What is tried out in an unprotected environment meanwhile is not
 * that, unless the system has no other.
 */
export function isRecovery({ plan, requestedBy }: Operation, { name, environments }: System): boolean {
  const guarded = Object.values(environments).some((one) => one.protected);
  const isMeant = plan.system === name && requestedBy !== SCHEDULE && RECOVERING.includes(plan.verb);
  return isMeant && changesEnvironment(plan) && (plan.protected || !guarded);
}

/** The same store, but that whatever is planned there is linked to the open incidents of its system at once. */
export function linking(deps: IncidentDeps, operations: OperationStore): OperationStore {
  return {
    ...operations,
    async create(plan, asked) {
      const operation = await operations.create(plan, asked);
      await linkOperation(deps, operation);
      return operation;
    },
  };
}

/** A second time changes nothing. Never throws: the plan stands already, and the ticker makes up for what fails here. */
async function linkOperation({ incidents, systems, log }: IncidentDeps, operation: Operation): Promise<void> {
  try {
    const system = systems.all.find(({ name }) => name === operation.plan.system);
    if (system === undefined || !isRecovery(operation, system)) return;
    for (const { id } of await incidents.open(system.name)) {
      await incidents.change(id, (incident) => linkEvents(incident, [operation]));
    }
  } catch (thrown) {
    log.warn({ operationId: operation.id, reason: reasonOf(thrown) }, 'operation not linked to its incident');
  }
}

/** `operations` are recoveries of its system. */
export function linkEvents(incident: Incident, operations: readonly Operation[]): IncidentEvent[] {
  if (incident.resolved !== null) return [];
  const unknown = operations.filter(({ id }) => !incident.operations.includes(id));
  return unknown.map(({ id }) => ({ type: 'linked', operation: id }));
}
