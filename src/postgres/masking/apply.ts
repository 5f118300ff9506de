// Masks a candidate while it is loaded: what the loader does before and after the data.
import { Refusal } from '../../core/errors.ts';
import type { Masking } from '../../core/system.ts';
import { list } from '../../core/wording.ts';
import type { Query } from '../connect.ts';
import { type MaskingOptions, maskingPlan, TRIGGER } from './plan.ts';
import type { TableName } from './rules.ts';

export type MaskingHooks = {
  /** Between the archive's pre-data and its data, outside of a transaction. Throws a Refusal when the rules do not fit. */
  beforeData(query: Query): Promise<void>;
  /** After the data. Throws a Refusal when something has switched the masking off meanwhile: then clear text is on disk. */
  afterData(query: Query): Promise<void>;
};

/** For one load. `query` must be a connection of the role that owns the tables; it need not be a superuser. */
export function applyMasking(masking: Masking, options: MaskingOptions): MaskingHooks {
  let tables: readonly TableName[] = [];
  let after: readonly string[] = [];
  return {
    async beforeData(query) {
      await trusting(query, async () => {
        const plan = await maskingPlan(query, masking, options);
        for (const sql of plan.before) await query(sql);
        ({ tables, after } = plan);
      });
    },
    async afterData(query) {
      await trusting(query, async () => {
        await mustStillBeOn(query, tables);
        for (const sql of after) await query(sql);
      });
    },
  };
}

/** All of it or nothing, and with names that the archive cannot have given another meaning. */
export async function trusting<T>(query: Query, work: () => Promise<T>): Promise<T> {
  await query('begin');
  try {
    await query('set local search_path = pg_catalog, pg_temp');
    const result = await work();
    await query('commit');
    return result;
  } catch (thrown) {
    // When the connection is gone, the server has rolled back already.
    await query('rollback').catch(() => {});
    throw thrown;
  }
}

// `pg_dump --disable-triggers` and a plain dump made by hand can do that; the state "always" does not come back by itself.
async function mustStillBeOn(query: Query, tables: readonly TableName[]): Promise<void> {
  const on = await query<TableName>(
    `select n.nspname::text as schema, c.relname::text as table
       from pg_catalog.pg_trigger t
       join pg_catalog.pg_class c on c.oid = t.tgrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where t.tgname = $1 and t.tgenabled = 'A'`,
    [TRIGGER],
  );
  const off = tables.filter((of) => !on.some(({ schema, table }) => schema === of.schema && table === of.table));
  if (off.length === 0) return;
  throw new Refusal(
    'masking-switched-off',
    `The backup itself has switched off the masking of ${list(off.map(({ table }) => table))} while it was loaded: personal data is in the candidate.`,
    'Throw the candidate away, and use a backup that was made without --disable-triggers.',
  );
}
