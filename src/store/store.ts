// The store: our own PostgreSQL database behind the contracts of core/.
import type { Link } from '../core/chain.ts';
import type {
  AlertStore,
  IncidentStore,
  NarrateAlert,
  NarrateIncident,
  Notices,
  ReportStore,
  ScheduleStore,
} from '../core/incident-ports.ts';
import type { CodeStore, CommandStore, Narrate, OperationStore, Outbox } from '../core/ports.ts';
import type { Log } from '../lib/log.ts';
import { alertStore } from './alerts.ts';
import { type Audit, auditOf } from './audit.ts';
import { codeStore } from './codes.ts';
import { commandStore } from './commands.ts';
import { type Counts, countsOf } from './counts.ts';
import { during } from './during.ts';
import { incidentStore } from './incidents.ts';
import { entriesAfter, hashOfLine, headOf, type LedgerEntry } from './ledger.ts';
import { migrate } from './migrate.ts';
import { noticeStore } from './notices.ts';
import { operationStore } from './operations.ts';
import { outboxStore } from './outbox.ts';
import { openDatabase, openPool } from './pool.ts';
import { reportStore } from './reports.ts';
import { scheduleStore } from './schedules.ts';

export type Store = {
  readonly commands: CommandStore;
  readonly operations: OperationStore;
  readonly incidents: IncidentStore;
  readonly alerts: AlertStore;
  readonly schedules: ScheduleStore;
  readonly reports: ReportStore;
  readonly codes: CodeStore;
  readonly outbox: Outbox;
  readonly notices: Notices;
  counts(): Promise<Counts>;
  audit(): Promise<Audit>;
  readonly ledger: Ledger;
  /** Brings the schema up to date. To be awaited before anything else is called; can be called again after a Fault. */
  ready(): Promise<void>;
  /** Waits for what is being written, then closes the connections. */
  close(): Promise<void>;
};

export type Ledger = {
  /** The newest line: whoever is told of it can say later whether anything before it was changed. */
  head(): Promise<Link | null>;
  hashOf(line: number): Promise<string | null>;
  /** At most `limit` lines behind that number, each with its entry. */
  after(line: number, limit: number): Promise<readonly LedgerEntry[]>;
};

type StoreOptions = {
  /** Of a database that Holdfast never restores (I5). May point at pgbouncer in transaction mode. */
  readonly connectionString: string;
  readonly narrate: Narrate;
  readonly narrateIncident: NarrateIncident;
  readonly narrateAlert: NarrateAlert;
  readonly log: Log;
};

/** Connects when first used. Every method throws a Fault when the database cannot be reached, within about 2 seconds. */
export function createStore({ connectionString, log, ...narrators }: StoreOptions): Store {
  const pool = openPool(connectionString, log);
  const db = openDatabase(pool);
  return {
    commands: commandStore(db),
    operations: operationStore(db, narrators.narrate, log),
    incidents: incidentStore(db, narrators.narrateIncident),
    alerts: alertStore(db, narrators.narrateAlert),
    schedules: scheduleStore(db),
    reports: reportStore(db),
    codes: codeStore(db),
    outbox: outboxStore(db),
    notices: noticeStore(db),
    audit: () => during('reading all journals', () => auditOf(db)),
    ledger: {
      head: () => during('reading the head of the ledger', () => headOf(db)),
      hashOf: (line) => during('reading a line of the ledger', () => hashOfLine(db, line)),
      after: (line, limit) => during('reading the ledger', () => entriesAfter(db, line, limit)),
    },
    counts: () => during('counting', () => countsOf(db)),
    ready: () => during('bringing the database schema up to date', () => migrate(pool, log)),
    close: () => pool.end(),
  };
}
