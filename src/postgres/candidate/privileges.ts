// Whom things belong to and who may use them, taken over from the live database: a dump is loaded without both.
import { escapeIdentifier as quoted } from 'pg';
import type { Query } from '../connect.ts';

export type Grant = {
  readonly privilege: string;
  /** Null is PUBLIC. */
  readonly grantee: string | null;
  readonly grantable: boolean;
  /** Null: on all of it. */
  readonly column: string | null;
};

export type Owned = {
  /** As in ALTER … OWNER TO: "materialized view". */
  readonly kind: string;
  /** As in GRANT … ON: "table". */
  readonly granted: string;
  /** As SQL: `public.entries`, `billing.total(integer)`, `16401` of a large object. */
  readonly name: string;
  readonly owner: string;
  /** A sequence of a column goes where its table goes. */
  readonly follows: boolean;
  /** Null: nobody has ever changed them. */
  readonly grants: readonly Grant[] | null;
};

type Default = {
  readonly role: string;
  readonly schema: string | null;
  readonly on: string;
  readonly grants: readonly Grant[];
};

export type Privileges = { readonly objects: readonly Owned[]; readonly defaults: readonly Default[] };

/** Of the database that `query` is in. What belongs to extensions is left out. */
export async function privilegesOf(query: Query): Promise<Privileges> {
  await query('set search_path = pg_catalog');
  return { objects: await query<Owned>(OBJECTS), defaults: await query<Default>(DEFAULTS) };
}

/** The role to which most tables belong; null where there are none. */
export function usualOwner({ objects }: Privileges): string | null {
  const counts = new Map<string, number>();
  for (const { kind, owner } of objects) if (kind === 'table') counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}

/**
 * What makes the database that has `objects` in this respect like the one that had `live`, when all that was of the
 * role `gone.from` has gone to `gone.to` before: saying that again would lock each of what may be a million large objects.
 */
export function statementsFor(
  live: Privileges,
  objects: readonly Owned[],
  gone: { readonly from: string; readonly to: string } | null = null,
): string[] {
  const here = new Map(objects.map((object) => [keyOf(object), object.owner]));
  const hasGone = (object: Owned) => here.get(keyOf(object)) === gone?.from && object.owner === gone?.to;
  const shared = live.objects.filter((object) => here.has(keyOf(object)));
  const schemas = new Set(objects.flatMap(({ kind, name }) => (kind === 'schema' ? [name] : [])));
  return [
    ...shared.flatMap((object) => {
      const { kind, name, owner, follows } = object;
      return follows || hasGone(object) ? [] : [`alter ${kind} ${name} owner to ${quoted(owner)}`];
    }),
    ...shared.flatMap(grantsOn),
    ...live.defaults.flatMap((one) => (one.schema === null || schemas.has(one.schema) ? defaultsOf(one) : [])),
  ];
}

/** Tables of the one that the other does not have. */
export function tablesNotIn(live: Privileges, objects: readonly Owned[]): Owned[] {
  const there = new Set(live.objects.map(keyOf));
  return objects.filter((object) => object.kind === 'table' && !there.has(keyOf(object)));
}

function keyOf({ kind, name }: Owned): string {
  return `${kind} ${name}`;
}

function grantsOn({ granted, name, owner, grants }: Owned): string[] {
  if (grants === null) return [];
  return [
    `revoke all on ${granted} ${name} from public, ${quoted(owner)}`,
    ...grants.map((grant) => {
      const columns = grant.column === null ? '' : ` (${quoted(grant.column)})`;
      return `grant ${grant.privilege}${columns} on ${granted} ${name} to ${granteeOf(grant)}`;
    }),
  ];
}

function defaultsOf({ role, schema, on, grants }: Default): string[] {
  const where = `alter default privileges for role ${quoted(role)}${schema === null ? '' : ` in schema ${schema}`}`;
  return [
    // Those of a schema only add to the others.
    ...(schema === null ? [`${where} revoke all on ${on} from public, ${quoted(role)}`] : []),
    ...grants.map((grant) => `${where} grant ${grant.privilege} on ${on} to ${granteeOf(grant)}`),
  ];
}

