// Takes the rows of one table out of a dump's SQL, recognised by grammar, never by counting or matching lines.
import { Refusal } from '../../core/errors.ts';
import { rowsOfInsert } from './insert-values.ts';
import { inWords, type TableName } from './names.ts';
import { cutOff, SqlStream } from './sql-stream.ts';
import { type Said, said } from './statements.ts';

/** Rows with the same columns, to be loaded by one COPY. They are read to their end before the next block is asked for. */
export type Block = {
  readonly columns: readonly string[];
  /** Columns that the backup has and that are not among the rows, because the live table has none like them. */
  readonly notSent?: readonly string[];
  readonly format: 'text' | 'binary';
  /** The client_encoding in which they are written; null where the connection takes care of it. */
  readonly encoding: string | null;
  readonly rows: AsyncIterable<Buffer>;
};

type DumpOptions = {
  /** Read on behind the rows: of a program that must be heard to its end. */
  readonly toTheEnd: boolean;
  /** The table's partitions, where this SQL does not hold the statements that say so. */
  readonly partitions: readonly string[];
};

const FLUSH_AT = 262_144;

/**
 * Yields one block; more for a partitioned table, none when the dump has no rows of it. Stops reading behind the last.
 * Throws Refusal when the dump is cut off before that, or when an INSERT holds more than plain values.
 */
export async function* blocksOf(
  source: AsyncIterable<Buffer>,
  table: TableName,
  { toTheEnd, partitions }: DumpOptions,
): AsyncGenerator<Block> {
  const dump = new Dump(source, inWords(table), partitions);
  for (let next = await dump.next(); next !== null; next = await dump.next()) {
    yield next.is === 'copy' ? dump.copied(next) : dump.inserted(next);
    if (!toTheEnd && !dump.isPartitioned) return;
  }
}

/** The partitions of a table, as the statements that make a schema tell them, those of partitions included. */
export async function partitionsIn(source: AsyncIterable<Buffer>, table: TableName): Promise<string[]> {
  const dump = new Dump(source, inWords(table), []);
  while ((await dump.next()) !== null);
  return dump.partitions;
}

type Copy = Extract<Said, { is: 'copy' }>;
type Insert = Extract<Said, { is: 'insert' }> & { readonly statement: Buffer };

class Dump {
  readonly #sql: SqlStream;
  readonly #table: string;
  readonly #parents = new Map<string, string>();
  readonly #created = new Map<string, () => readonly string[]>();
  readonly #columns = new Map<string, readonly string[]>();
  #path = 'public';
  #encoding: string | null = null;
  /** How the INSERTs begin that were passed over last. */
  #passed: Buffer = Buffer.from('?');
  #like: Insert | null = null;
  /** A statement that was read too far. */
  #unread: Buffer | null = null;

  constructor(source: AsyncIterable<Buffer>, table: string, partitions: readonly string[]) {
    this.#sql = new SqlStream(source);
    this.#table = table;
    for (const partition of partitions) this.#parents.set(partition, table);
  }

  get partitions(): string[] {
    return [...this.#parents.keys()].filter((name) => this.#isWanted(name));
  }

  get isPartitioned(): boolean {
    return this.partitions.length > 0;
  }

  /** The next statement with rows of the table; null at the end of a whole dump. */
  async next(): Promise<Copy | Insert | null> {
    for (;;) {
      const statement = await this.#statement();
      if (statement === null) return null;
      if (statement.subarray(0, this.#passed.length).equals(this.#passed)) continue;
      const what = said(statement, this.#path);
      if (what.is === 'insert' && this.#isWanted(what.table)) return { ...what, statement };
      if (what.is === 'copy' && this.#isWanted(what.table)) return what;
      if (what.is === 'copy') await drained(this.#sql.copyData());
      else this.#learn(what, statement);
    }
  }

  async #statement(): Promise<Buffer | null> {
    const unread = this.#unread;
    this.#unread = null;
    const statement = unread ?? this.#sql.statementAtHand() ?? (await this.#sql.statement());
    // Cut off between two statements it looks whole: rows that would have followed must not be missed in silence.
    if (statement === null && !this.#sql.complete) throw cutOff();
    return statement;
  }

  copied(copy: Copy): Block {
    const columns = copy.columns ?? this.#columnsOf(copy.table);
    if (columns === undefined || !copy.plain) throw notUnderstood(`The COPY of ${copy.table}`);
    return { columns, format: 'text', encoding: this.#encoding, rows: this.#sql.copyData() };
  }

  inserted(first: Insert): Block {
    const { columns, lines } = this.#linesOf(first);
    return { columns, format: 'text', encoding: this.#encoding, rows: this.#rowsFrom(lines, columns) };
  }

  async *#rowsFrom(first: string, columns: readonly string[]): AsyncGenerator<Buffer> {
    let lines = first;
    for (;;) {
      const statement = await this.#statement();
      const next = statement === null ? null : this.#wantedInsert(statement);
      const more = next === null ? null : this.#linesOf(next);
      if (more === null || more.columns.join('\n') !== columns.join('\n')) {
        this.#unread = statement;
        break;
      }
      lines += more.lines;
      if (lines.length < FLUSH_AT) continue;
      yield Buffer.from(lines, 'latin1');
      lines = '';
    }
    yield Buffer.from(lines, 'latin1');
  }

  /** Up to its values it is, as a rule, the one before byte by byte. */
  #wantedInsert(statement: Buffer): Insert | null {
    const like = this.#like;
    if (like !== null && statement.subarray(0, like.statement.length).equals(like.statement))
      return { ...like, statement };
    const what = said(statement, this.#path);
    if (what.is !== 'insert' || !this.#isWanted(what.table)) return null;
    if (what.values !== null) this.#like = { ...what, statement: Buffer.from(statement.subarray(0, what.values)) };
    return { ...what, statement };
  }

  #linesOf({ table, columns, statement, values }: Insert): { columns: readonly string[]; lines: string } {
    const all = columns ?? this.#columnsOf(table);
    if (all === undefined || values === null) throw notUnderstood(`An INSERT into ${table}`);
    const { left, width, lines } = rowsOfInsert(statement.toString('latin1'), values, table);
    if (width !== all.length)
      throw notUnderstood(`An INSERT into ${table}, with ${width} values for ${all.length} columns,`);
    return { columns: all.filter((_, at) => !left.includes(at)), lines };
  }

  #columnsOf(table: string): readonly string[] | undefined {
    const columns = this.#columns.get(table) ?? this.#created.get(table)?.();
    if (columns !== undefined) this.#columns.set(table, columns);
    return columns;
  }

  #learn(what: Said, statement: Buffer): void {
    if (what.is === 'insert') this.#passed = Buffer.from(statement.subarray(0, what.head));
    if (what.is === 'create') this.#created.set(what.table, what.columns);
    if (what.is === 'attach') this.#parents.set(what.partition, what.table);
    if (what.is === 'encoding') this.#encoding = what.name;
    if (what.is === 'path') this.#path = what.schema;
  }

  #isWanted(name: string | undefined): boolean {
    for (let at = name; at !== undefined; at = this.#parents.get(at)) if (at === this.#table) return true;
    return false;
  }
}

async function drained(data: AsyncGenerator<Buffer>): Promise<void> {
  while ((await data.next()).done !== true);
}

function notUnderstood(what: string): Refusal {
  const why = `${what} in this dump cannot be understood.`;
  const next = 'Choose a backup that pg_dump made with its usual settings, or restore the whole database.';
  return new Refusal('dump-not-understood', why, next);
}
