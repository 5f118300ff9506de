// What has become of the objects between two storage manifests.
import { type Entry, entriesOf } from './manifest.ts';

export type Difference = {
  readonly bucket: string;
  readonly added: number;
  readonly removed: number;
  /** Other content under the same key. */
  readonly changed: number;
  readonly unchanged: number;
  /** The first keys that are gone, five at most. */
  readonly gone: readonly string[];
};

const EXAMPLES = 5;

type Counts = { added: number; removed: number; changed: number; unchanged: number; gone: string[] };

/** Bucket by bucket, by name. Holds the keys of the older manifest: about 75 MB for 100,000 objects. */
export async function compareManifests(older: string, newer: string, signal: AbortSignal): Promise<Difference[]> {
  const before = new Map<string, Map<string, string>>();
  for await (const entry of entriesOf(older, signal)) at(before, entry.bucket, newMap).set(entry.key, contentOf(entry));

  const counts = new Map<string, Counts>();
  for (const bucket of before.keys()) at(counts, bucket, newCounts);
  for await (const entry of entriesOf(newer, signal)) {
    const count = at(counts, entry.bucket, newCounts);
    const known = before.get(entry.bucket);
    const was = known?.get(entry.key);
    if (was === undefined) count.added += 1;
    else if (was === contentOf(entry)) count.unchanged += 1;
    else count.changed += 1;
    known?.delete(entry.key);
  }

  for (const [bucket, left] of before) {
    const count = at(counts, bucket, newCounts);
    count.removed = left.size;
    count.gone = [...left.keys()].slice(0, EXAMPLES);
  }
  return [...counts]
    .map(([bucket, count]) => ({ bucket, ...count }))
    .toSorted((a, b) => (a.bucket < b.bucket ? -1 : 1));
}

/** Where there is an etag it stands for the content; a new date alone changes nothing. */
function contentOf({ etag, bytes, updatedAt }: Entry): string {
  return `${bytes} ${etag ?? updatedAt}`;
}

function at<T>(map: Map<string, T>, key: string, make: () => T): T {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

const newMap = () => new Map<string, string>();
const newCounts = (): Counts => ({ added: 0, removed: 0, changed: 0, unchanged: 0, gone: [] });