function granteeOf({ grantee, grantable }: Grant): string {
  return `${grantee === null ? 'public' : quoted(grantee)}${grantable ? ' with grant option' : ''}`;
}

const GRANTS = (acl: string, column: string) => `
  select privilege_type as privilege, is_grantable as grantable, ${column} as "column",
         case when grantee <> 0 then pg_get_userbyid(grantee) end as grantee
    from aclexplode(${acl})`;

const KIND_OF_ACL = `case granted when 'schema' then 'n' when 'routine' then 'f' when 'type' then 'T' when 'sequence' then 's' else 'r' end`;

// With this search_path all names come with their schemas.
const OBJECTS = `
  with objects as (
    select 'pg_namespace'::regclass as class, oid, 'schema' as kind, 'schema' as granted, quote_ident(nspname) as name,
           nspowner as owner, nspacl as acl, oid as schema
      from pg_namespace
    union all
    select 'pg_class'::regclass, c.oid,
           case relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view'
                        when 'f' then 'foreign table' else 'table' end,
           case relkind when 'S' then 'sequence' else 'table' end,
           format('%I.%I', nspname, relname), relowner, relacl, relnamespace
      from pg_class c join pg_namespace n on n.oid = relnamespace
     where relkind in ('r', 'p', 'v', 'm', 'f', 'S') and relpersistence <> 't'
    union all
    select 'pg_proc'::regclass, oid, 'routine', 'routine', oid::regprocedure::text, proowner, proacl, pronamespace
      from pg_proc
    union all
    select 'pg_type'::regclass, t.oid, 'type', 'type', format_type(t.oid, null), typowner, typacl, typnamespace
      from pg_type t left join pg_class c on c.oid = typrelid
     where typtype in ('e', 'd', 'r') or relkind = 'c'
    union all
    select 'pg_largeobject'::regclass, oid, 'large object', 'large object', oid::text, lomowner, lomacl, null
      from pg_largeobject_metadata
    union all
    select 'pg_foreign_server'::regclass, oid, 'server', 'foreign server', quote_ident(srvname), srvowner, srvacl, null
      from pg_foreign_server
  ), ours as (
    select o.*,
           exists (select from pg_attribute
                    where o.class = 'pg_class'::regclass and attrelid = o.oid and attacl is not null) as by_column
      from objects o left join pg_namespace n on n.oid = schema
     where (schema is null or nspname !~ '^pg_' and nspname <> 'information_schema')
       and not exists (select from pg_depend where classid = o.class and objid = o.oid and deptype = 'e')
  )
  select kind, granted, name, pg_get_userbyid(owner) as owner,
         kind = 'sequence' and exists (select from pg_depend where classid = o.class and objid = o.oid
                                          and deptype in ('a', 'i') and refobjsubid > 0) as follows,
         case when acl is not null or by_column then (
           select coalesce(json_agg(g), '[]') from (
             ${GRANTS(`coalesce(acl, acldefault((${KIND_OF_ACL})::"char", owner))`, 'null::text')}
             union all
             select g.* from pg_attribute, lateral (${GRANTS('attacl', 'attname::text')}) g
              where by_column and attrelid = o.oid and attnum > 0 and not attisdropped) g) end as grants
    from ours o
   order by kind = 'schema' desc, kind = 'sequence', kind, name`;

const DEFAULTS = `
  select pg_get_userbyid(defaclrole) as role, quote_ident(nspname) as schema,
         case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
                            when 'T' then 'types' when 'n' then 'schemas' end as on,
         (select coalesce(json_agg(g), '[]') from (${GRANTS('defaclacl', 'null::text')}) g) as grants
    from pg_default_acl left join pg_namespace n on n.oid = defaclnamespace order by 1, 2, 3`;
