// A shelf: the application's schemas beside those in use, with the rows of auth that belong to them, and the mark on it.
import { z } from 'zod';
import { Refusal } from '../../../core/errors.ts';
import { Built } from '../../../core/facts.ts';
import type { Query } from '../../../postgres/connect.ts';
import { inUse, isMoved, isShelfName } from '../names.ts';
import { ident, literal } from './sql.ts';

/** Built from a backup, never in use yet. Kept as the comment on the schema that stands for `public`. */
const Candidate = z.object({
  holdfast: z.literal('candidate'),
  /** "op-41" */
  operation: z.string(),
  backup: z.string(),
  sha256: z.string().nullable(),
  /** Known when it is loaded. In marks of earlier versions it is not: such a candidate is never taken for a warm one. */
  built: Built.nullable().default(null),
  /** Masked while it was loaded, and searched before it left the worker. */
  masked: z.boolean(),
  state: z.enum(['loading', 'loaded', 'checked']),
  checkedAt: z.string().nullable(),
});

/** Was in use once. */
const Previous = z.object({
  holdfast: z.literal('previous'),
  operation: z.string(),
  replacedBy: z.string(),
  at: z.string(),
  /** Until when it is kept; null: until somebody says so. */
  until: z.string().nullable(),
  /** What was put aside or would have been, by the names in use: a schema that is not on the shelf was not there before. */
  schemas: z.array(z.string()),
});

const ShelfMark = z.discriminatedUnion('holdfast', [Candidate, Previous]);
export type ShelfMark = z.infer<typeof ShelfMark>;
export type CandidateMark = z.infer<typeof Candidate>;
export type PreviousMark = z.infer<typeof Previous>;

/** Null when the comment is none of ours. */
export function markIn(comment: string | null): ShelfMark | null {
  try {
    return ShelfMark.safeParse(JSON.parse(comment ?? '')).data ?? null;
  } catch {
    return null;
  }
}

export function marking(shelf: string, mark: ShelfMark): string {
  return `comment on schema ${ident(shelf)} is ${literal(JSON.stringify(mark))}`;
}

export type Shelf = {
  readonly name: string;
  /** `<system identifier>/<database>/<schema>`: no rename changes it. */
  readonly identity: string;
  readonly comment: string | null;
};

export const IDENTITY = `(select system_identifier from pg_control_system()) || '/' ||
  (select oid from pg_database where datname = current_database()) || '/'`;

/** Null when there is no schema of this name. */
export async function shelfOf(query: Query, name: string): Promise<Shelf | null> {
  const [row] = await query<Shelf>(
    `select nspname::text as name, ${IDENTITY} || oid as identity, obj_description(oid, 'pg_namespace') as comment
       from pg_namespace where nspname = $1`,
    [name],
  );
  return row ?? null;
}

/** All schemas of a shelf, whether it is whole or not. */
export async function kinOf(query: Query, shelf: string): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `select nspname::text as name from pg_namespace where nspname = $1 or starts_with(nspname::text, $1 || '_') order by 1`,
    [shelf],
  );
  return rows.map(({ name }) => name);
}

/** By the names in use: `public`, `supabase_migrations`; without the rows of auth. */
export async function schemasOn(query: Query, shelf: string): Promise<string[]> {
  return (await kinOf(query, shelf)).map((schema) => inUse(shelf, schema)).filter(isMoved);
}

/** Schemas of the application that are in use. */
export async function schemasInUse(query: Query): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `select nspname::text as name from pg_namespace n
      where not exists (select from pg_depend where classid = 'pg_namespace'::regclass and objid = n.oid and deptype = 'e')
      order by 1`,
  );
  return rows.map(({ name }) => name).filter(isMoved);
}

/** Throws a Refusal when it is not there, or no candidate. */
export function mustBeCandidate(name: string, shelf: Shelf | null): CandidateMark {
  const mark = markIn(shelf?.comment ?? null);
  if (mark?.holdfast === 'candidate') return mark;
  const why =
    shelf === null ? `There is no schema ${name}.` : `The schema ${name} bears no mark of a candidate of ours.`;
  throw new Refusal('not-a-candidate', why, 'It is left as it is. Ask for a new plan.');
}

