// The schema beside the live table, closed to others, and the mark in it that says what was done.
import { Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { type Query, withDatabase } from '../connect.ts';
import { besideNames, ident, inWords, type TableName } from './names.ts';
import { shapeOf } from './shape.ts';

/** What was done in this schema, each written in the transaction that did it. */
export type Mark = {
  readonly table: TableName;
  /** Rows that were loaded: after a crash of the server the table that held them is empty. */
  readonly loaded: number;
  readonly merged: Merged | null;
  readonly undone: Undone | null;
};

export type Merged = {
  readonly mode: 'missing' | 'replace';
  readonly inserted: number;
  readonly updated: number;
  /** The next number that each sequence gives, where it had to be raised. */
  readonly sequences: readonly { readonly name: string; readonly from: string; readonly to: string }[];
};

export type Undone = {
  readonly deleted: number;
  readonly restored: number;
  /** Rows that were left as they are: changed since by others, needed by rows of other tables, gone already. */
  readonly left: { readonly changed: number; readonly referenced: number; readonly gone: number };
};

const COMMENT = 'Holdfast: a table of a backup beside the live one';

/** Makes the schema, or takes the one that an earlier attempt made. Refuses one of others, or one that holds a pre-image. */
export async function takeSchema(query: Query, schema: string, table: TableName): Promise<void> {
  const found = await commentOf(query, schema);
  mustBeOurs(schema, found === undefined ? COMMENT : found);
  if (found === undefined) await query(`create schema ${ident(schema)}`);
  else {
    const mark = await readMark(query, schema, table);
    if (mark !== null && mark.merged !== null) {
      const why = `${inWords(table)} was merged from ${schema} already: its pre-image is kept there.`;
      throw new Refusal('already-merged', why, 'Undo that operation, or start a new one.');
    }
  }
  await query(`comment on schema ${ident(schema)} is '${COMMENT}'`);
  const grantees = await query<{ name: string | null }>(
    `select distinct r.rolname as name from pg_namespace n, aclexplode(n.nspacl) g left join pg_roles r on r.oid = g.grantee
      where n.nspname = $1 and g.grantee <> n.nspowner`,
    [schema],
  );
  for (const { name } of grantees) {
    await query(`revoke all on schema ${ident(schema)} from ${name === null ? 'public' : ident(name)}`);
  }
}

export async function writeMark(query: Query, schema: string, table: TableName, loaded: number): Promise<void> {
  const { mark } = besideNames(schema, table);
  await query(`drop table if exists ${mark}`);
  await query(
    `create table ${mark} (schema text not null, name text not null, loaded bigint not null, merged jsonb, undone jsonb)`,
  );
  // Where all tables are published, a row without an identity could not be changed.
  await query(`alter table ${mark} replica identity full`);
  await query(`insert into ${mark} values ($1, $2, $3)`, [table.schema, table.name, loaded]);
}

/** Null when nothing was loaded. With `lock` it is held until the end of the transaction; waiting throws at lock_timeout. */
async function readMark(query: Query, schema: string, table: TableName, lock = false): Promise<Mark | null> {
  const { mark } = besideNames(schema, table);
  const [there] = await query<{ oid: string | null }>('select to_regclass($1)::oid::text as oid', [mark]);
  if (there?.oid == null) return null;
  const [row] = await query<TableName & { loaded: string; merged: Merged | null; undone: Undone | null }>(
    `select * from ${mark}${lock ? ' for update' : ''}`,
  );
  if (row === undefined) return null;
  const { name, loaded, merged, undone } = row;
  if (row.schema !== table.schema || name !== table.name) {
    throw new Refusal(
      'beside-taken',
      `${schema} holds ${row.schema}.${name}, not ${inWords(table)}.`,
      'Start a new operation.',
    );
  }
  return { table: { schema: row.schema, name }, loaded: Number(loaded), merged, undone };
}

export async function mustBeLoaded(query: Query, schema: string, table: TableName, lock = false): Promise<Mark> {
  const mark = await readMark(query, schema, table, lock);
  if (mark !== null) return mark;
  throw new Refusal('not-loaded', `${schema} does not hold ${inWords(table)} of a backup.`, 'Start a new operation.');
}

export type MergeState = 'merged' | 'undone' | 'not_merged' | 'unclear';

type Options = { readonly purpose: string; readonly signal?: AbortSignal };
type Which = Options & { readonly table: string; readonly beside: string };

/**
 * What became of a merge that was begun, read after a crash. `unclear`: it may still be running, or what was loaded is gone.
 */
export async function mergeState(database: Secret, { table, beside, ...options }: Which): Promise<MergeState> {
  return await withDatabase(database, { ...options, readOnly: false, timeoutSeconds: 60 }, async (query) => {
    await query("begin; set local lock_timeout = '2s'");
    try {
      const mark = await readMark(query, beside, await shapeOf(query, table), true);
      if (mark === null) return 'unclear';
      if (mark.undone !== null) return 'undone';
      return mark.merged === null ? 'not_merged' : 'merged';
    } catch (thrown) {
      if (isLockTimeout(thrown)) return 'unclear';
      throw thrown;
    }
  });
}

type DropOptions = Options & {
  /** Otherwise refused while a merge stands that can be taken back by it only. */
  readonly preimage?: 'given up';
};

/** Removes the schema with the loaded rows and the pre-image. One that is gone is fine; one that is not ours is refused. */
export async function dropBeside(
  database: Secret,
  schema: string,
  { preimage, ...options }: DropOptions,
): Promise<void> {
  await withDatabase(database, { ...options, readOnly: false, timeoutSeconds: 300 }, async (query) => {
    await query("begin; set local lock_timeout = '10s'");
    const found = await commentOf(query, schema);
    if (found !== undefined) {
      mustBeOurs(schema, found);
      if (preimage !== 'given up') await mustNotBeNeeded(query, schema);
      await query(`drop schema ${ident(schema)} cascade`);
    }
    await query('commit');
  });
}

/** A merge that is about to commit is waited for. */
async function mustNotBeNeeded(query: Query, schema: string): Promise<void> {
  const mark = `${ident(schema)}.holdfast_mark`;
  const [there] = await query<{ oid: string | null }>('select to_regclass($1)::oid::text as oid', [mark]);
  if (there?.oid == null) return;
  const [row] = await query<Pick<Mark, 'merged' | 'undone'>>(`select merged, undone from ${mark} for update`);
  if (row === undefined || row.merged === null || row.undone !== null) return;
  throw new Refusal(
    'preimage-kept',
    `${schema} keeps the rows as they were before a merge that was not taken back. It is left as it is.`,
    'Take the merge back first, or remove it with `/dr cleanup`.',
  );
}

export function isLockTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === '55P03';
}

/** Undefined when there is no such schema. */
async function commentOf(query: Query, schema: string): Promise<string | null | undefined> {
  const [found] = await query<{ comment: string | null }>(
    "select obj_description(oid, 'pg_namespace') as comment from pg_namespace where nspname = $1",
    [schema],
  );
  return found?.comment;
}

function mustBeOurs(schema: string, comment: string | null): void {
  if (comment === COMMENT && schema.startsWith('holdfast_')) return;
  throw new Refusal(
    'schema-not-ours',
    `The schema ${schema} was not made by Holdfast.`,
    'Rename or remove it, then ask again.',
  );
}
