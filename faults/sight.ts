// What Holdfast's store says about an operation, looked at past Holdfast, also while the store goes away and comes back.
import pg from 'pg';

/** The operation as the store has it now. */
export type Sight = {
  /** The process that has it, or null. */
  readonly pid: number | null;
  readonly state: string;
  readonly hasEnded: boolean;
};

/** Null while the store cannot be asked. */
export type Look = (operation: string) => Promise<Sight | null>;

const QUERY = 'select holder, state, ended_at is not null as "hasEnded" from holdfast.operations where id = $1';

/** Looks into the store at `url` again and again over a few connections; `close` ends them. */
export function watchStore(url: string): { look: Look; close(): Promise<void> } {
  const pool = new pg.Pool({ connectionString: url, application_name: 'faults', max: 4 });
  pool.on('error', () => {});
  return {
    async look(operation) {
      const { rows } = await pool
        .query<{ holder: string | null; state: string; hasEnded: boolean }>(QUERY, [operation])
        .catch(() => ({ rows: [] }));
      const [row] = rows;
      return row === undefined ? null : { pid: pidOf(row.holder), state: row.state, hasEnded: row.hasEnded };
    },
    close: () => pool.end(),
  };
}

/** A worker is called by its host and process. */
export function pidOf(holder: string | null): number | null {
  const pid = /-(\d+)$/.exec(holder ?? '')?.[1];
  return pid === undefined ? null : Number(pid);
}
