// Is a database whole on disk? amcheck reads every table and every B-tree index of it, which counting rows does not do.
import { escapeIdentifier as quoted } from 'pg';
import type { Check } from '../core/check.ts';
import { reasonOf } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { count } from '../core/wording.ts';
import type { Reader } from './candidate/reader.ts';
import { type Query, withDatabase } from './connect.ts';
import { sqlStateOf } from './database-facts.ts';

export type StructureOptions = {
  readonly purpose: string;
  readonly signal: AbortSignal;
  /** Relations that are read at the same time. */
  readonly jobs: number;
  /** Besides: is every row in every index? Takes about four times as long. */
  readonly heapAllIndexed?: boolean;
  /** The longest that one relation may take. */
  readonly timeoutSeconds?: number;
  /** As whom it is read where its content is not trusted: we only put amcheck there. Default: as whoever puts it there. */
  readonly reader?: Reader;
};

/** Where amcheck is put when it is not there, and removed from again; what a crash leaves of it, the next check removes. */
const OURS = 'holdfast_amcheck';
const TABLES = 'tables on disk';

/**
 * One check for the tables and one for the indexes, and a failed one for each that is damaged. What could not be checked is
 * a warning, never a pass. Nothing is locked against readers or writers. Throws Fault when the database cannot be reached.
 */
export async function checkStructure(database: Secret, options: StructureOptions): Promise<Check[]> {
  const { reader, ...rest } = options;
  const connection = { timeoutSeconds: 3_600, ...rest, readOnly: false };
  return await withDatabase(database, connection, async (query) => {
    // Names mean PostgreSQL's own, whatever else is there.
    await query('set search_path = pg_catalog, pg_temp');
    const [server] = await query<{ version: number }>(`select current_setting('server_version_num')::int as version`);
    const functions = functionsOf(server?.version ?? 0);
    const schema = await amcheckIn(query, functions, reader?.role ?? null);
    if (typeof schema !== 'string') return [notChecked(schema.problem)];
    try {
      const all = await query<Relation>(RELATIONS);
      const readsTables = functions.includes(HEAP);
      const relations = all.filter(({ kind }) => readsTables || kind === 'index');
      const checks = judge(relations, await readAll(reader?.database ?? database, connection, schema, relations));
      return readsTables
        ? checks
        : [notChecked('only PostgreSQL 14 and newer can read them', TABLES), ...checks.slice(1)];
    } finally {
      if (schema === OURS) await query(`drop schema ${OURS} cascade`);
    }
  });
}

/** The schema of amcheck's functions; it is made for the time of the check where it is not there. */
async function amcheckIn(
  query: Query,
  functions: readonly string[],
  role: string | null,
): Promise<string | { readonly problem: string }> {
  try {
    const [there] = await query<{ schema: string; allowed: boolean }>(INSTALLED, [functions]);
    if (there === undefined) {
      const fresh = `drop schema if exists ${OURS} cascade; create schema ${OURS}; create extension amcheck schema ${OURS}`;
      await query(`begin; ${fresh}; commit`);
      if (role !== null) await query(granting(OURS, functions, role));
      return OURS;
    }
    if (there.allowed) {
      if (role !== null) await query(granting(there.schema, functions, role));
      return there.schema;
    }
    return { problem: `role may not call amcheck; do, as a superuser: ${GRANT.replaceAll('%', there.schema)}` };
  } catch (thrown) {
    if (!/^(42501|0A000|58P01|22023)$/.test(sqlStateOf(thrown))) throw thrown;
    await query('rollback');
    return {
      problem: `${reasonOf(thrown)}; do, as a superuser: CREATE EXTENSION amcheck (of the package postgresql-contrib)`,
    };
  }
}

const HEAP = 'verify_heapam(regclass, bool, bool, text, bigint, bigint)';
const INDEX = 'bt_index_check(regclass, bool)';

/**
 * Those of amcheck that are called on a server of this version (server_version_num): verify_heapam came with PostgreSQL 14.
 * @internal
 */
export function functionsOf(version: number): readonly string[] {
  return version >= 140_000 ? [HEAP, INDEX] : [INDEX];
}

const INSTALLED = `
  select quote_ident(nspname) as schema,
         (select bool_and(coalesce(has_function_privilege(to_regprocedure(quote_ident(nspname) || '.' || name), 'EXECUTE'), false))
            from unnest($1::text[]) as name) and has_schema_privilege(n.oid, 'USAGE') as allowed
    from pg_extension e join pg_namespace n on n.oid = extnamespace where extname = 'amcheck'`;

function granting(schema: string, functions: readonly string[], role: string): string {
  const named = functions.map((name) => `${schema}.${name}`).join(', ');
  return `grant usage on schema ${schema} to ${quoted(role)}; grant execute on function ${named} to ${quoted(role)}`;
}

