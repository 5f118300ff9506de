// Loads one table of a backup beside the live one: exactly its rows, in a schema of the live database that is closed to others.
import { Fault, Refusal, reasonOf } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { count, list } from '../../core/wording.ts';
import { diskFull } from '../candidate/loading.ts';
import type { ToolPath } from '../client-tools.ts';
import type { Query } from '../connect.ts';
import { sqlStateOf } from '../database-facts.ts';
import { takeSchema, writeMark } from './beside.ts';
import { type CopySession, withCopySession } from './copy-session.ts';
import type { Block } from './dump-rows.ts';
import { besideNames, ident, idents, inSql, inWords } from './names.ts';
import { shapeOf, type TableShape } from './shape.ts';
import { nothingOf, type TableSource, withBlocks } from './sources.ts';

export type ExtractTarget = ToolPath & {
  /** The live database, as a role that owns the table. */
  readonly database: Secret;
  /** As typed: `entries`, `billing.entries`. */
  readonly table: string;
  /** The schema: `holdfast_op_12`. */
  readonly beside: string;
  readonly purpose: string;
  /** For each statement; the loading of all rows is one. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
};

export type Extracted = {
  readonly rows: number;
  /** Columns that the backup and the live table have in common. */
  readonly columns: readonly string[];
  /** Columns of the backup that the live table has no more, or computes itself. */
  readonly ignored: readonly string[];
  /** Columns of the live table that the backup does not know: an inserted row gets their default. */
  readonly defaulted: readonly string[];
  readonly says: string;
};

/**
 * Loads the rows, makes their primary key and gathers statistics, in one transaction: all of it or nothing. Doing it again
 * starts over. Throws Refusal when the backup has nothing of the table, is cut off, or does not fit to the live table.
 */
export async function extractTable(source: TableSource, target: ExtractTarget): Promise<Extracted> {
  const options = { timeoutSeconds: 3600, ...target };
  return await withCopySession(target.database, options, async (session) => {
    const { query } = session;
    const table = await shapeOf(query, target.table);
    const { rows } = besideNames(target.beside, table);
    await query("begin; set local lock_timeout = '10s'; set local maintenance_work_mem = '128MB'");
    await takeSchema(query, target.beside, table);
    const loader = new Loader(session, table, rows);
    await withBlocks(source, table, options, async (blocks) => {
      for await (const block of blocks) await loader.load(block);
    });
    const { fit, loaded } = loader.loaded();
    await query(`alter table ${rows} add primary key (${idents(table.primaryKey)})`).catch(keyProblem(table));
    await loader.dropIgnored();
    await query(`analyze ${rows}`);
    await writeMark(query, target.beside, table, loaded);
    await query('commit');
    return { rows: loaded, ...fit, says: saysOf(table, loaded, fit) };
  }).catch(diskProblem);
}

function diskProblem(thrown: unknown): never {
  throw sqlStateOf(thrown) === DISK_FULL ? diskFull(reasonOf(thrown)) : thrown;
}

const DISK_FULL = '53100';

type Fit = Pick<Extracted, 'columns' | 'ignored' | 'defaulted'>;

class Loader {
  readonly #session: CopySession;
  readonly #table: TableShape;
  readonly #rows: string;
  #fit: Fit | null = null;
  #loaded = 0;

  constructor(session: CopySession, table: TableShape, rows: string) {
    this.#session = session;
    this.#table = table;
    this.#rows = rows;
  }

