// The incident store: declared once per command, changed under a lock, found by whether it is over.
import { sql } from 'kysely';
import { Fault } from '../core/errors.ts';
import { applyIncident, type Incident, replayIncident } from '../core/incident.ts';
import { chainIncident, type IncidentEntry, type IncidentEvent } from '../core/incident-log.ts';
import type { IncidentStore, NarrateIncident } from '../core/incident-ports.ts';
import { decided } from './decided.ts';
import { during, isRefusedStatement, refusedBy } from './during.ts';
import { incidentsOf, logsOf, projectionOf, recordIncident } from './incident-log.ts';
import { nextNumber } from './numbers.ts';
import type { Db } from './pool.ts';
import { databaseNow, type Tx, transaction } from './transaction.ts';

const UNIQUE_VIOLATION = '23505';

type Declared = Extract<IncidentEvent, { type: 'declared' }>;

export function incidentStore(db: Db, narrate: NarrateIncident): IncidentStore {
  const open = () => db.selectFrom('incidents').select('id').where('resolved_at', 'is', null).orderBy('number');
  const resolved = () => db.selectFrom('incidents').select('id').where('resolved_at', 'is not', null);
  return {
    declare: (event, command) => during('declaring an incident', () => declare(db, narrate, event, command)),
    load: (id) => during(`reading ${id}`, () => firstOf(db, 'id', id)),
    log: (id) => during(`reading the log of ${id}`, async () => (await logsOf(db, [id])).get(id) ?? []),
    change: (id, decide) => change(db, narrate, id, decide),
    open: (system) =>
      during('listing open incidents', async () => {
        return incidentsOf(db, await (system === null ? open() : open().where('system', '=', system)).execute());
      }),
    resolved: (system, limit) =>
      during('listing resolved incidents', async () => {
        const query = resolved().orderBy('resolved_at', 'desc').orderBy('number', 'desc').limit(limit);
        return incidentsOf(db, await (system === null ? query : query.where('system', '=', system)).execute());
      }),
    inChannel: (channel) =>
      during('looking for the incident of a channel', async () => {
        const own = sql<boolean>`type = 'channel' and event ->> 'channel' = ${channel}`;
        const row = await db.selectFrom('incident_log').select('incident').where(own).executeTakeFirst();
        return row === undefined ? null : firstOf(db, 'id', row.incident);
      }),
    resolvedWithin: (hours) =>
      during('listing incidents that were resolved lately', async () => {
        const since = sql<string>`clock_timestamp() - ${hours} * interval '1 hour'`;
        return incidentsOf(db, await resolved().where('resolved_at', '>', since).orderBy('number').execute());
      }),
  };
}

/** When the answer to the commit was lost, or the process died after it, the next try finds the incident by its command. */
async function declare(db: Db, narrate: NarrateIncident, event: Declared, command: string): Promise<Incident> {
  let lost: unknown;
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    try {
      const known = await firstOf(db, 'command', command);
      return known ?? (await transaction(db, (tx) => insert(tx, narrate, event, command)));
    } catch (thrown) {
      const isKnown = refusedBy(thrown, UNIQUE_VIOLATION) === 'incidents_command_key';
      if (isRefusedStatement(thrown) && !isKnown) throw thrown;
      lost = thrown;
    }
  }
  throw lost;
}

async function firstOf(db: Db, column: 'id' | 'command', value: string): Promise<Incident | null> {
  const rows = await db.selectFrom('incidents').select('id').where(column, '=', value).execute();
  const [incident] = await incidentsOf(db, rows);
  return incident ?? null;
}

async function insert(tx: Tx, narrate: NarrateIncident, event: Declared, command: string): Promise<Incident> {
  const id = `inc-${await nextNumber(tx, 'incident_number')}`;
  const now = (await databaseNow(tx)).toISOString();
  // Whoever declares it has a clock of their own: nothing begins after it was declared.
  const startedAt = Date.parse(event.startedAt) > Date.parse(now) ? now : event.startedAt;
  const first = chainIncident(null, id, now, { ...event, startedAt });
  const incident = replayIncident([first]);
  await tx
    .insertInto('incidents')
    .values({ id, command, system: event.system, declared_at: now, ...projectionOf(incident) })
    .execute();
  await recordIncident(tx, incident, [first], narrate);
  return incident;
}

async function change(
  db: Db,
  narrate: NarrateIncident,
  id: string,
  decide: (incident: Incident, now: Date) => readonly IncidentEvent[],
): Promise<Incident> {
  const { incident } = await decided(db, `changing ${id}`, {
    lock: (tx) => locked(tx, id),
    decide: (before, now) => appended(before, decide(before, now), now),
    write: async (tx, { incident: after, entries }) => {
      if (entries.length > 0) await recordIncident(tx, after, entries, narrate);
    },
    holds: (tx, { incident: after }) => holds(tx, after),
  });
  return incident;
}

async function locked(tx: Tx, id: string): Promise<Incident> {
  const rows = await tx.selectFrom('incidents').select('id').where('id', '=', id).forNoKeyUpdate().execute();
  const [incident] = await incidentsOf(tx, rows);
  if (incident === undefined) throw new Fault(`changing ${id}: there is no such incident`);
  return incident;
}

async function holds(tx: Tx, { id, last }: Incident): Promise<boolean> {
  await tx.selectFrom('incidents').select('id').where('id', '=', id).forNoKeyUpdate().execute();
  const entry = await tx.selectFrom('incident_log').select('seq').where('hash', '=', last.hash).executeTakeFirst();
  return entry !== undefined;
}

function appended(before: Incident, events: readonly IncidentEvent[], now: Date) {
  const entries: IncidentEntry[] = [];
  let incident = before;
  for (const event of events) {
    const entry = chainIncident(incident.last, incident.id, now.toISOString(), event);
    incident = applyIncident(incident, entry);
    entries.push(entry);
  }
  return { incident, entries };
}
