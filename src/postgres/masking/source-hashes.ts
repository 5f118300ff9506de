// The source values as a table of hashes in the candidate's server: what the scan compares every text there with.
import { randomBytes } from 'node:crypto';
import { Fault } from '../../core/errors.ts';
import type { Query } from '../connect.ts';
import type { CopyRow } from './copy-text.ts';
import { findNeedles, isCompared, type Needle, WITHIN } from './needles.ts';
import type { TableName } from './rules.ts';
import type { Sources } from './sources.ts';
import { writeTextHash } from './text-hash.ts';
import { formOf, type MaskedColumn } from './written.ts';

/** Everything of the scan that stands in the candidate for a while. */
export const SCAN_SCHEMA = 'holdfast_scan';

const TABLES = ['source', 'common'] as const;
/** A value that more rows than this have is a category. */
const RARE = 20;

export type SourceHashes = {
  /** With which the server hashes: `hashtextextended(text, seed)`. Random, so that nobody can try names out on the table. */
  readonly seed: string;
  /** Values that are looked for; one that several rows have counts several times. */
  readonly values: number;
  /** Different values that too many rows have, in columns of free text. */
  readonly leftOut: number;
  readonly rows: ReadonlyMap<string, number>;
};

export const keyOf = ({ schema, table }: TableName): string => JSON.stringify([schema, table]);

/** Fills `holdfast_scan.source (hash)`. Memory stays flat: hashes are sent in batches, and no value is kept. */
export async function collectHashes(
  query: Query,
  columns: readonly MaskedColumn[],
  sources: Sources,
): Promise<SourceHashes> {
  const seed = randomBytes(8).readBigInt64BE();
  await mustAgree(query, seed);
  for (const table of TABLES) await query(`create unlogged table ${SCAN_SCHEMA}.${table} (hash bigint)`);
  const own = new RegExp([...new Set(columns.map(formOf))].join('|'));
  const isOwn = (text: string) => own.test(text);
  const tables = [...Map.groupBy(columns, keyOf).values()].map(tableOf);
  const batches = [new Batch(seed), new Batch(seed)] as const;
  let sent: Promise<unknown> = Promise.resolve();
  const send = async (atLeast: number) => {
    for (const [at, batch] of batches.entries()) {
      if (batch.size < atLeast) continue;
      // One batch is on its way while the next one is read.
      await sent;
      sent = query(`insert into ${SCAN_SCHEMA}.${TABLES[at]} select unnest($1::bigint[])`, [batch.take()]);
      // Its failure is thrown where the next one waits for it.
      sent.catch(() => {});
    }
  };
  await sources(
    tables.map(({ wanted }) => wanted),
    async (read) => {
      for (const row of read) {
        addRow(row, tables, isOwn, batches);
        // A row may hold a large document.
        if (batches.some(({ size }) => size >= BATCH)) await send(BATCH);
      }
    },
  );
  await send(1);
  await sent;
  const rows = new Map(tables.map((table) => [keyOf(table.wanted), table.rows]));
  return { seed: String(seed), rows, ...(await settle(query)) };
}

type Table = {
  readonly wanted: TableName & { readonly columns: string[] };
  readonly columns: readonly MaskedColumn[];
  rows: number;
};

function tableOf(of: readonly MaskedColumn[]): Table {
  const [{ schema, table } = { schema: '', table: '' }] = of;
  return { wanted: { schema, table, columns: of.map(({ column }) => column) }, columns: of, rows: 0 };
}

function addRow(
  row: CopyRow,
  tables: readonly Table[],
  isOwn: (text: string) => boolean,
  [values, common]: readonly [Batch, Batch],
): void {
  const table = tables.find(({ wanted }) => wanted === row.table);
  if (table === undefined) return;
  table.rows += 1;
  const add = (needle: Needle) => {
    (needle.common ? common : values).add(needle.is === 'value' ? needle.text : WITHIN[needle.is] + needle.text);
  };
  for (let at = 0; at < table.columns.length; at += 1) {
    const column = table.columns[at];
    const value = row.values[at];
    if (column !== undefined && value != null && isCompared(column)) {
      findNeedles(column, value.toString(), isOwn, add);
    }
  }
}

async function settle(query: Query): Promise<{ values: number; leftOut: number }> {
  const [common] = await query<{ often: string }>(
    `with words as (select hash, count(*) <= ${RARE} as is_rare from ${SCAN_SCHEMA}.common group by hash),
          kept as (insert into ${SCAN_SCHEMA}.source select hash from words where is_rare)
     select count(*) filter (where not is_rare) as often from words`,
  );
  await query(`create index on ${SCAN_SCHEMA}.source (hash)`);
  await query(`analyze ${SCAN_SCHEMA}.source`);
  const [kept] = await query<{ values: string }>(`select count(*) as values from ${SCAN_SCHEMA}.source`);
  return { values: Number(kept?.values), leftOut: Number(common?.often) };
}

/** The hash is PostgreSQL's own affair: a server that made it otherwise would find nothing, whatever there is. */
async function mustAgree(query: Query, seed: bigint): Promise<void> {
  const batch = new Batch(seed);
  const probes = ['', 'a', 'test-1@example.com', 'Zoë Müller', 'x'.repeat(100)];
  for (const probe of probes) batch.add(probe);
  const [row] = await query<{ agree: boolean }>(
    `select array_agg(pg_catalog.hashtextextended(lower(probe collate "C"), $2::bigint) order by at) = $1::bigint[] as agree
       from unnest($3::text[]) with ordinality as p (probe, at)`,
    [batch.take(), String(seed), probes],
  );
  if (row?.agree !== true)
    throw new Fault('comparing with the backup: this server hashes texts in a way that is not known');
}

const BATCH = 20_000;
const HEADER = 20;
const ELEMENT = 12;
const BIGINT_OID = 20;

/** Hashes as a PostgreSQL array of bigint in its binary form. */
class Batch {
  size = 0;
  readonly #seed: bigint;
  #array: Buffer = Buffer.alloc(HEADER + BATCH * ELEMENT);
  #text: Buffer = Buffer.alloc(4096);

  constructor(seed: bigint) {
    this.#seed = seed;
  }

  /** Letters of ASCII count in either case, as the scan lowers them. */
  add(text: string): void {
    if (text.length * 3 > this.#text.length) this.#text = Buffer.alloc(text.length * 3);
    const length = this.#text.write(text);
    for (let i = 0; i < length; i += 1) {
      const byte = this.#text[i] ?? 0;
      if (byte >= 0x41 && byte <= 0x5a) this.#text[i] = byte + 0x20;
    }
    const at = HEADER + this.size * ELEMENT;
    if (at + ELEMENT > this.#array.length) this.#array = Buffer.concat([this.#array, Buffer.alloc(this.#array.length)]);
    this.#array.writeInt32BE(8, at);
    writeTextHash(this.#array, at + 4, this.#text, length, this.#seed);
    this.size += 1;
  }

  take(): Buffer {
    const array = Buffer.from(this.#array.subarray(0, HEADER + this.size * ELEMENT));
    for (const [at, value] of [1, 0, BIGINT_OID, this.size, 1].entries()) array.writeInt32BE(value, at * 4);
    this.size = 0;
    return array;
  }
}