const GRANT =
  'ALTER EXTENSION amcheck UPDATE, GRANT USAGE ON SCHEMA % TO and GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA % TO this role';

type Relation = { readonly oid: number; readonly name: string; readonly kind: 'table' | 'index' };

// The largest first, so that none of them is begun last. Tables include those that hold long values (TOAST) and the catalog.
const RELATIONS = `
  select c.oid, format('%I.%I', nspname, c.relname) as name, case relkind when 'i' then 'index' else 'table' end as kind
    from pg_class c join pg_namespace n on n.oid = relnamespace join pg_am a on a.oid = relam
    left join pg_index i on i.indexrelid = c.oid
   where relpersistence <> 't' and nspname <> '${OURS}'
     and (relkind in ('r', 'm', 't') and amname = 'heap' or relkind = 'i' and amname = 'btree' and indisvalid and indisready)
   order by relpages desc, c.oid`;

type Found =
  | { readonly is: 'whole' | 'gone' }
  | { readonly is: 'damaged'; readonly what: string }
  | { readonly is: 'unread'; readonly why: string };
type Connection = Omit<StructureOptions, 'timeoutSeconds' | 'reader'> & {
  readonly timeoutSeconds: number;
  readonly readOnly: boolean;
};

async function readAll(
  database: Secret,
  options: Connection,
  schema: string,
  relations: readonly Relation[],
): Promise<Map<Relation, Found>> {
  const left = [...relations];
  const found = new Map<Relation, Found>();
  const reader = () =>
    withDatabase(database, { ...options, readOnly: true }, async (query) => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        found.set(next, await read(query, schema, next, options.heapAllIndexed ?? false));
      }
    });
  await Promise.all(Array.from({ length: options.jobs }, reader));
  return found;
}

async function read(query: Query, schema: string, { oid, kind }: Relation, heapAllIndexed: boolean): Promise<Found> {
  try {
    if (kind === 'index') {
      await query(`select ${schema}.bt_index_check($1::oid::regclass, $2)`, [oid, heapAllIndexed]);
      return { is: 'whole' };
    }
    const problems = await query<{ block: string; msg: string }>(
      `select blkno::text as block, msg from ${schema}.verify_heapam($1::oid::regclass, check_toast := true) limit 100`,
      [oid],
    );
    const [first] = problems;
    if (first === undefined) return { is: 'whole' };
    return { is: 'damaged', what: `block ${first.block}: ${first.msg}${problems.length > 1 ? ', and more' : ''}` };
  } catch (thrown) {
    return await reasonFor(query, oid, thrown);
  }
}

/** Classes XX and 58: corrupted data, and files that are missing or cannot be read. Anything else proves nothing. */
async function reasonFor(query: Query, oid: number, thrown: unknown): Promise<Found> {
  const [there] = await query('select from pg_class where oid = $1', [oid]);
  if (there === undefined) return { is: 'gone' };
  const state = sqlStateOf(thrown);
  if (/^(XX|58)/.test(state)) return { is: 'damaged', what: reasonOf(thrown) };
  if (state === '') throw thrown;
  return { is: 'unread', why: reasonOf(thrown) };
}

function judge(relations: readonly Relation[], found: ReadonlyMap<Relation, Found>): Check[] {
  const damaged = relations.flatMap((relation): Check[] => {
    const one = found.get(relation);
    return one?.is === 'damaged' ? [{ name: relation.name, status: 'fail', figure: `damaged: ${one.what}` }] : [];
  });
  const unread = relations.flatMap((relation): Check[] => {
    const one = found.get(relation);
    return one?.is === 'unread' ? [notChecked(one.why, relation.name)] : [];
  });
  return [
    summary(TABLES, 'table', relations, found),
    summary('indexes on disk', 'index', relations, found),
    ...damaged,
    ...unread,
  ];
}

function summary(
  name: string,
  kind: Relation['kind'],
  relations: readonly Relation[],
  found: ReadonlyMap<Relation, Found>,
): Check {
  const of = relations.filter((relation) => relation.kind === kind);
  const are = (is: Found['is']) => of.filter((relation) => found.get(relation)?.is === is).length;
  const read = are('whole') + are('damaged');
  const figure = `${count(read, kind, kind === 'index' ? 'indexes' : 'tables')} read to the end, ${are('damaged')} damaged`;
  return { name, status: are('damaged') > 0 ? 'fail' : are('unread') > 0 || read === 0 ? 'warn' : 'pass', figure };
}

function notChecked(why: string, name = 'structure on disk'): Check {
  return { name, status: 'warn', figure: `not checked: ${why}` };
}
