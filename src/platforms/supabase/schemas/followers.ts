// What outside of the exchanged schemas speaks of something in them: triggers of auth, publications, policies of storage.
import type { Query } from '../../../postgres/connect.ts';
import { onShelf } from '../names.ts';
import { leaningOn } from './shelf.ts';
import { ident } from './sql.ts';

type Published = {
  readonly publication: string;
  readonly schema: string;
  readonly table: string;
  readonly coming: boolean;
};

export type Followers = {
  /** Statements that make triggers call the functions that are in use then. */
  readonly triggers: readonly string[];
  readonly published: readonly Published[];
  /** What goes on using what was put aside, for a person. */
  readonly left: readonly string[];
};

export async function followers(
  query: Query,
  { going, candidate }: { readonly going: readonly string[]; readonly candidate: string },
): Promise<Followers> {
  const triggers = await triggersOn(query, going, candidate);
  const published = await publishedIn(query, going, candidate);
  const leaning = await leaningOn(query, going);
  const handled = new Set(triggers.filter(({ statement }) => statement !== null).map(({ what }) => what));
  return {
    triggers: triggers.flatMap(({ statement }) => statement ?? []),
    published: published.filter(({ owned }) => owned),
    left: [
      ...leaning.map(({ what }) => what).filter((what) => !handled.has(what) && !/^foreign key|^constraint/.test(what)),
      ...published
        .filter(({ owned }) => !owned)
        .map(({ publication, table }) => `publication ${publication} (${table})`),
    ],
  };
}

/** Only its owner may drop a trigger of auth, but whoever may make one may replace it (CREATE OR REPLACE, PostgreSQL 14). */
async function triggersOn(query: Query, going: readonly string[], candidate: string) {
  const rows = await query<{ what: string; definition: string; schema: string; signature: string }>(
    `select pg_describe_object('pg_trigger'::regclass, t.oid, 0) as what, pg_get_triggerdef(t.oid) as definition,
            fn.nspname::text as schema, quote_ident(f.proname) || '()' as signature
       from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
       join pg_proc f on f.oid = t.tgfoid join pg_namespace fn on fn.oid = f.pronamespace
      where not t.tgisinternal and t.tgconstraint = 0 and t.tgenabled = 'O' and fn.nspname = any($1::text[])
        and not n.nspname = any($1::text[])`,
    [going],
  );
  const there = await query<{ name: string }>(
    `select name from unnest($1::text[]) as name where to_regprocedure(name) is not null`,
    [rows.map(({ schema, signature }) => `${ident(onShelf(candidate, schema))}.${signature}`)],
  );
  return rows.map(({ what, definition, schema, signature }) => {
    const comes = there.some(({ name }) => name === `${ident(onShelf(candidate, schema))}.${signature}`);
    return { what, statement: comes ? definition.replace(/^CREATE TRIGGER/, 'CREATE OR REPLACE TRIGGER') : null };
  });
}

/** Realtime is told of changes through a publication: its tables are named one by one. */
async function publishedIn(query: Query, going: readonly string[], candidate: string) {
  return await query<Published & { owned: boolean }>(
    `select p.pubname::text as publication, n.nspname::text as schema, c.relname::text as table,
            to_regclass(format('%I.%I', case n.nspname when 'public' then $2 else $2 || '_' || n.nspname end, c.relname)) is not null
              as coming,
            pg_has_role(p.pubowner, 'USAGE') as owned
       from pg_publication p join pg_publication_rel r on r.prpubid = p.oid
       join pg_class c on c.oid = r.prrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any($1::text[]) order by 1, 2, 3`,
    [going, candidate],
  );
}

/** After the schemas have their new names. */
export function publishing({ published }: Followers, previous: string): string[] {
  return published.flatMap(({ publication, schema, table, coming }) => [
    `alter publication ${ident(publication)} drop table ${ident(onShelf(previous, schema))}.${ident(table)}`,
    ...(coming ? [`alter publication ${ident(publication)} add table ${ident(schema)}.${ident(table)}`] : []),
  ]);
}
