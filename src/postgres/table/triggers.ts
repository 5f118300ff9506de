// Keeps the table's triggers from firing for rows that are put back: mail, audit and counters had their turn long ago.
import { Fault } from '../../core/errors.ts';
import type { Query } from '../connect.ts';
import { ident, inSql, inWords, type TableName } from './names.ts';
import type { TableShape } from './shape.ts';

export type UserTrigger = {
  readonly name: string;
  /** The table, or the partition of it, that it is on. */
  readonly on: TableName;
  /** tgenabled: O, D, R or A. */
  readonly state: string;
  readonly fires: boolean;
};

/** All but those of foreign keys and other constraints, which PostgreSQL keeps itself. */
export async function userTriggers(query: Query, { oid }: TableShape): Promise<UserTrigger[]> {
  return await query<UserTrigger>(
    `select t.tgname as name, json_build_object('schema', n.nspname, 'name', c.relname) as on,
            t.tgenabled as state, t.tgenabled in ('O', 'A') as fires
       from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
      where not t.tgisinternal
        and (t.tgrelid = $1::oid or t.tgrelid in (select relid from pg_partition_tree($1::oid::regclass)))
      order by t.oid`,
    [oid],
  );
}

/**
 * Runs `work` while none of them fires, and leaves each as it was: one that was disabled stays so. All in the caller's
 * transaction, so that nobody else ever sees them disabled. Foreign keys go on being checked; session_replication_role would
 * switch those off too.
 */
export async function withoutTriggers<T>(query: Query, table: TableShape, work: () => Promise<T>): Promise<T> {
  const before = await userTriggers(query, table);
  const firing = before.filter(({ fires }) => fires);
  for (const trigger of firing) await alter(query, trigger, 'disable');
  const still = (await userTriggers(query, table)).filter(({ fires }) => fires);
  if (still.length > 0) throw new Fault(`disabling the triggers of ${inWords(table)}`);
  const result = await work();
  for (const trigger of firing) await alter(query, trigger, trigger.state === 'A' ? 'enable always' : 'enable');
  const after = await userTriggers(query, table);
  if (statesOf(after) !== statesOf(before)) throw new Fault(`enabling the triggers of ${inWords(table)} again`);
  return result;
}

async function alter(query: Query, { name, on }: UserTrigger, how: string): Promise<void> {
  await query(`alter table only ${inSql(on)} ${how} trigger ${ident(name)}`);
}

function statesOf(triggers: readonly UserTrigger[]): string {
  return triggers.map(({ name, on, state }) => `${inWords(on)} ${name} ${state}`).join('\n');
}
