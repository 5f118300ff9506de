// Traps in Holdfast's own store: they tell when a worker is about to write a journal entry, or just has.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pidOf } from './sight.ts';

/** `before`: the entry is not written, and never will be by this worker. `after`: it is written. */
export type Boundary = {
  /** The type of the journal entry: `step_started`. */
  readonly type: string;
  readonly step: string | null;
  readonly side: 'before' | 'after';
};

export type Caught = {
  readonly boundary: Boundary;
  /** The process that held the operation at that moment, or null when nobody did. */
  readonly pid: number | null;
  /** Ends the transaction that was stopped, so that nothing of it remains: the victim must be dead or asleep by then. */
  release(): Promise<void>;
};

export type Traps = {
  /** Sets one trap for each; every one of them catches once. */
  set(operation: string, boundaries: readonly Boundary[]): Promise<void>;
  /** Resolves when somebody steps into one of the operation's traps, or to null as soon as `isOver`. */
  next(operation: string, isOver: () => boolean): Promise<Caught | null>;
  /** Takes away what has caught nothing. */
  clear(operation: string): Promise<void>;
  close(): Promise<void>;
};

/** The first key of the locks; the second is the number of the trap. */
const LOCKS = 7300;

const TRAPS = `
  create schema faults;
  create table faults.traps (id serial primary key, operation text, type text, step text, side text, caught text);
  create function faults.reached() returns trigger language plpgsql as $reached$
  declare
    trap int;
  begin
    for trap in select id from faults.traps t where t.side = 'before' and t.operation = new.operation
                   and t.type = new.event->>'type' and t.step is not distinct from new.event->>'step' loop
      perform pg_advisory_xact_lock_shared(${LOCKS}, trap);
    end loop;
    update faults.traps t set caught = (select holder from holdfast.operations o where o.id = new.operation)
     where t.side = 'after' and t.operation = new.operation
       and t.type = new.event->>'type' and t.step is not distinct from new.event->>'step';
    return new;
  end $reached$;
  create trigger faults before insert on holdfast.journal for each row execute function faults.reached()`;

type Sprung = Boundary & { id: number; backend: number | null; holder: string | null };

const SPRUNG = `
  select t.id, t.type, t.step, t.side, l.pid as backend,
         coalesce(t.caught, (select holder from holdfast.operations o where o.id = t.operation)) as holder
    from faults.traps t
    left join pg_locks l on l.locktype = 'advisory' and l.classid = ${LOCKS} and l.objid = t.id::oid and not l.granted
   where t.operation = $1 and (l.pid is not null or t.caught is not null)
   limit 1`;

/** Lays the traps' trigger into the store at `url`, whose migrations must have run. */
export async function layTraps(url: string): Promise<Traps> {
  // The locks belong to one session, and two operations at once use it.
  const client = new pg.Client({ connectionString: url, application_name: 'faults' });
  await client.connect();
  let before: Promise<unknown> = Promise.resolve();
  const query = <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> => {
    const asking = before.then(async () => (await client.query<Row>(text, values)).rows);
    before = asking.catch(() => {});
    return asking;
  };
  await query(TRAPS);

  async function disarm(id: number, side: Boundary['side']): Promise<void> {
    await query('delete from faults.traps where id = $1', [id]);
    if (side === 'before') await query('select pg_advisory_unlock($1, $2)', [LOCKS, id]);
  }

  return {
    async set(operation, boundaries) {
      for (const { type, step, side } of boundaries) {
        const rows = await query<{ id: number }>("select nextval('faults.traps_id_seq')::int as id");
        const id = rows[0]?.id ?? 0;
        if (side === 'before') await query('select pg_advisory_lock($1, $2)', [LOCKS, id]);
        const values = [id, operation, type, step, side];
        await query('insert into faults.traps values ($1, $2, $3, $4, $5, null)', values);
      }
    },
    async next(operation, isOver) {
      while (!isOver()) {
        const rows = await query<Sprung>(SPRUNG, [operation]);
        const [sprung] = rows;
        if (sprung === undefined) {
          await sleep(3);
          continue;
        }
        const { id, backend, holder, ...boundary } = sprung;
        return {
          boundary,
          pid: pidOf(holder),
          async release() {
            if (backend !== null) await query('select pg_terminate_backend($1, 5000)', [backend]);
            await disarm(id, boundary.side);
          },
        };
      }
      return null;
    },
    async clear(operation) {
      const rows = await query<Sprung>('select id, side from faults.traps where operation = $1', [operation]);
      for (const { id, side } of rows) await disarm(id, side);
    },
    close: () => client.end(),
  };
}
