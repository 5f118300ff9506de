// Cuts a plain SQL dump into its statements and blocks of COPY data, in bounded memory.
import { Refusal } from '../../core/errors.ts';
import { megabytes } from '../../core/wording.ts';
import { findRows } from './plain-rows.ts';
import { StatementScan } from './plain-scan.ts';
import { PlainText } from './plain-text.ts';

/** Whole rows of COPY data; `endsRow` is false for a piece of a row that is too long to be held. */
export type Rows = { readonly bytes: Buffer; readonly endsRow: boolean };

/**
 * `text` is as it was written; `skeleton` is the same on one line, without comments and without what stands in quotes. A
 * character of the skeleton is a byte of the dump.
 */
export type Statement = { readonly text: Buffer; readonly skeleton: string };

export type Part =
  /** The first one. A dump of pg_dump names all columns of its rows, so that their order means nothing. */
  | { readonly is: 'head'; readonly byPgDump: boolean }
  | ({ readonly is: 'statement' } & Statement)
  /** `rows` must be read to its end before the next part is asked for. */
  | ({ readonly is: 'copy'; rows(): AsyncGenerator<Rows> } & Statement)
  /** A command of psql: the whole line. */
  | { readonly is: 'meta'; readonly line: string };

/** In bytes. What is longer is refused: it would be held in the memory of the worker or of the server. */
export type Limits = { readonly statement: number; readonly row: number };
const LIMITS: Limits = { statement: 32_000_000, row: 256_000_000 };

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const another = 'Choose another backup, or have a new one made.';

/** Throws a Refusal for what is not a whole dump of one database: cut off, of a whole server, or with too long a row. */
export async function* plainParts(stream: AsyncIterable<Buffer>, limits: Limits = LIMITS): AsyncGenerator<Part> {
  const text = new PlainText(stream);
  try {
    await text.more();
    if (text.bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) text.take(3);
    mustBeOneDatabase(text.bytes);
    const byPgDump = madeByPgDump(text.bytes);
    yield { is: 'head', byPgDump };
    yield* partsOf(text, limits);
    // pg_dump writes it last: without it a dump that ends between two statements would look whole.
    if (byPgDump && !text.tail.includes('PostgreSQL database dump complete')) throw cutOff();
  } finally {
    await text.close();
  }
}

async function* partsOf(text: PlainText, limits: Limits): AsyncGenerator<Part> {
  let standardStrings = true;
  for (;;) {
    const found = await nextStatement(text, standardStrings, limits);
    if (found === null) return;
    const bytes = text.take(found.end).subarray(found.start);
    if (found.is === 'meta') {
      yield { is: 'meta', line: bytes.toString().trimEnd() };
      continue;
    }
    if (bytes.includes(0)) throw new Refusal('plain-damaged', 'The dump has a zero byte in a statement.', another);
    const statement = { text: bytes, skeleton: found.skeleton.replaceAll(/ +/g, ' ') };
    standardStrings = standardStringsAfter(statement) ?? standardStrings;
    if (!/^COPY\b.* FROM STDIN\b/i.test(statement.skeleton)) {
      yield { is: 'statement', ...statement };
      continue;
    }
    await dataMustFollow(text);
    let isRead = false;
    const rows = async function* () {
      yield* rowsOf(text, limits);
      isRead = true;
    };
    yield { is: 'copy', ...statement, rows };
    if (!isRead) throw new Error('the rows of a COPY block were not read to their end');
  }
}

async function nextStatement(text: PlainText, standardStrings: boolean, limits: Limits) {
  let scan = new StatementScan(standardStrings);
  for (;;) {
    const found = scan.scan(text.bytes, text.ended);
    if (found.is === 'statement' || found.is === 'meta') return found;
    if (found.is === 'blank') {
      text.take(found.end);
      scan = new StatementScan(standardStrings);
    }
    if (text.ended) {
      if (scan.isOpen) throw cutOff();
      return null;
    }
    if (text.bytes.length > limits.statement) throw tooLong('statement', limits.statement);
    await text.more();
  }
}

async function dataMustFollow(text: PlainText): Promise<void> {
  const rest = await text.takeLine();
  if (rest.toString('latin1').trim() === '') return;
  throw new Refusal('plain-damaged', 'The dump has something behind COPY … FROM stdin on the same line.', another);
}

async function* rowsOf(text: PlainText, limits: Limits): AsyncGenerator<Rows> {
  let length = 0;
  for (;;) {
    const { upTo, endsRow, mark } = findRows(text.bytes, { midRow: length > 0, last: text.ended });
    length = endsRow ? 0 : length + upTo;
    if (length > limits.row) throw tooLong('row', limits.row);
    if (upTo > 0) yield { bytes: text.take(upTo), endsRow };
    if (mark > 0) {
      text.take(mark);
      return;
    }
    if (text.ended) throw cutOff();
    await text.more();
  }
}

function mustBeOneDatabase(start: Buffer): void {
  const head = start.toString('latin1', 0, 4096);
  if (head.startsWith('\xff\xfe') || head.startsWith('\xfe\xff')) {
    throw new Refusal('plain-encoding', 'The dump is UTF-16: a Windows shell has rewritten it.', another);
  }
  if (head.includes('-- PostgreSQL database cluster dump')) {
    throw new Refusal(
      'cluster-dump',
      'The file is a dump of a whole server (pg_dumpall), with its roles and all of its databases.',
      'Choose a backup of this one database, made by pg_dump.',
    );
  }
}

function madeByPgDump(start: Buffer): boolean {
  return start.toString('latin1', 0, 4096).includes('-- PostgreSQL database dump');
}

/** What SET standard_conforming_strings says; null when the statement is another. */
function standardStringsAfter({ text, skeleton }: Statement): boolean | null {
  if (!/^SET (SESSION )?standard_conforming_strings\b/i.test(skeleton)) return null;
  return !/(=|\bTO)\s*'?(off|false|no|0)\b/i.test(text.toString('latin1'));
}

function cutOff(): Refusal {
  return new Refusal('archive-truncated', 'The dump is cut off: its end is missing.', another);
}

function tooLong(what: 'statement' | 'row', limit: number): Refusal {
  const why = `The dump has a ${what} of more than ${megabytes(limit)}, which could exhaust the server's memory.`;
  return new Refusal('plain-too-long', why, 'Have the dump looked at, or choose another backup.');
}
