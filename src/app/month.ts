// A month of a system in figures, from what is stored.
import { lossesOf } from '../core/incident-losses.ts';
import type { MonthFigures } from '../core/incident-views.ts';
import type { System } from '../core/system.ts';
import { monthFigures } from '../reports/month.ts';
import type { Store } from '../store/store.ts';

/** So many of the newest are looked through. */
const NEWEST = 1_000;

/** `month`: `2026-11`, in UTC. */
export async function monthOf(store: Store, system: System, month: string): Promise<MonthFigures> {
  const from = new Date(`${month}-01T00:00:00.000Z`);
  const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1)).toISOString();
  const [drills, proofs, alerts, open, resolved] = await Promise.all([
    store.reports.list(system.name, 'drill', NEWEST),
    store.operations.proofs(system.name, from.toISOString(), to),
    store.alerts.raised(system.name, from.toISOString(), to),
    store.incidents.open(system.name),
    store.incidents.resolved(system.name, NEWEST),
  ]);
  const incidents = await Promise.all(
    [...open, ...resolved].map(async (incident) => {
      const operations = await Promise.all(incident.operations.map((id) => store.operations.load(id)));
      return {
        incident,
        losses: lossesOf(
          incident,
          operations.filter((operation) => operation !== null),
        ),
      };
    }),
  );
  return monthFigures({ system, month, drills, proofs, incidents, alerts }, month);
}
