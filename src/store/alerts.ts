// Alerts: one for as long as the same thing lasts, whoever looks and however often; each change is told.
import { type Selectable, sql } from 'kysely';
import type { Alert, Finding } from '../core/alert.ts';
import type { AlertStore, NarrateAlert } from '../core/incident-ports.ts';
import { canonical } from '../core/json.ts';
import { during } from './during.ts';
import { nextNumber } from './numbers.ts';
import type { Db } from './pool.ts';
import type { Tables } from './tables.ts';
import { addTellings } from './tellings.ts';
import { databaseNow, type Tx, transaction } from './transaction.ts';

type Row = Selectable<Tables['alerts']>;
type Key = Pick<Finding, 'kind' | 'environment' | 'about'>;

/** Looks come one after the other, or two of them could raise the same thing. Any number that nobody else uses. */
const LOCK = 46_533_280;

export function alertStore(db: Db, narrate: NarrateAlert): AlertStore {
  return {
    reconcile: (system, kinds, findings) =>
      during(`bringing the alerts of ${system} up to date`, () =>
        transaction(db, (tx) => reconcile(tx, narrate, system, kinds, findings)),
      ),
    load: (id) =>
      during(`reading ${id}`, async () => {
        const row = await db.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
        return row === undefined ? null : alertOf(row);
      }),
    open: (system) =>
      during('listing open alerts', async () => {
        const query = openRows(db);
        return (await (system === null ? query : query.where('system', '=', system)).execute()).map(alertOf);
      }),
    raised: (system, from, to) =>
      during('listing alerts', async () => {
        const rows = db.selectFrom('alerts').selectAll().where('system', '=', system);
        const within = rows.where('raised_at', '>=', from).where('raised_at', '<', to);
        return (await within.orderBy('number').execute()).map(alertOf);
      }),
  };
}

/** Returns those that last. */
async function reconcile(
  tx: Tx,
  narrate: NarrateAlert,
  system: string,
  kinds: readonly Alert['kind'][],
  findings: readonly Finding[],
): Promise<readonly Alert[]> {
  const { open, now } = await looked(tx, system);
  const found = new Map(findings.map((finding) => [keyOf(finding), finding]));
  const lasting: Alert[] = [];
  for (const alert of open) {
    const finding = found.get(keyOf(alert));
    found.delete(keyOf(alert));
    if (finding !== undefined) lasting.push(await keep(tx, narrate, alert, finding, now));
    else if (kinds.includes(alert.kind)) await end(tx, narrate, alert, now);
    else lasting.push(alert);
  }
  for (const finding of found.values()) lasting.push(await raise(tx, narrate, system, finding, now));
  return lasting;
}

async function looked(tx: Tx, system: string): Promise<{ open: Alert[]; now: string }> {
  await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
  const rows = await openRows(tx).where('system', '=', system).execute();
  return { open: rows.map(alertOf), now: (await databaseNow(tx)).toISOString() };
}

async function raise(tx: Tx, narrate: NarrateAlert, system: string, finding: Finding, now: string): Promise<Alert> {
  const id = `al-${await nextNumber(tx, 'alert_number')}`;
  const { environment, kind, about } = finding;
  await tx
    .insertInto('alerts')
    .values({ id, system, environment, kind, about, raised_at: now, ...readingOf(finding, now) })
    .execute();
  return told(tx, narrate, { ...finding, id, system, raisedAt: now, seenAt: now, overAt: null }, null);
}

/** That it lasts is not told again; what is read differently now is. */
async function keep(tx: Tx, narrate: NarrateAlert, was: Alert, finding: Finding, now: string): Promise<Alert> {
  await tx.updateTable('alerts').set(readingOf(finding, now)).where('id', '=', was.id).execute();
  const alert = { ...was, ...finding, seenAt: now };
  const differs = canonical(wordsOf(was)) !== canonical(wordsOf(finding));
  return differs ? told(tx, narrate, alert, was) : alert;
}

async function end(tx: Tx, narrate: NarrateAlert, alert: Alert, now: string): Promise<void> {
  await tx.updateTable('alerts').set({ over_at: now }).where('id', '=', alert.id).execute();
  await told(tx, narrate, { ...alert, overAt: now }, alert);
}

async function told(tx: Tx, narrate: NarrateAlert, alert: Alert, was: Alert | null): Promise<Alert> {
  await addTellings(tx, alert.id, narrate(alert, was));
  return alert;
}

function openRows(db: Db | Tx) {
  return db.selectFrom('alerts').selectAll().where('over_at', 'is', null).orderBy('number');
}

function keyOf({ environment, kind, about }: Key): string {
  return canonical([environment, kind, about]);
}

function wordsOf({ severity, text, remedy }: Finding) {
  return { severity, text, remedy };
}

function readingOf({ severity, text, remedy }: Finding, now: string) {
  return {
    severity,
    text: JSON.stringify(text),
    remedy: remedy === null ? null : JSON.stringify(remedy),
    seen_at: now,
  };
}

function alertOf({ number: _, raised_at: raisedAt, seen_at: seenAt, over_at: overAt, ...row }: Row): Alert {
  return { ...row, raisedAt, seenAt, overAt };
}
