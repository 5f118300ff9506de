// What would be lost and what would come back: every table of the live database and of the candidate, counted and hashed.
import { Fault } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { Query } from '../connect.ts';
import { type Differences, differencesOf } from './differences.ts';
import { type Asked, askedOf, sumsSql } from './row-hash.ts';
import { type Shape, shapesOf } from './shape.ts';
import { type SnapshotOptions, withSnapshot } from './snapshot.ts';

export type Sums = {
  readonly rows: number;
  /** Of the hashes of all rows, in whatever order they lie. Duplicates count, which XOR would cancel. */
  readonly sum: string;
};

export type TableComparison = {
  /** As it was asked for, or `schema.name`. */
  readonly table: string;
  /** Null where there is no such table. */
  readonly live: Sums | null;
  readonly candidate: Sums | null;
  /** The same columns with the same rows. */
  readonly same: boolean;
  /** Null when too many rows differ to be counted. */
  readonly differences: Differences | null;
  readonly notes: readonly string[];
};

export type CompareOptions = Omit<SnapshotOptions, 'timeoutSeconds'> & {
  readonly tables: 'all' | readonly string[];
  /** Statements at work at the same time, over both databases together. */
  readonly jobs: number;
  readonly timeoutSeconds?: number;
};

/**
 * Compares row by row, each side in one snapshot; no row leaves the server, only hashes of those that may differ. Both must
 * be of one PostgreSQL version, 14 or newer. Throws Fault, naming the table, when one cannot be read.
 */
export async function compareDatabases(
  live: Secret,
  candidate: Secret,
  { tables, jobs, ...rest }: CompareOptions,
): Promise<TableComparison[]> {
  const options = { timeoutSeconds: 3_600, ...rest };
  return await withSnapshot(live, jobs, options, (ours) =>
    withSnapshot(candidate, jobs, options, async (theirs) => {
      const lanes = ours.flatMap((query, n) => {
        const other = theirs[n];
        return other === undefined ? [] : [{ live: query, candidate: other }];
      });
      const pairs = await pairsOf(lanes, tables);
      const tasks = pairs.flatMap((pair) => [sideOf(pair, 'live'), sideOf(pair, 'candidate')]);
      const largestFirst = tasks.filter((task) => task !== null).sort((a, b) => b.shape.bytes - a.shape.bytes);
      const sums = new Map(
        await inParallel(largestFirst, lanes, async (task, lane) => [task.id, await sumsOf(task, lane)] as const),
      );
      return await inParallel(pairs, lanes, (pair, lane) => judged(pair, sums, lane));
    }),
  );
}

type Lane = { readonly live: Query; readonly candidate: Query };
type Pair = {
  readonly table: string;
  readonly live: Shape | null;
  readonly candidate: Shape | null;
  readonly asked: Asked | null;
};
type Task = {
  readonly id: string;
  readonly table: string;
  readonly side: keyof Lane;
  readonly shape: Shape;
  readonly asked: Asked;
};

async function pairsOf([lane]: readonly Lane[], tables: CompareOptions['tables']): Promise<Pair[]> {
  if (lane === undefined) throw new Fault('comparing two databases without a connection to each');
  const [here, there] = await Promise.all([shapesOf(lane.live, tables), shapesOf(lane.candidate, tables)]);
  const names = tables === 'all' ? [...new Set([...here.keys(), ...there.keys()])].sort() : tables;
  return names.map((table) => {
    const [live, candidate] = [here.get(table) ?? null, there.get(table) ?? null];
    const one = live ?? candidate;
    return { table, live, candidate, asked: one === null ? null : askedOf(one, candidate ?? one) };
  });
}

function sideOf({ table, asked, ...pair }: Pair, side: keyof Lane): Task | null {
  const shape = pair[side];
  return shape === null || asked === null ? null : { id: idOf(table, side), table, side, shape, asked };
}

function idOf(table: string, side: keyof Lane): string {
  return `${side} ${table}`;
}

async function sumsOf({ table, side, shape, asked }: Task, lane: Lane): Promise<Sums> {
  return await naming(`comparing table ${table} of the ${side === 'live' ? 'live database' : side}`, async () => {
    const [row] = await lane[side]<{ rows: string; sum: string }>(sumsSql(shape, asked));
    return { rows: Number(row?.rows), sum: row?.sum ?? '' };
  });
}

async function judged(pair: Pair, sums: ReadonlyMap<string, Sums>, lane: Lane): Promise<TableComparison> {
  const { table, asked } = pair;
  const live = sums.get(idOf(table, 'live')) ?? null;
  const candidate = sums.get(idOf(table, 'candidate')) ?? null;
  const told = { table, live, candidate, notes: asked?.notes ?? [] };
  if (asked === null || pair.live === null || pair.candidate === null || live === null || candidate === null) {
    const differences = { lost: live?.rows ?? 0, broughtBack: candidate?.rows ?? 0, changed: 0 };
    return { ...told, same: false, differences };
  }
  if (live.rows === candidate.rows && live.sum === candidate.sum) {
    return { ...told, same: told.notes.length === 0, differences: { lost: 0, broughtBack: 0, changed: 0 } };
  }
  const ours = { query: lane.live, shape: pair.live, rows: live.rows };
  const theirs = { query: lane.candidate, shape: pair.candidate, rows: candidate.rows };
  const differences = await naming(`comparing the rows of table ${table}`, () => differencesOf(ours, theirs, asked));
  return { ...told, same: false, differences };
}

async function naming<T>(activity: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Fault(activity, { cause });
  }
}

/** Every lane takes the next item as soon as it is free. The results stand in the order of the items. */
async function inParallel<Item, Lane, Result>(
  items: readonly Item[],
  lanes: readonly Lane[],
  work: (item: Item, lane: Lane) => Promise<Result>,
): Promise<Result[]> {
  const left = items.map((item, place) => ({ item, place }));
  const results: { place: number; result: Result }[] = [];
  await Promise.all(
    lanes.map(async (lane) => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        results.push({ place: next.place, result: await work(next.item, lane) });
      }
    }),
  );
  return results.sort((a, b) => a.place - b.place).map(({ result }) => result);
}
