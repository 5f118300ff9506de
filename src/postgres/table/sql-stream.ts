// Cuts SQL as pg_dump writes it into statements while it flows past, however much of it there is.
import { Refusal } from '../../core/errors.ts';
import { placeAtStart, scan } from './sql-scan.ts';

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);
const END_OF_DATA = Buffer.from('\n\\.');
/** Of the last comment that pg_dump and pg_restore write. */
const TRAILER = '-- PostgreSQL database dump complete';
const OF_A_SERVER = '-- PostgreSQL database cluster dump';

/**
 * Statements come out one by one, as bytes without their semicolon. What follows `COPY … FROM stdin` must be taken by
 * `copyData` before the next one. It holds a chunk of the stream, or the longest statement, never more.
 */
export class SqlStream {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = NOTHING;
  #place = placeAtStart();
  #ended = false;
  #complete = false;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Whether what pg_dump writes at its end was read. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Null at the end. Throws Refusal when the stream ends within a statement, or is a dump of a whole server. */
  async statement(): Promise<Buffer | null> {
    for (;;) {
      const statement = this.statementAtHand();
      if (statement !== undefined) return statement;
      const wasEnded = this.#ended;
      // At the end it is looked at once more: what could not be judged without a look ahead can be now.
      if ((await this.#more()) || !wasEnded) continue;
      if (this.#place.begin >= 0 || this.#place.inside !== 'sql') throw cutOff();
      return null;
    }
  }

  /** The same without waiting: undefined when more must be read first. In a dump of INSERTs there are millions. */
  statementAtHand(): Buffer | undefined {
    const end = scan(this.#rest, this.#place, this.#ended, (line) => this.#note(line));
    if (end < 0) return undefined;
    const statement = this.#rest.subarray(this.#place.begin, end - 1);
    this.#rest = this.#rest.subarray(end);
    this.#place = placeAtStart();
    return statement;
  }

  /** The lines between `COPY … FROM stdin;` and `\.`. Throws Refusal when the stream ends before. */
  async *copyData(): AsyncGenerator<Buffer> {
    // Taken with the line break before them: so the end looks the same after the last row and where there is none.
    while (this.#rest.indexOf(NEWLINE) < 0) if (!(await this.#more())) throw cutOff();
    this.#rest = this.#rest.subarray(this.#rest.indexOf(NEWLINE));
    let from = 1;
    for (;;) {
      const end = this.#rest.indexOf(END_OF_DATA);
      if (end >= 0) {
        if (end + 1 > from) yield this.#rest.subarray(from, end + 1);
        this.#rest = this.#rest.subarray(end + END_OF_DATA.length);
        return await this.#endOfLine();
      }
      const safe = this.#rest.length - END_OF_DATA.length + 1;
      if (safe > from) {
        yield this.#rest.subarray(from, safe);
        this.#rest = this.#rest.subarray(safe);
        from = 0;
      }
      if (!(await this.#more())) throw cutOff();
    }
  }

  async #endOfLine(): Promise<void> {
    while (this.#rest.indexOf(NEWLINE) < 0 && (await this.#more()));
    const newline = this.#rest.indexOf(NEWLINE);
    const line = newline < 0 ? this.#rest : this.#rest.subarray(0, newline);
    this.#rest = newline < 0 ? NOTHING : this.#rest.subarray(newline + 1);
    if (line.toString('latin1').trim() === '') return;
    throw new Refusal('archive-damaged', 'The dump is damaged: its rows end in the middle of a line.', another);
  }

  /** Reads as much again as is at hand, so that a long statement is not copied again with every chunk of it. */
  async #more(): Promise<boolean> {
    const parts = this.#rest.length === 0 ? [] : [this.#rest];
    let read = 0;
    while (!this.#ended && (read === 0 || read < this.#rest.length)) {
      const next = await this.#source.next();
      if (next.done === true) this.#ended = true;
      else {
        parts.push(next.value);
        read += next.value.length;
      }
    }
    if (read > 0) this.#rest = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    return read > 0;
  }

  #note(comment: string): void {
    if (comment.startsWith(TRAILER)) this.#complete = true;
    if (!comment.startsWith(OF_A_SERVER)) return;
    const why = 'This is a dump of a whole server (pg_dumpall): several of its databases may have the table.';
    throw new Refusal('dump-of-a-server', why, 'Choose a backup of the one database (pg_dump).');
  }
}

const another = 'Download it again or choose another backup.';

export function cutOff(): Refusal {
  return new Refusal('archive-truncated', 'The dump is cut off: its end is missing.', another);
}