  async load(block: Block): Promise<void> {
    const { query, copyIn } = this.#session;
    const fit = fitOf(this.#table, block);
    if (this.#fit === null) await createBeside(query, this.#rows, this.#table, fit, block);
    else if (differ(fit, this.#fit))
      throw new Refusal('columns-vary', 'The backup has partitions with different columns.', whole);
    this.#fit = fit;
    // Frozen: nobody sees the table before the commit, and the comparison then need not write to it.
    const how = [
      `format ${block.format}`,
      'freeze',
      ...(block.encoding === null ? [] : [`encoding '${block.encoding}'`]),
    ];
    const into = `${this.#rows} (${idents(block.columns)})`;
    const rows = new Unclosed(block.rows);
    try {
      this.#loaded += await copyIn(`copy ${into} from stdin with (${how.join(', ')})`, rows);
    } catch (thrown) {
      // Rows of a backup that is cut off do not fit either, and the server may say so first.
      await rows.drain();
      throw rowProblem(this.#table, thrown);
    }
  }

  async dropIgnored(): Promise<void> {
    for (const name of this.#fit?.ignored ?? []) {
      await this.#session.query(`alter table ${this.#rows} drop column if exists ${ident(name)}`);
    }
  }

  loaded(): { fit: Fit; loaded: number } {
    if (this.#fit === null) throw nothingOf(this.#table);
    return { fit: this.#fit, loaded: this.#loaded };
  }
}

/** Rows that can be read on after their first reader has given up. */
class Unclosed implements AsyncIterable<Buffer> {
  readonly #rows: AsyncIterator<Buffer>;

  constructor(rows: AsyncIterable<Buffer>) {
    this.#rows = rows[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return { next: () => this.#rows.next() };
  }

  async drain(): Promise<void> {
    while ((await this.#rows.next()).done !== true);
  }
}

const whole = 'Restore the whole database beside the live one instead, without --table.';

function fitOf(table: TableShape, block: Block): Fit {
  const written = table.columns.filter(({ generated }) => !generated);
  const theirs = new Set(block.columns);
  const columns = written.map(({ name }) => name).filter((name) => theirs.has(name));
  const mine = new Set(columns);
  const ignored = [...block.columns, ...(block.notSent ?? [])].filter((name) => !mine.has(name));
  const missing = written.filter(({ name }) => !mine.has(name));
  const lostKey = table.primaryKey.filter((name) => !mine.has(name));
  if (lostKey.length > 0) {
    const why = `The backup does not know ${list(lostKey)}, which is part of the primary key of ${inWords(table)} now.`;
    throw new Refusal('key-not-in-backup', why, whole);
  }
  const needed = missing.filter(({ notNull, hasDefault, identity }) => notNull && !hasDefault && identity === null);
  if (needed.length > 0) {
    const names = list(needed.map(({ name }) => name));
    const why = `Every row of ${inWords(table)} needs a value for ${names}, which the backup does not know.`;
    throw new Refusal('column-needs-value', why, `Give it a default first, then ask again. ${whole}`);
  }
  return { columns, ignored: ignored.sort(), defaulted: missing.map(({ name }) => name) };
}

async function createBeside(query: Query, rows: string, table: TableShape, fit: Fit, block: Block): Promise<void> {
  await query(`drop table if exists ${rows}`);
  // Columns only: neither constraints nor defaults nor triggers stand between the backup and what is compared.
  await query(`create unlogged table ${rows} as select ${idents(fit.columns)} from ${inSql(table)} with no data`);
  const sent = new Set(block.columns);
  for (const name of fit.ignored.filter((column) => sent.has(column))) {
    await query(`alter table ${rows} add column ${ident(name)} text`);
  }
}

function differ(a: Fit, b: Fit): boolean {
  return a.columns.join('\n') !== b.columns.join('\n') || a.ignored.join('\n') !== b.ignored.join('\n');
}

/** The message without the value that it quotes: it is a customer's. */
function rowProblem(table: TableShape, thrown: unknown): unknown {
  if (thrown instanceof Refusal || thrown instanceof Fault || !(thrown instanceof Error)) return thrown;
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  if (code === DISK_FULL) return thrown;
  const message = thrown.message.replace(/: ".*$/s, '');
  if (!/^2[23]/.test(code))
    return new Fault(`loading ${inWords(table)} beside the live table`, { cause: new Error(message) });
  const where = 'where' in thrown && typeof thrown.where === 'string' ? thrown.where : '';
  const [, line, column] = /, line (\d+)(?:, column ([^:]+))?/.exec(where) ?? [];
  const at = [line === undefined ? '' : `row ${line}`, column ?? ''].filter((part) => part !== '').join(', column ');
  const why = `The rows of the backup do not fit to ${inWords(table)} as it is now: ${message}${at === '' ? '' : ` (${at})`}.`;
  return new Refusal('rows-do-not-fit', why, whole);
}

function keyProblem(table: TableShape) {
  return (thrown: unknown): never => {
    if (!(thrown instanceof Error && 'code' in thrown && (thrown.code === '23505' || thrown.code === '23502')))
      throw thrown;
    const why = `The backup has rows of ${inWords(table)} with the same primary key, or with none: its key was another then.`;
    throw new Refusal('key-not-unique-in-backup', why, whole);
  };
}

function saysOf(table: TableShape, rows: number, { ignored, defaulted }: Fit): string {
  return [
    `${count(rows, 'row')} of ${inWords(table)} loaded from the backup.`,
    ...(ignored.length === 0 ? [] : [`Left out, because the live table has no such column: ${list(ignored)}.`]),
    ...(defaulted.length === 0 ? [] : [`Not in the backup, so inserted rows get the default: ${list(defaulted)}.`]),
  ].join(' ');
}
