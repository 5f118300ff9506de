// The SQL by which rows of two databases are compared without moving them.
import type { Column, Shape } from './shape.ts';

/** How one table is asked for on both sides alike: hashes name the columns in the order of the live table. */
export type Asked = {
  /** bigint per row: of all columns that both sides have. */
  readonly row: string;
  /** bigint per row: of the primary key; of the whole row where there is none on both sides. */
  readonly key: string;
  readonly hasKey: boolean;
  /** Where the two tables differ in their columns: "column memo is only in live". */
  readonly notes: readonly string[];
};

export function askedOf(live: Shape, candidate: Shape): Asked {
  const there = new Map(candidate.columns.map((column) => [column.name, column]));
  const here = new Set(live.columns.map(({ name }) => name));
  const both = live.columns.flatMap((column) => {
    const other = there.get(column.name);
    return other === undefined ? [] : [{ ...column, hashable: column.hashable && other.type === column.type }];
  });
  const row = hashOf(both);
  const hasKey = live.key !== null && live.key.join('\n') === candidate.key?.join('\n');
  return {
    row,
    key: hasKey ? hashOf(both.filter(({ name }) => live.key?.includes(name))) : row,
    hasKey,
    notes: [
      ...live.columns.filter(({ name }) => !there.has(name)).map(({ name }) => `column ${name} is only in live`),
      ...candidate.columns
        .filter(({ name }) => !here.has(name))
        .map(({ name }) => `column ${name} is only in the candidate`),
      ...live.columns.flatMap(({ name, type }) => {
        const other = there.get(name)?.type ?? type;
        return other === type ? [] : [`column ${name} is ${type} in live, ${other} in the candidate`];
      }),
    ],
  };
}

/**
 * In text the hash does not depend on how a type is hashed; the settings of the session make it the same everywhere.
 * @internal
 */
export function hashOf(columns: readonly Column[]): string {
  if (columns.length === 0) return '0::bigint';
  const parts = columns.map(({ name, hashable }) => {
    const column = `"${name.replaceAll('"', '""')}"`;
    return hashable ? column : `${column}::text collate "C"`;
  });
  return `hash_record_extended(row(${parts.join(', ')}), 0)`;
}

export function sumsSql(shape: Shape, { row }: Pick<Asked, 'row'>): string {
  return `select count(*)::text as rows, coalesce(sum(${row}), 0)::text as sum from ${fromOf(shape)}`;
}

export function bucketsSql(shape: Shape, { row, key }: Asked, buckets: number): string {
  return `select bucket, count(*)::int as rows, sum(row)::text as sum
    from (select (${key} & ${buckets - 1})::int as bucket, ${row} as row from ${fromOf(shape)}) hashed group by bucket`;
}

/** In the order of the keys' hashes, so that two such lists can be walked through side by side. */
export function rowsSql(shape: Shape, { row, key }: Asked, buckets: number, wanted: readonly number[]): string {
  const hashed = `select ${key} as key, ${row} as row from ${fromOf(shape)}`;
  return `select key::text as key, row::text as row from (${hashed}) hashed
    where (hashed.key & ${buckets - 1})::int = any ('{${wanted.join(',')}}'::int[]) order by hashed.key, hashed.row`;
}

/** Rows of inheriting tables are told with their own table, and not with the one above it. */
function fromOf({ schema, name, partitioned }: Shape): string {
  return `${partitioned ? '' : 'only '}${[schema, name].map((part) => `"${part.replaceAll('"', '""')}"`).join('.')}`;
}
