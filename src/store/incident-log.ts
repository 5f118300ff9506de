// The logs of incidents: read and replayed, and written with all that follows from them. One transaction.
import { type Incident, replayIncident } from '../core/incident.ts';
import type { IncidentEntry } from '../core/incident-log.ts';
import type { AddressedNotice, NarrateIncident } from '../core/incident-ports.ts';
import type { Db } from './pool.ts';
import { addTellings } from './tellings.ts';
import type { Tx } from './transaction.ts';

/** As it was written: parsing would add members that later versions have defaults for, and break the hashes of older entries. */
export async function logsOf(
  db: Db | Tx,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly IncidentEntry[]>> {
  const rows = await db
    .selectFrom('incident_log')
    .select(['incident', 'seq', 'at', 'event', 'previous', 'hash'])
    .where('incident', 'in', ids.length === 0 ? [''] : ids)
    .orderBy('incident')
    .orderBy('seq')
    .execute();
  return Map.groupBy(rows, ({ incident }) => incident);
}

/** The incidents of these rows, in their order, replayed. */
export async function incidentsOf(db: Db | Tx, rows: readonly { readonly id: string }[]): Promise<Incident[]> {
  const ids = rows.map(({ id }) => id);
  const logs = await logsOf(db, ids);
  return ids.map((id) => replayIncident(logs.get(id) ?? []));
}

/** `after` is the incident with these entries applied; its row is locked by this transaction, or was inserted by it. */
export async function recordIncident(
  tx: Tx,
  after: Incident,
  entries: readonly IncidentEntry[],
  narrate: NarrateIncident,
): Promise<void> {
  await tx
    .insertInto('incident_log')
    .values(entries.map(({ event, ...entry }) => ({ ...entry, type: event.type, event: JSON.stringify(event) })))
    .execute();
  await tx.updateTable('incidents').set(projectionOf(after)).where('id', '=', after.id).execute();
  const { tellings, notices } = narrate(after, entries);
  await addTellings(tx, after.id, tellings);
  await addNotices(tx, after.id, notices);
}

/** What is kept beside the log so that it can be searched for. */
export function projectionOf({ level, last, resolved }: Incident) {
  return { level, last_seq: last.seq, resolved_at: resolved?.at ?? null };
}

/** Adds what is not there. */
export async function addNotices(db: Db | Tx, incident: string, notices: readonly AddressedNotice[]): Promise<void> {
  if (notices.length === 0) return;
  await db
    .insertInto('notices')
    .values(notices.map(({ notifier, is, seq }) => ({ incident, notifier, what: is, seq })))
    .onConflict((conflict) => conflict.columns(['incident', 'notifier', 'what', 'seq']).doNothing())
    .execute();
}
