// Brings the archive up to now, so that a moment that has just passed can be recovered.
import { DatabaseError } from 'pg';
import { Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { sleep } from '../../lib/clock.ts';
import { type Query, withDatabase } from '../connect.ts';

export type ArchiveNow = {
  readonly purpose: string;
  readonly signal: AbortSignal;
  /** How long the archiver is given. Default: 60. */
  readonly patienceSeconds?: number;
};

/**
 * Has the live server end its WAL segment and waits until that is archived. Every moment up to the one that is returned can
 * then be recovered: it commits an empty transaction besides, because recovery stops only before a commit that comes later.
 * A Refusal when the server may not be asked for it, or does not archive.
 */
export async function archiveUpToNow(live: Secret, options: ArchiveNow): Promise<{ readonly moment: string }> {
  const connection = { readOnly: false, purpose: options.purpose, timeoutSeconds: 30, signal: options.signal };
  return await withDatabase(live, connection, async (query) => {
    const [before] = await query<{ moment: Date }>("select date_trunc('milliseconds', clock_timestamp()) as moment");
    await query('select txid_current()');
    const [switched] = await switchWal(query);
    if (before === undefined || switched === undefined) throw new Error('the server has answered nothing');
    const patience = Date.now() + (options.patienceSeconds ?? 60) * 1000;
    while (!(await isArchived(query, switched.wal))) {
      if (Date.now() > patience) throw await standsStill(query);
      await sleep(250, options.signal);
    }
    return { moment: before.moment.toISOString() };
  });
}

const INSUFFICIENT_PRIVILEGE = '42501';

async function switchWal(query: Query): Promise<{ wal: string }[]> {
  try {
    return await query<{ wal: string }>('select pg_walfile_name(pg_switch_wal()) as wal');
  } catch (thrown) {
    if (!(thrown instanceof DatabaseError) || thrown.code !== INSUFFICIENT_PRIVILEGE) throw thrown;
    throw new Refusal(
      'wal-switch-not-allowed',
      'The role of our connection may not have the server end its WAL segment.',
      'Allow it there with: grant execute on function pg_switch_wal() to the role of our connection.',
    );
  }
}

async function isArchived(query: Query, wal: string): Promise<boolean> {
  const sql = `select coalesce(substring(last_archived_wal from '^[0-9A-F]{24}') >= $1, false) as done from pg_stat_archiver`;
  return (await query<{ done: boolean }>(sql, [wal]))[0]?.done === true;
}

async function standsStill(query: Query): Promise<Refusal> {
  const [setting] = await query<{ mode: string; since: Date | null; failing: string | null }>(
    `select current_setting('archive_mode') as mode, last_archived_time as since, last_failed_wal as failing
     from pg_stat_archiver`,
  );
  const archived =
    setting?.since == null ? 'never archived anything' : `last archived at ${setting.since.toISOString()}`;
  return new Refusal(
    'archiving-stands-still',
    setting?.mode === 'off'
      ? 'The server archives nothing (archive_mode is off).'
      : `The server's archiver has ${archived}.`,
    "Read what archive_command says in the server's log; until it works again nothing newer can be recovered.",
  );
}
