// App Home of one person, from what is stored and what the last look at each system has read: opening it asks no provider.
import type { LastLook } from '../core/alert.ts';
import type { IncidentUseCases } from '../core/incident-use-cases.ts';
import type { Home, SystemHome } from '../core/incident-views.ts';
import type { Operation } from '../core/operation.ts';
import type { System } from '../core/system.ts';
import { rolesOf } from '../operations/authority.ts';
import type { Deps } from '../operations/deps.ts';
import type { Store } from '../store/store.ts';

type Given = Pick<Deps, 'systems' | 'people' | 'nextDrill'> & {
  readonly store: Pick<Store, 'operations' | 'incidents' | 'alerts'>;
  readonly incidents: Pick<IncidentUseCases, 'find'>;
  lastLook(system: string): LastLook | null;
};

export async function homeFor(given: Given, user: string, now: Date): Promise<Home> {
  const systems = await Promise.all(given.systems.all.map((system) => systemHome(given, system, now)));
  const open = systems.flatMap((home) => home.open.map((operation) => ({ operation, system: home.system })));
  const waits = await Promise.all(
    open.map(({ operation, system }) => waitsFor(given, operation, system, user).catch(() => false)),
  );
  return {
    at: now.toISOString(),
    systems,
    waiting: open.flatMap(({ operation }, at) => (waits[at] === true ? [operation] : [])),
  };
}

async function systemHome(given: Given, system: System, now: Date): Promise<SystemHome> {
  const { store, incidents, lastLook, nextDrill } = given;
  const { name } = system;
  const [open, known, alerts, proof] = await Promise.all([
    store.operations.open(name),
    store.incidents.open(name),
    store.alerts.open(name),
    store.operations.lastProof(name, null),
  ]);
  const look = lastLook(name);
  const drills = Object.entries(system.drills).flatMap(([drill, { title }]) => {
    const at = nextDrill(system, drill, now);
    return at === null ? [] : [{ title, at }];
  });
  return {
    system,
    backups: look === null ? null : { at: look.at, newest: look.newest },
    proof,
    capability: look?.capability ?? null,
    open,
    incidents: await Promise.all(known.map(({ id }) => incidents.find(id))),
    alerts,
    nextDrill: drills.toSorted((a, b) => a.at.localeCompare(b.at))[0] ?? null,
  };
}

/** Whether this person could decide now: confirm what they asked for, or approve what they did not ask for and have not approved. */
async function waitsFor({ people }: Given, operation: Operation, system: System, user: string): Promise<boolean> {
  const { state, plan, requestedBy, votes } = operation;
  if (state === 'proposed') return requestedBy === user;
  const { consent } = plan;
  if (state !== 'awaiting_approval' || consent.kind !== 'approvals') return false;
  if (votes.some(({ by }) => by === user) || (requestedBy === user && !consent.requesterCounts)) return false;
  return (await rolesOf(people, system, user, consent.roles)).length > 0;
}
