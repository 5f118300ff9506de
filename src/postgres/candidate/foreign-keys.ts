// Foreign keys are added without a check, which takes no time, and checked side by side when everything else is there.
import type { Crew } from './crew.ts';
import type { Lane } from './lane.ts';
import { troubleWith, type Unvalidated } from './loading.ts';

export type ForeignKey = {
  /** ALTER TABLE … ADD CONSTRAINT … FOREIGN KEY …; */
  readonly text: string;
  /** All as they are written there. */
  readonly table: string;
  readonly constraint: string;
  readonly references: string;
  /** False: the archive itself says NOT VALID, so that it must not be checked. */
  readonly isValid: boolean;
};

/** Returns what is still to be checked, or null. */
export async function addForeignKey(lane: Lane, key: ForeignKey): Promise<Unvalidated | null> {
  // By its full name: a later connection may have another search_path.
  const [found] = await lane.rows<{ table: string; partitioned: boolean }>(
    `select format('%I.%I', nspname, relname) as table,
            relkind = 'p' or (select relkind = 'p' from pg_catalog.pg_class where oid = $2::regclass) as partitioned
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace where c.oid = $1::regclass`,
    [key.table, key.references],
  );
  // Partitioned tables take no NOT VALID before PostgreSQL 18; and of one that refers to such a table only a part is checked.
  if (found === undefined || found.partitioned || !key.isValid) {
    await lane.run(key.text);
    return null;
  }
  await lane.run(key.text.replace(/\s*;\s*$/, ' NOT VALID'));
  return { table: found.table, constraint: key.constraint };
}

/** All of one table together: two of them would wait for each other. Tables are taken up in the given order. */
export async function validateForeignKeys(
  crew: Crew,
  unvalidated: readonly Unvalidated[],
  order: readonly string[],
): Promise<void> {
  const byTable = [...Map.groupBy(unvalidated, ({ table }) => table)];
  byTable.sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
  await crew.runAll(byTable, async (lane, [table, keys]) => {
    const checks = keys.map(({ constraint }) => `validate constraint ${constraint}`);
    try {
      await lane.run(`alter table ${table} ${checks.join(', ')}`);
    } catch (thrown) {
      throw troubleWith(`checking the foreign keys of ${table}`, thrown);
    }
  });
}
