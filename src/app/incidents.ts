// What the use cases of incidents need to know of systems, people and the store.
import type { IncidentDeps } from '../incidents/deps.ts';
import { requireOperator } from '../operations/authority.ts';
import type { Deps } from '../operations/deps.ts';
import { bySystemName } from '../operations/find-system.ts';
import type { Store } from '../store/store.ts';

export function incidentDepsOf(given: Pick<Deps, 'people' | 'systems' | 'log'>, store: Store): IncidentDeps {
  const { people, systems, log } = given;
  return {
    incidents: store.incidents,
    notices: store.notices,
    outbox: store.outbox,
    alerts: store.alerts,
    operations: store.operations,
    systems,
    systemNamed: (name) => bySystemName(systems.all, name),
    requireOperator: (system, person) => requireOperator(people, system, person),
    log,
  };
}
