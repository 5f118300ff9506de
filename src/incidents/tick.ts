// Never silent: looks after every incident that is open, or whose work has not ended, and adds what time has brought.
import { reasonOf } from '../core/errors.ts';
import type { Incident } from '../core/incident.ts';
import { notifiersFor } from '../core/incident-notices.ts';
import { momentOfPeriod, periodAt } from '../core/incident-periods.ts';
import { CHECKLISTS } from '../core/incident-rules.ts';
import type { Operation } from '../core/operation.ts';
import type { System } from '../core/system.ts';
import { dueEvents } from './clocks.ts';
import type { IncidentDeps } from './deps.ts';
import type { Told } from './evidence.ts';
import { isRecovery, linkEvents } from './link.ts';
import { linkedOf } from './sight.ts';

/** After the last reminder was due, for as long as nobody may have been up to give it. */
const GRACE_HOURS = 30 * 24;

/**
 * One round. Everything that it adds is added once, also by two processes: events under the lock of the incident, updates by
 * the number of their period. What fails for one incident hinders no other, and is tried in the next round.
 */
export async function tickIncidents(deps: IncidentDeps, now: Date): Promise<void> {
  const { incidents, operations, systems } = deps;
  const longest = Math.max(0, ...systems.all.flatMap((system) => system.incidents.followUpHours));
  const [open, over] = await Promise.all([incidents.open(null), incidents.resolvedWithin(longest + GRACE_HOURS)]);
  if (open.length + over.length === 0) return;
  const underWay = open.length === 0 ? [] : await operations.open(null);
  for (const incident of [...open, ...over]) {
    const system = systems.all.find(({ name }) => name === incident.system);
    if (system === undefined) continue;
    try {
      await lookAfter(deps, incident, system, underWay, now);
    } catch (thrown) {
      deps.log.warn({ incident: incident.id, reason: reasonOf(thrown) }, 'incident not looked after');
    }
  }
}

async function lookAfter(
  deps: IncidentDeps,
  incident: Incident,
  system: System,
  underWay: readonly Operation[],
  now: Date,
): Promise<void> {
  const recoveries = underWay.filter((operation) => isRecovery(operation, system));
  const linked = linkEvents(incident, recoveries);
  const after = linked.length === 0 ? incident : await link(deps, incident, recoveries);
  const operations = await linkedOf(deps, after);
  const given = { system, operations, told: await toldOf(deps, after, system) };
  if (dueEvents({ ...given, incident: after, now }).length > 0) {
    // Decided anew under the lock, and at the database's time.
    await deps.incidents.change(incident.id, (then, at) => dueEvents({ ...given, incident: then, now: at }));
  }
  if (incident.resolved === null) await update(deps, incident, system, now);
}

function link({ incidents }: IncidentDeps, { id }: Incident, recoveries: readonly Operation[]): Promise<Incident> {
  return incidents.change(id, (then) => linkEvents(then, recoveries));
}

/** Asked only for as long as an item of a checklist waits for it. */
async function toldOf({ outbox, notices }: IncidentDeps, incident: Incident, system: System): Promise<Told | null> {
  const { ticks, id } = incident;
  const waits = CHECKLISTS.some((list) => {
    return system.incidents.checklists[list].some(
      ({ seen }, item) => seen === 'notified' && !(`${list}:${item}` in ticks),
    );
  });
  if (!waits) return null;
  const [card, outside] = await Promise.all([outbox.cardOf(id), notices.of(id)]);
  return { card: card !== null, notices: outside };
}

/** The update of the newest period; and for the public its sentence, unless a person has told it something meanwhile (G24). */
async function update({ outbox, notices }: IncidentDeps, incident: Incident, system: System, now: Date): Promise<void> {
  const { everyMinutes } = system.updates;
  const period = periodAt(incident, everyMinutes, now);
  if (period < 1) return;
  await outbox.add(incident.id, { kind: 'update', period });
  const from = momentOfPeriod(incident, everyMinutes, period - 1);
  const to = momentOfPeriod(incident, everyMinutes, period);
  if (incident.words.some(({ public: isPublic, at }) => isPublic && at > from && at <= to)) return;
  for (const notifier of notifiersFor('ongoing', incident, system)) {
    await notices.add(incident.id, { is: 'ongoing', seq: period, notifier });
  }
}
