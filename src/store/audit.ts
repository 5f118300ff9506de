// Reads every journal, every incident's log and the ledger of them all to their ends, and says where one is not as it was written (fault 58).
import { firstBroken, type Link } from '../core/chain.ts';
import { reasonOf } from '../core/errors.ts';
import { replayIncident } from '../core/incident.ts';
import { logsOf } from './incident-log.ts';
import { auditOfLedger } from './ledger.ts';
import type { Db } from './pool.ts';
import { entriesOf, replayed } from './reading.ts';

/** `entry`: the first that does not follow from those before it; null where the log as a whole is wrong. */
export type Broken = { readonly subject: string; readonly entry: number | null; readonly why: string };

export type Audit = {
  readonly operations: number;
  readonly incidents: number;
  readonly entries: number;
  /** Lines of the ledger. */
  readonly lines: number;
  readonly broken: readonly Broken[];
};

/** So many are held in memory at once. */
const AT_ONCE = 200;

export async function auditOf(db: Db): Promise<Audit> {
  const broken: Broken[] = [];
  let entries = 0;
  const judge = (subject: string, log: readonly Link[], last: number, replay: () => unknown) => {
    entries += log.length;
    const found = judged(log, last, replay);
    if (found !== null) broken.push({ subject, ...found });
  };

  let operations = 0;
  for await (const rows of inBatches((after) => operationRows(db, after))) {
    const journals = await entriesOf(db, idsOf(rows));
    for (const row of rows) {
      const log = journals.get(row.id) ?? [];
      judge(row.id, log, row.last_seq, () => replayed(row, log));
    }
    operations += rows.length;
  }
  let incidents = 0;
  for await (const rows of inBatches((after) => incidentRows(db, after))) {
    const logs = await logsOf(db, idsOf(rows));
    for (const { id, last_seq: last } of rows) {
      const log = logs.get(id) ?? [];
      judge(id, log, last, () => replayIncident(log));
    }
    incidents += rows.length;
  }
  const ledger = await auditOfLedger(db);
  if (ledger.broken !== null) {
    broken.push({ subject: 'ledger', entry: ledger.broken, why: 'it does not follow from the entries before it' });
  }
  return { operations, incidents, entries, lines: ledger.lines, broken: [...broken, ...ledger.differing] };
}

function judged(log: readonly Link[], last: number, replay: () => unknown): Omit<Broken, 'subject'> | null {
  const entry = firstBroken(log);
  if (entry !== null) return { entry, why: 'it does not follow from the entries before it' };
  if (log.length !== last) return { entry: null, why: `it has ${log.length} entries of ${last}: its end is missing` };
  try {
    replay();
    return null;
  } catch (thrown) {
    return { entry: null, why: `it cannot be read: ${reasonOf(thrown)}` };
  }
}

type Numbered = { readonly id: string; readonly number: number };

async function* inBatches<Row extends Numbered>(read: (after: number) => Promise<Row[]>): AsyncGenerator<Row[]> {
  for (let after = 0; ; ) {
    const rows = await read(after);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.number;
  }
}

function operationRows(db: Db, after: number) {
  const columns = ['id', 'number', 'plan', 'digest', 'last_seq'] as const;
  const rows = db.selectFrom('operations').select(columns).where('number', '>', after);
  return rows.orderBy('number').limit(AT_ONCE).execute();
}

function incidentRows(db: Db, after: number) {
  const rows = db.selectFrom('incidents').select(['id', 'number', 'last_seq']).where('number', '>', after);
  return rows.orderBy('number').limit(AT_ONCE).execute();
}

function idsOf(rows: readonly Numbered[]): string[] {
  return rows.map(({ id }) => id);
}
