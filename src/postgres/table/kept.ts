// What recoveries of a table have left in the live database: one schema each, with the rows as they were before the merge.
import type { Kept } from '../../core/facts.ts';
import type { Secret } from '../../core/secret.ts';
import { withDatabase } from '../connect.ts';

const SCHEMA = /^holdfast_op_(\d+)$/;

/** Whether it is called as such a schema is: `holdfast_op_41`. */
export function isBesideSchema(name: string): boolean {
  return SCHEMA.test(name);
}

/** Throws when the live database does not answer: then it is not known whether there are any. */
export async function schemasBeside(
  live: Secret,
  options: { readonly purpose: string; readonly signal?: AbortSignal },
): Promise<Kept[]> {
  const reading = { ...options, readOnly: true, timeoutSeconds: 30 };
  const rows = await withDatabase(live, reading, (query) =>
    query<{ name: string; identity: string; bytes: string }>(SCHEMAS),
  );
  return rows.map(({ name, identity, bytes }) => {
    return { name, identity, bytes: Number(bytes), operation: `op-${SCHEMA.exec(name)?.[1]}`, until: null };
  });
}

const SCHEMAS = `
  select nspname as name, 'schema/' || n.oid as identity,
         (select coalesce(sum(pg_total_relation_size(c.oid)), 0)::text from pg_class c
           where relnamespace = n.oid and relkind in ('r', 'm')) as bytes
    from pg_namespace n where nspname ~ '^holdfast_op_[0-9]+$'`;
