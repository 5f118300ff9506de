// The second audit record: a file to which every line of the ledger is appended, with its entry, and which is never read back into the store.
import { type FileHandle, open } from 'node:fs/promises';
import { firstBroken } from '../core/chain.ts';
import { Fault } from '../core/errors.ts';
import type { Audit } from '../operations/deps.ts';
import type { LedgerEntry } from '../store/ledger.ts';
import type { Store } from '../store/store.ts';

const AT_ONCE = 500;
const TAIL = 64 * 1024;

/**
 * `secure` resolves when everything that the store has is in the file too, and on disk. It throws a Fault when that cannot be
 * written, or when the store is not the one that the file has recorded so far. Any number of processes may append to one
 * file: a line that two of them write is in it twice, which `audit verify` allows.
 */
export function auditFile(path: string, ledger: Store['ledger']): Audit {
  let last: Promise<void> = Promise.resolve();
  return {
    secure() {
      const next = last.catch(() => {}).then(() => append(path, ledger));
      last = next;
      return next;
    },
  };
}

/** Where no file is named, the store is the only record. */
export const NO_AUDIT_FILE: Audit = { secure: async () => {} };

async function append(path: string, ledger: Store['ledger']): Promise<void> {
  const activity = `appending to the audit file ${path}`;
  try {
    await using file = await open(path, 'a+', 0o600);
    const { newest, isTorn } = await endOf(file);
    if (newest !== null && (await ledger.hashOf(newest.seq)) !== newest.hash) {
      throw new Fault(`${activity}: line ${newest.seq} in it is not in the store; run audit verify`);
    }
    if (isTorn) await file.appendFile('\n');
    let at = newest?.seq ?? 0;
    for (;;) {
      const some = await ledger.after(at, AT_ONCE);
      if (some.length === 0) break;
      await file.appendFile(some.map(textOf).join(''));
      at = some.at(-1)?.ledger.seq ?? at;
    }
    await file.datasync();
  } catch (cause) {
    throw cause instanceof Fault
      ? cause
      : new Fault(`${activity} (see that it can be written, then ask again)`, { cause });
  }
}

function textOf({ ledger, entry }: LedgerEntry): string {
  if (entry === null) throw new Fault(`recording ${ledger.subject}: entry ${ledger.entry} is gone; run audit verify`);
  return `${JSON.stringify({ ledger, entry })}\n`;
}

type End = { readonly newest: { readonly seq: number; readonly hash: string } | null; readonly isTorn: boolean };

/** Its newest whole line. What a crash has left of another one behind it is torn. */
async function endOf(file: FileHandle): Promise<End> {
  const { size } = await file.stat();
  for (let length = Math.min(TAIL, size); ; length = Math.min(length * 8, size)) {
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString();
    const isTorn = size > 0 && !text.endsWith('\n');
    // The first piece may be the end of a longer line, and the last one is torn or empty.
    const whole = text.split('\n').slice(length === size ? 0 : 1, -1);
    for (const line of whole.toReversed()) {
      const read = lineOf(line);
      if (read !== null) return { newest: read.ledger, isTorn };
    }
    if (length === size) return { newest: null, isTorn };
  }
}

/** Null for what is no line of ours. */
function lineOf(text: string): LedgerEntry | null {
  try {
    const read = JSON.parse(text) as LedgerEntry;
    return typeof read.ledger.seq === 'number' && typeof read.ledger.hash === 'string' ? read : null;
  } catch {
    return null;
  }
}

export type FileAudit = { readonly lines: number; readonly problems: readonly string[] };

/** Reads the file to its end: whether it is a ledger with the entries that it tells of, and the same one as the store's. */
export async function readAuditFile(path: string, ledger: Store['ledger']): Promise<FileAudit> {
  const problems: string[] = [];
  const kept = storeLines(ledger);
  let last: LedgerEntry['ledger'] | null = null;
  await using file = await open(path);
  for await (const text of file.readLines()) {
    const line = lineOf(text);
    // What a crash has torn was written again behind it, and of two processes each may have written the same.
    if (line === null) continue;
    const seq = line.ledger.seq;
    if (last !== null && seq <= last.seq) continue;
    if (firstBroken([line.ledger], last) !== null) {
      return { lines: last?.seq ?? 0, problems: [...problems, `line ${seq} does not follow from those before it`] };
    }
    if (!isItsEntry(line)) problems.push(`the entry in line ${seq} is not the one that the ledger was told of`);
    const stored = await kept(seq);
    if (stored !== line.ledger.hash) {
      const why = stored === null ? 'the store does not have it' : 'the store has another one';
      return { lines: seq, problems: [...problems, `line ${seq}: ${why}`] };
    }
    last = line.ledger;
  }
  return { lines: last?.seq ?? 0, problems };
}

function isItsEntry({ ledger: { digest }, entry }: LedgerEntry): boolean {
  if (entry === null || entry.hash !== digest) return false;
  return firstBroken([entry], { seq: entry.seq - 1, previous: '', hash: entry.previous }) === null;
}

/** Reads the lines of the store in their order, many at once. */
function storeLines(ledger: Store['ledger']): (seq: number) => Promise<string | null> {
  let some: readonly LedgerEntry[] = [];
  return async (seq) => {
    if (some.every((line) => line.ledger.seq < seq)) some = await ledger.after(seq - 1, AT_ONCE);
    return some.find((line) => line.ledger.seq === seq)?.ledger.hash ?? null;
  };
}
