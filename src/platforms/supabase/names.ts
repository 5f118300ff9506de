// How schemas are called that an operation leaves beside `public`, and which schemas of a project are the platform's own.
import type { Target } from '../../core/facts.ts';
import type { BesideNames } from '../../core/platform.ts';

/** `hf_op41_7f3a` while it is built, `hf_before_op41` for what was `public` until then. */
export function schemaNames(
  _target: Target,
  { operation, nonce }: { readonly operation: string; readonly nonce: string },
): BesideNames {
  const number = operation.replace('-', '');
  return { candidate: `hf_${number}_${nonce}`, previous: `hf_before_${number}` };
}

/** Whether it can be the name of a shelf: it becomes part of statements. */
export function isShelfName(name: string): boolean {
  return /^hf_(before_op[0-9]+|op[0-9]+_[a-z0-9]+)$/.test(name);
}

/** Where on a shelf that stands which is called `live` when it is in use: `public` and `auth` among them. */
export function onShelf(shelf: string, live: string): string {
  return live === 'public' ? shelf : `${shelf}_${live}`;
}

/** What the schema `schema` of the shelf is called when it is in use. */
export function inUse(shelf: string, schema: string): string {
  return schema === shelf ? 'public' : schema.slice(shelf.length + 1);
}

/** The rows of a masked rule's table, or of a table that is counted, as it stands on a shelf: `auth.users` → `hf_op41_7f3a_auth.users`. */
export function shelved(shelf: string, table: string): string {
  const [first = '', second] = table.split('.');
  return second === undefined ? `${shelf}.${first}` : `${onShelf(shelf, first)}.${second}`;
}

/**
 * Made and owned by the platform: nothing of them can be replaced by the role `postgres`, and nothing is taken along from
 * another project but rows of `auth`. Source: https://supabase.com/docs/guides/platform/migrating-within-supabase, and
 * supabase/cli, which leaves out the same ones of a dump.
 */
const PLATFORM = new Set(
  `_analytics _realtime _supavisor auth cron dbdev extensions graphql graphql_public net pgbouncer pgmq pgsodium
   pgsodium_masks pgtle realtime repack storage supabase_functions tiger tiger_data timescaledb_information topology vault`.split(
    /\s+/,
  ),
);

/** Whether a schema goes along with `public`: the application's own ones, and its migrations. */
export function isMoved(schema: string): boolean {
  return !PLATFORM.has(schema) && !/^(pg_|hf_|holdfast_|_timescaledb|information_schema$)/.test(schema);
}

/** People and how they sign in. Sessions and tokens stay empty: everybody signs in again. */
export const CARRIED = ['users', 'identities', 'mfa_factors'] as const;
/** Of people of another project only what masking rules can speak of. */
export const CARRIED_MASKED: readonly string[] = ['users', 'identities'];
