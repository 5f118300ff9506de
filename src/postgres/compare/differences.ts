// How many rows of a table are only on one side, or not alike, without moving the rows: buckets first, then hashes of the rest.
import type { Query } from '../connect.ts';
import { type Asked, bucketsSql, rowsSql } from './row-hash.ts';
import type { Shape } from './shape.ts';

export type Differences = {
  /** Rows that only live has: a restore loses them. */
  readonly lost: number;
  /** Rows that only the candidate has: a restore brings them back. */
  readonly broughtBack: number;
  /** Rows with the same primary key and other content; null without a primary key, where they count as lost and brought back. */
  readonly changed: number | null;
};

type Side = { readonly query: Query; readonly shape: Shape; readonly rows: number };

/** Beyond this many rows in differing buckets their hashes alone would take minutes to be moved. */
const MOST_ROWS = 5_000_000;

/** Exact, but for two keys with the same 64-bit hash. Null when too many rows may differ to be counted one by one. */
export async function differencesOf(live: Side, candidate: Side, asked: Asked): Promise<Differences | null> {
  const buckets = bucketsFor(Math.max(live.rows, candidate.rows));
  const [here, there] = await Promise.all([live, candidate].map((side) => sumsByBucket(side, asked, buckets)));
  const wanted = [...new Set([...(here?.keys() ?? []), ...(there?.keys() ?? [])])].filter(
    (bucket) => here?.get(bucket)?.sum !== there?.get(bucket)?.sum,
  );
  const rows = wanted.reduce(
    (sum, bucket) => sum + (here?.get(bucket)?.rows ?? 0) + (there?.get(bucket)?.rows ?? 0),
    0,
  );
  if (rows > MOST_ROWS) return null;
  const [lost, broughtBack, changed] = await walk(
    rowsIn(live, asked, buckets, wanted),
    rowsIn(candidate, asked, buckets, wanted),
  );
  return { lost, broughtBack, changed: asked.hasKey ? changed : null };
}

/** A power of two: about 32 rows in each, and not more of them than can be compared at once. */
function bucketsFor(rows: number): number {
  return 2 ** Math.min(16, Math.max(6, Math.ceil(Math.log2(Math.max(1, rows / 32)))));
}

async function sumsByBucket({ query, shape }: Side, asked: Asked, buckets: number) {
  const rows = await query<{ bucket: number; rows: number; sum: string }>(bucketsSql(shape, asked, buckets));
  // Two buckets with the same sum but another number of rows are not the same.
  return new Map(rows.map(({ bucket, rows, sum }) => [bucket, { rows, sum: `${rows} ${sum}` }]));
}

type Hashed = { readonly key: bigint; readonly row: bigint };
const AT_ONCE = 20_000;

async function* rowsIn(
  { query, shape }: Side,
  asked: Asked,
  buckets: number,
  wanted: readonly number[],
): AsyncGenerator<Hashed[]> {
  await query(`declare hashes no scroll cursor for ${rowsSql(shape, asked, buckets, wanted)}`);
  for (;;) {
    const rows = await query<{ key: string; row: string }>(`fetch ${AT_ONCE} from hashes`);
    if (rows.length === 0) break;
    yield rows.map(({ key, row }) => ({ key: BigInt(key), row: BigInt(row) }));
  }
  await query('close hashes');
}

/** Both in ascending order. Rows of the same key are told apart by what is in them. */
async function walk(
  here: AsyncGenerator<Hashed[]>,
  there: AsyncGenerator<Hashed[]>,
): Promise<[number, number, number]> {
  let [lost, broughtBack, changed] = [0, 0, 0];
  let [ours, theirs] = await Promise.all([pageOf(here), pageOf(there)]);
  for (let [n, m] = [0, 0]; ; ) {
    // Waiting for every single row would take longer than all the rest.
    if (n === ours.length && n > 0) [ours, n] = [await pageOf(here), 0];
    if (m === theirs.length && m > 0) [theirs, m] = [await pageOf(there), 0];
    const [mine, its] = [ours[n], theirs[m]];
    if (mine === undefined && its === undefined) return [lost, broughtBack, changed];
    if (its === undefined || (mine !== undefined && mine.key < its.key)) {
      lost += 1;
      n += 1;
    } else if (mine === undefined || its.key < mine.key) {
      broughtBack += 1;
      m += 1;
    } else {
      if (mine.row !== its.row) changed += 1;
      n += 1;
      m += 1;
    }
  }
}

/** Empty at the end. */
async function pageOf(rows: AsyncGenerator<Hashed[]>): Promise<Hashed[]> {
  const next = await rows.next();
  return next.done === true ? [] : next.value;
}
