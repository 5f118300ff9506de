// The ledger that chains all logs to one another; the database writes it at every commit (migration 0003).
import { sql } from 'kysely';
import { firstBroken, type Link } from '../core/chain.ts';
import { logsOf } from './incident-log.ts';
import type { Db } from './pool.ts';
import { entriesOf } from './reading.ts';

/** `entry` of the log `subject` was written next, and has the hash `digest`. */
export type LedgerLine = Link & { readonly subject: string; readonly entry: number; readonly digest: string };

/** At most `limit` lines behind that number. */
async function linesAfter(db: Db, after: number, limit: number): Promise<LedgerLine[]> {
  const rows = db.selectFrom('ledger').select(['seq', 'subject', 'entry', 'digest', 'previous', 'hash']);
  return await rows.where('seq', '>', after).orderBy('seq').limit(limit).execute();
}

/** The newest line; null before anything was written. */
export async function headOf(db: Db): Promise<Link | null> {
  const rows = db.selectFrom('ledger').select(['seq', 'previous', 'hash']).orderBy('seq', 'desc').limit(1);
  return (await rows.executeTakeFirst()) ?? null;
}

/** `hash` is null where there is no such line. */
export async function hashOfLine(db: Db, seq: number): Promise<string | null> {
  return (await db.selectFrom('ledger').select('hash').where('seq', '=', seq).executeTakeFirst())?.hash ?? null;
}

/** The same, each with the entry that it is about, as that was written; null where it is gone. */
export async function entriesAfter(db: Db, after: number, limit: number): Promise<LedgerEntry[]> {
  const lines = await linesAfter(db, after, limit);
  const ids = [...new Set(lines.map(({ subject }) => subject))];
  const [journals, logs] = await Promise.all([entriesOf(db, ids), logsOf(db, ids)]);
  return lines.map((ledger) => {
    const log: readonly Link[] = journals.get(ledger.subject) ?? logs.get(ledger.subject) ?? [];
    return { ledger, entry: log.find(({ seq }) => seq === ledger.entry) ?? null };
  });
}

export type LedgerEntry = { readonly ledger: LedgerLine; readonly entry: Link | null };

export type LedgerAudit = {
  readonly lines: number;
  /** The first line that does not follow from those before it. */
  readonly broken: number | null;
  /** Entries that are in one only of ledger and logs, or that are not the same in both; the first of them. */
  readonly differing: readonly { readonly subject: string; readonly entry: number; readonly why: string }[];
};

const AT_ONCE = 5_000;
const TOLD_AT_MOST = 100;

/** Reads all of it, and compares it with the logs. */
export async function auditOfLedger(db: Db): Promise<LedgerAudit> {
  let last: LedgerLine | undefined;
  let broken: number | null = null;
  let lines = 0;
  for (;;) {
    const some: LedgerLine[] = await linesAfter(db, last?.seq ?? 0, AT_ONCE);
    if (some.length === 0) break;
    broken ??= firstBroken(some, last ?? null);
    lines += some.length;
    last = some.at(-1);
  }
  const { rows } = await sql<{ subject: string; entry: number; written: string | null; digest: string | null }>`
    select subject, entry, log.hash as written, digest
      from holdfast.ledger full join (
        select operation as subject, seq as entry, hash from holdfast.journal
        union all select incident, seq, hash from holdfast.incident_log
      ) log using (subject, entry)
     where log.hash is distinct from digest order by subject, entry limit ${TOLD_AT_MOST}`.execute(db);
  const differing = rows.map(({ subject, entry, written, digest }) => ({
    subject,
    entry,
    why: whyOf(written, digest),
  }));
  return { lines, broken, differing };
}

function whyOf(written: string | null, digest: string | null): string {
  if (written === null) return 'the ledger has it, the log no longer does';
  return digest === null ? 'it was written past the ledger' : 'it is another one than the ledger was told of';
}
