// Functions of a backup that PostgreSQL would run while its rows are carried into a project, with the rights of whoever carries them.
import { Refusal } from '../../../core/errors.ts';
import { list } from '../../../core/wording.ts';
import type { Query } from '../../../postgres/connect.ts';

type Function = { readonly name: string; readonly digest: string };
type Used = Function & { readonly by: string };

/**
 * Throws a Refusal for a function that an index, a rule for rows, a computed column or a stored view of `backup` needs and
 * that `project` does not have as it is: one that it has runs there with these rights in any case. Both ask about `schemas`.
 * `backup` is asked as whoever may look at everything; none of the functions is called.
 */
export async function mustBringNoCode(backup: Query, project: Query, schemas: readonly string[]): Promise<void> {
  const used = await asked<Used>(backup, USED, schemas);
  if (used.length === 0) return;
  const there = new Map((await asked<Function>(project, FUNCTIONS, schemas)).map(({ name, digest }) => [name, digest]));
  const [first] = used.filter(({ name, digest }) => there.get(name) !== digest);
  if (first === undefined) return;
  const by = used.filter(({ name }) => name === first.name).map((each) => each.by);
  throw new Refusal(
    'code-in-backup',
    `${first.name} of the backup would run with the rights of Holdfast for ${list([...new Set(by)].slice(0, 3))}, and the project does not have it as it is there.`,
    'Look at it. If it is meant, create it in the project exactly as the backup has it, then ask again.',
  );
}

/** With this search_path all names come with their schemas, and mean PostgreSQL's own where they have none. */
async function asked<Row extends object>(query: Query, sql: string, schemas: readonly string[]): Promise<Row[]> {
  await query('begin read only; set local search_path = pg_catalog, pg_temp');
  const rows = await query<Row & Record<string, unknown>>(sql, [schemas]);
  await query('commit');
  return rows;
}

const OURS = `select oid from pg_namespace where nspname = any($1::text[])`;

const FUNCTION = `
  p.oid::regprocedure::text as name,
  md5(concat_ws(e'\\n', prosrc, pg_get_function_sqlbody(p.oid), lanname, prosecdef, provolatile, proconfig,
                pg_get_function_arguments(p.oid), pg_get_function_result(p.oid))) as digest`;

const FUNCTIONS = `
  select ${FUNCTION} from pg_proc p join pg_language l on l.oid = prolang where pronamespace in (${OURS})`;

// Defaults are not among them: every row brings all of its values. Triggers are made when the rows are there.
const USED = `
  with recursive ours as (${OURS}), root (by, class, oid) as (
    select 'index ' || indexrelid::regclass, 'pg_class'::regclass::oid, indexrelid
      from pg_index join pg_class c on c.oid = indexrelid where relnamespace in (select oid from ours)
    union all
    select 'table ' || c.oid::regclass, 'pg_class'::regclass, c.oid from pg_class c
     where relkind = 'p' and relnamespace in (select oid from ours)
    union all
    select 'constraint ' || conname, 'pg_constraint'::regclass, oid from pg_constraint
     where contype in ('c', 'x') and connamespace in (select oid from ours)
    union all
    select format('column %s.%I', adrelid::regclass, attname), 'pg_attrdef'::regclass, d.oid
      from pg_attrdef d join pg_attribute on attrelid = adrelid and attnum = adnum join pg_class c on c.oid = adrelid
     where attgenerated <> '' and relnamespace in (select oid from ours)
    union all
    select 'materialized view ' || ev_class::regclass, 'pg_rewrite'::regclass, r.oid
      from pg_rewrite r join pg_class c on c.oid = ev_class where relkind = 'm' and relnamespace in (select oid from ours)
    union all
    select 'statistics ' || stxname, 'pg_statistic_ext'::regclass, oid from pg_statistic_ext
     where stxnamespace in (select oid from ours)
    union all
    select 'type ' || t.oid::regtype, 'pg_type'::regclass, t.oid from pg_type t
     where typtype = 'r' and typnamespace in (select oid from ours)
  ), used (by, class, oid) as (
    select * from root
    union
    select u.by, n.class, n.oid from used u cross join lateral (
      select refclassid as class, refobjid as oid from pg_depend
       where classid = u.class and objid = u.oid
         and (refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
              or refclassid = 'pg_class'::regclass and exists (select from pg_class where oid = refobjid and relkind = 'v'))
      union all
      select 'pg_rewrite'::regclass, r.oid from pg_rewrite r join pg_class c on c.oid = ev_class
       where u.class = 'pg_class'::regclass and ev_class = u.oid and relkind = 'v') n
  )
  select distinct u.by, ${FUNCTION}
    from used u join pg_proc p on u.class = 'pg_proc'::regclass and p.oid = u.oid join pg_language l on l.oid = prolang
   where pronamespace in (select oid from ours)
     and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
   order by 2, 1`;
