// How much there is of what, for whoever watches Holdfast itself.
import { sql } from 'kysely';
import type { Db } from './pool.ts';

/** What is counted, by what it is told apart; ages in seconds, 0 where there is nothing. */
export type Counts = {
  /** Operations that have not ended. */
  readonly operations: readonly { readonly system: string; readonly state: string; readonly count: number }[];
  readonly incidents: readonly { readonly system: string; readonly level: number; readonly count: number }[];
  readonly alerts: readonly { readonly system: string; readonly severity: string; readonly count: number }[];
  /** Typed and acknowledged, and not answered yet. */
  readonly commands: { readonly waiting: number; readonly oldestSeconds: number };
  /** What is to be said in Slack, and outside of it. */
  readonly outbox: { readonly waiting: number; readonly oldestSeconds: number };
  readonly notices: { readonly waiting: number; readonly oldestSeconds: number };
};

type Row = { counts: Counts };

/** One look, over indexes and what is open: it costs the same however long the journals are. */
export async function countsOf(db: Db): Promise<Counts> {
  const waiting = (since: string) => sql`json_build_object(
    'waiting', count(*)::int,
    'oldestSeconds', coalesce(greatest(0, extract(epoch from clock_timestamp() - min(${sql.ref(since)}))), 0)::float8)`;
  const { rows } = await sql<Row>`
    select json_build_object(
      'operations', (select coalesce(json_agg(t), '[]') from (
         select system, state, count(*)::int from holdfast.operations where ended_at is null group by 1, 2) t),
      'incidents', (select coalesce(json_agg(t), '[]') from (
         select system, level, count(*)::int from holdfast.incidents where resolved_at is null group by 1, 2) t),
      'alerts', (select coalesce(json_agg(t), '[]') from (
         select system, severity, count(*)::int from holdfast.alerts where over_at is null group by 1, 2) t),
      'commands', (select ${waiting('received_at')} from holdfast.commands where answer is null),
      'outbox', (select ${waiting('due_at')} from holdfast.outbox where state in ('due', 'begun')),
      'notices', (select ${waiting('due_at')} from holdfast.notices where state in ('due', 'begun'))) as counts`.execute(
    db,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('counting gave no row');
  return row.counts;
}
