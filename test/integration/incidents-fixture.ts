// The use cases of incidents over a real store, with a system on paper whose people and facts a test can change.
import { afterAll, beforeEach } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import type { EnvironmentFacts } from '../../src/core/facts.ts';
import type { Incident } from '../../src/core/incident.ts';
import type { IncidentEvent } from '../../src/core/incident-log.ts';
import type { IncidentUseCases } from '../../src/core/incident-use-cases.ts';
import type { Operation } from '../../src/core/operation.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { System } from '../../src/core/system.ts';
import type { IncidentDeps } from '../../src/incidents/deps.ts';
import { linking } from '../../src/incidents/link.ts';
import { tickIncidents } from '../../src/incidents/tick.ts';
import { createIncidentUseCases } from '../../src/incidents/use-cases.ts';
import { createNarrateIncident } from '../../src/progress/narrate-incident.ts';
import { environmentFacts, NOW } from '../support/facts.ts';
import { guardedSystem } from '../support/incidents.ts';
import { planOf } from '../support/plans.ts';
import { type OpenStore, startStores } from '../support/stores.ts';

/** May act. */
export const ALICE = 'U01ALICE';
/** Is called, but may not act. */
export const LEAD = 'U09LEAD';
export const STRANGER = 'U05ERIN';

export type Room = {
  readonly store: OpenStore;
  readonly system: System;
  readonly deps: IncidentDeps;
  readonly useCases: IncidentUseCases;
  /** What the platform says of production; null: it does not answer. */
  facts: EnvironmentFacts | null;
  readonly logged: string[];
  declare(overrides?: Partial<Parameters<IncidentUseCases['declare']>[0]>): Promise<Incident>;
  /** One round of the ticker. */
  round(): Promise<void>;
  /** As if everything had happened so many minutes earlier. */
  pass(minutes: number): Promise<void>;
  events(id: string): Promise<IncidentEvent[]>;
  /** A restore of production, waiting for approval. */
  plan(operation: string): Promise<Operation>;
  /** Plans it where incidents are linked. */
  link(plan: Plan): Promise<Operation>;
  end(operation: string): Promise<void>;
};

/** One server per test file, a store per test. */
export async function roomsOfThisFile(): Promise<() => Room> {
  const server = await startStores();
  let room: Room | undefined;
  beforeEach(async () => {
    room = openRoom(await server.open({ narrateIncident: createNarrateIncident([guardedSystem()]) }));
  });
  afterAll(() => server.stop());
  return () => {
    if (room === undefined) throw new Error('no room before the test begins');
    return room;
  };
}

function openRoom(store: OpenStore): Room {
  const system = guardedSystem();
  const logged: string[] = [];
  const facts = async () => {
    if (room.facts === null) throw new Error('the platform does not answer');
    return { at: NOW.toISOString(), environments: { production: room.facts } };
  };
  const deps: IncidentDeps = {
    incidents: store.incidents,
    notices: store.notices,
    outbox: store.outbox,
    alerts: store.alerts,
    operations: store.operations,
    systems: { all: [system], facts, survey: async (_, read) => read },
    systemNamed(name) {
      if (name === system.name) return system;
      throw new Refusal('unknown-system', `There is no system “${name}”.`, 'See `/dr systems`.');
    },
    async requireOperator(_, person) {
      if (person !== ALICE) throw new Refusal('not-an-operator', 'You may look, not act.', 'Ask an operator.');
    },
    log: { warn: (fields, sentence) => logged.push('reason' in fields ? `${sentence}: ${fields.reason}` : sentence) },
  };
  const useCases = createIncidentUseCases(deps);
  let commands = 0;
  const room: Room = {
    ...{ store, system, deps, useCases, logged, facts: environmentFacts('production') },
    declare(overrides = {}) {
      commands += 1;
      const asked = {
        command: `c${commands}`,
        by: ALICE,
        system: system.name,
        level: 1,
        seen: 'Checkout answers 500.',
      };
      return useCases.declare({ ...asked, level: 1, since: null, scenario: null, alert: null, ...overrides });
    },
    round: () => tickIncidents(deps, new Date()),
    async pass(minutes) {
      await store.sql('alter table holdfast.incident_log disable trigger incident_log_append_only');
      const earlier = `- $1 * interval '1 minute'`;
      await store.sql(`update holdfast.incident_log set at = at ${earlier}`, [minutes]);
      await store.sql(
        `update holdfast.incidents set declared_at = declared_at ${earlier}, resolved_at = resolved_at ${earlier}`,
        [minutes],
      );
    },
    events: async (id) => (await store.incidents.log(id)).map(({ event }) => event),
    plan: (operation) => store.operations.create(planOf({ operation }), { by: ALICE, command: operation }),
    link: (plan) => linking(deps, store.operations).create(plan, { by: ALICE, command: plan.operation }),
    async end(operation) {
      await store.operations.change(operation, () => [
        { type: 'stopped', outcome: 'cancelled', why: 'nobody needs it', by: ALICE },
        { type: 'finished', outcome: 'cancelled' },
      ]);
    },
  };
  return room;
}

/** The refusal as a person reads it. */
export async function refused(work: Promise<unknown>): Promise<string> {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof Refusal) return thrown.message;
  throw new Error(`not refused: ${String(thrown)}`);
}
