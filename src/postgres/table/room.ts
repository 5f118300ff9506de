// Would the rows of a backup fit on the disk beside the live table? Asked before one of them is loaded.
import { Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { megabytes } from '../../core/wording.ts';
import type { TableData } from '../archive/archive.ts';
import { type Query, withDatabase } from '../connect.ts';
import { withHeadroom } from '../headroom.ts';
import { inWords, type TableName } from './names.ts';
import { shapeOf } from './shape.ts';

export type RoomRequest = {
  /** As typed: `entries`, `billing.entries`. */
  readonly table: string;
  /** What reading the archive told, by `schema.name`; null where rows come from elsewhere: then the live table is the measure. */
  readonly contents: Readonly<Record<string, TableData>> | null;
  /** On the disk of the server's data; null when nobody can say. */
  readonly freeBytes: number | null;
  readonly purpose: string;
  readonly signal?: AbortSignal;
};

/** What a row takes besides its text: its header, and its place in the primary key. */
const PER_ROW = 64;
/** They stand beside the live ones; what is put back, and kept for undo, can be as much again. */
const COPIES = 2;

/** Answers with a sentence for a person. Throws Refusal when there is too little room. */
export async function mustHaveDisk(database: Secret, request: RoomRequest): Promise<string> {
  const { contents, freeBytes: free, table: typed, ...options } = request;
  const connection = { ...options, readOnly: true, timeoutSeconds: 60 };
  const { table, rows, live } = await withDatabase(database, connection, async (query) => {
    const table = await shapeOf(query, typed);
    const tree = await treeOf(query, table.oid);
    return { table, rows: contents === null ? null : sumOf(contents, tree), live: bytesOf(tree) };
  });
  const copy = rows === null ? live : rows.bytes + rows.rows * PER_ROW;
  const needed = withHeadroom(copy * COPIES);
  const basis = rows === null ? 'as large as the live one' : 'by what the backup holds';
  const wanted = `${inWords(table)} takes about ${megabytes(copy)} (${basis}); ${megabytes(needed)} are needed to merge it`;
  if (free === null) return `${wanted}. How much is free could not be read.`;
  if (free >= needed) return `${wanted}, ${megabytes(free)} are free.`;
  throw new Refusal(
    'disk-too-small',
    `${wanted}, but only ${megabytes(free)} are free on the server of the live database.`,
    'Nothing was loaded. Free space there (what is kept for undo goes with `/dr cleanup`), then ask again.',
  );
}

type Part = TableName & { readonly bytes: string };

/** The table with its partitions, or with those that inherit from it. */
async function treeOf(query: Query, oid: string): Promise<Part[]> {
  return await query<Part>(
    `with recursive tree (oid) as (
       select $1::oid union select inhrelid from pg_inherits join tree on inhparent = tree.oid)
     select nspname::text as schema, relname::text as name, pg_total_relation_size(c.oid)::text as bytes
       from tree join pg_class c on c.oid = tree.oid join pg_namespace n on n.oid = relnamespace`,
    [oid],
  );
}

function bytesOf(tree: readonly Part[]): number {
  return tree.reduce((sum, { bytes }) => sum + Number(bytes), 0);
}

/** Null when it tells nothing of the table: it was dumped as INSERTs. */
function sumOf(contents: NonNullable<RoomRequest['contents']>, tree: readonly Part[]): TableData | null {
  const told = tree.map((part) => contents[inWords(part)]).filter((part) => part !== undefined);
  if (told.length === 0) return null;
  return told.reduce((sum, { rows, bytes }) => ({ rows: sum.rows + rows, bytes: sum.bytes + bytes }));
}