/**
 * What this operation itself has made; null when nothing is there, or a load that was interrupted before it was marked: the
 * name holds the operation. Throws a Refusal for what is somebody else's.
 */
export function ownMark(name: string, shelf: Shelf | null, operation: string): ShelfMark | null {
  if (shelf === null) return null;
  const mark = markIn(shelf.comment);
  if (mark?.operation === operation) return mark;
  if (shelf.comment === null && name.startsWith(`hf_${operation.replace('-', '')}_`)) return null;
  const whose = mark === null ? 'bears no mark of ours' : `belongs to ${mark.operation}`;
  throw new Refusal('name-taken', `The schema ${name} ${whose}.`, 'It is left as it is. Ask for a new plan.');
}

/** Objects elsewhere that would go with the schemas, or keep speaking of them after they are exchanged. */
export async function leaningOn(
  query: Query,
  schemas: readonly string[],
): Promise<{ what: string; isTrigger: boolean }[]> {
  return await query(LEANING, [schemas]);
}

// Foreign keys and triggers of the schema auth are carried over by the exchange; here they count all the same.
const LEANING = `
  with kin as (select oid from pg_namespace where nspname = any($1::text[])),
  inside as (
    select 'pg_class'::regclass as class, oid from pg_class where relnamespace in (select oid from kin)
    union all select 'pg_proc'::regclass, oid from pg_proc where pronamespace in (select oid from kin)
    union all select 'pg_type'::regclass, oid from pg_type where typnamespace in (select oid from kin)),
  leaning as (
    select distinct d.classid, d.objid from pg_depend d join inside i on d.refclassid = i.class and d.refobjid = i.oid
     where d.deptype in ('n', 'a'))
  select pg_describe_object(l.classid, l.objid, 0) as what, t.oid is not null as "isTrigger"
    from leaning l
    left join pg_policy p on l.classid = 'pg_policy'::regclass and p.oid = l.objid
    left join pg_trigger t on l.classid = 'pg_trigger'::regclass and t.oid = l.objid
    left join pg_rewrite r on l.classid = 'pg_rewrite'::regclass and r.oid = l.objid
    left join pg_constraint k on l.classid = 'pg_constraint'::regclass and k.oid = l.objid
    left join pg_attrdef a on l.classid = 'pg_attrdef'::regclass and a.oid = l.objid
    left join pg_class c on c.oid = coalesce(p.polrelid, t.tgrelid, r.ev_class, nullif(k.conrelid, 0), a.adrelid,
                                             case when l.classid = 'pg_class'::regclass then l.objid end)
    left join pg_proc f on l.classid = 'pg_proc'::regclass and f.oid = l.objid
   where coalesce(c.relnamespace, f.pronamespace) not in (select oid from kin) and t.tgisinternal is not true
     and coalesce(c.relnamespace, f.pronamespace) <> 'pg_toast'::regnamespace
   order by 1`;

/**
 * Removes the whole shelf and reads back that it is gone; false when there was none. Throws a Refusal, with everything left
 * as it is, when something elsewhere would go with it. Whose it is has to be known before.
 */
export async function dropShelf(query: Query, name: string): Promise<boolean> {
  if (!isShelfName(name)) throw new Refusal('not-a-shelf', `${name} is none of ours.`, 'It is left as it is.');
  const kin = await kinOf(query, name);
  if (kin.length === 0) return false;
  const leaning = await leaningOn(query, kin);
  if (leaning.length > 0) {
    const what = leaning.slice(0, 3).map((each) => each.what);
    throw new Refusal(
      'still-used',
      `${name} is not dropped: ${what.join(', ')} still uses something in it.`,
      'Make it use what is in public now, then ask again.',
    );
  }
  await query(`drop schema ${kin.map(ident).join(', ')} cascade`);
  return true;
}
