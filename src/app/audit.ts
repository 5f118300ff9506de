// `audit verify`: is everything that was written still there as it was written, also as Slack and the audit file have seen it?
import type { Secret } from '../core/secret.ts';
import { createLog } from '../lib/log.ts';
import { createRedactor } from '../lib/redact.ts';
import { narrate } from '../progress/narrate.ts';
import { narrateAlert } from '../progress/narrate-alert.ts';
import { createNarrateIncident } from '../progress/narrate-incident.ts';
import { createStore, type Store } from '../store/store.ts';
import { readAuditFile } from './audit-file.ts';

/** As a card says it, `journal entry 12, 0a1b2c3d4e5f` and `ledger 345, 1b2c3d4e5f60`: `op-41:12:0a1b2c3d4e5f`, `ledger:345:…`. */
const STAMP = /^((?:op|inc)-[1-9]\d*|ledger):([1-9]\d*):([0-9a-f]{8,64})$/;

export const AUDIT_USAGE = 'npm start -- audit verify [op-41:12:0a1b2c3d4e5f …]';

/**
 * Reads everything and changes nothing. `stamps` are what messages in Slack say of entries: whoever has changed the database
 * has not changed those. Resolves to what to print, and whether all of it holds.
 */
export async function verifyAudit(
  { databaseUrl, auditFile }: { readonly databaseUrl: Secret; readonly auditFile: string | null },
  stamps: readonly string[],
): Promise<{ readonly holds: boolean; readonly lines: readonly string[] }> {
  const log = createLog({ level: 'warn', redactor: createRedactor() });
  const narrators = { narrate, narrateIncident: createNarrateIncident([]), narrateAlert };
  const store = createStore({ connectionString: databaseUrl.open(), ...narrators, log });
  try {
    const { operations, incidents, entries, lines, broken } = await store.audit();
    const wrong = broken.map(({ subject, entry, why }) =>
      entry === null ? `${subject}: ${why}` : `${subject}, entry ${entry}: ${why}`,
    );
    for (const stamp of stamps) {
      const problem = await problemWith(store, stamp);
      if (problem !== null) wrong.push(`${stamp}: ${problem}`);
    }
    const file = auditFile === null ? null : await readAuditFile(auditFile, store.ledger);
    wrong.push(...(file?.problems ?? []).map((problem) => `audit file: ${problem}`));
    const read = `${operations} operations and ${incidents} incidents with ${entries} entries were read, and ${lines} lines of the ledger`;
    const seen = stamps.length === 0 ? '' : `; ${stamps.length} stamps were compared`;
    const beside = file === null ? '' : `; the audit file has ${file.lines} of them`;
    const verdict = wrong.length === 0 ? 'every chain holds' : `${wrong.length} do not hold`;
    return { holds: wrong.length === 0, lines: [...wrong, `${read}${beside}${seen}: ${verdict}`] };
  } finally {
    await store.close();
  }
}

async function problemWith(store: Store, stamp: string): Promise<string | null> {
  const [, subject, seq, hash] = STAMP.exec(stamp) ?? [];
  if (subject === undefined || hash === undefined) return 'this is no stamp, such as op-41:12:0a1b2c3d4e5f';
  if (subject === 'ledger') return compared(await store.ledger.hashOf(Number(seq)), hash);
  const entries = await (subject.startsWith('op') ? store.operations.journal(subject) : store.incidents.log(subject));
  const entry = entries.find((one) => one.seq === Number(seq));
  return compared(entry?.hash ?? null, hash);
}

function compared(hash: string | null, told: string): string | null {
  if (hash === null) return 'there is no such entry any more';
  return hash.startsWith(told) ? null : 'the entry is another one than Slack was told of';
}
