// Heroku's transfers (backups, restores, copies): their names, and how they become backups.
import { Fault } from '../../core/errors.ts';
import type { Backup } from '../../core/facts.ts';
import type { Transfer } from './schema.ts';

/** As the CLI names it: a scheduled, b manual, c copy, r restore, then the number; `o…` for very old ones. */
export function transferName({ num, options, from_type, to_type, schedule }: Transfer): string {
  const old = options?.pgbackups_name;
  if (typeof old === 'string') return `o${old}`;
  const restores = to_type === 'pg_restore';
  const manual = schedule === undefined || schedule === null;
  const letter = from_type === 'pg_dump' ? (restores ? 'c' : manual ? 'b' : 'a') : restores ? 'r' : 'b';
  return `${letter}${String(num).padStart(3, '0')}`;
}

/** A dump of a database that can be restored: scheduled or manual, and not deleted. */
export function isBackup({ from_type, to_type, options, deleted_at, purged_at }: Transfer): boolean {
  const named = typeof options?.pgbackups_name === 'string';
  return from_type === 'pg_dump' && to_type === 'gof3r' && !named && deleted_at == null && purged_at == null;
}

export function isFinished({ finished_at, canceled_at }: Transfer): boolean {
  return finished_at != null || canceled_at != null;
}

/** As a runbook sees it. */
export function toBackup(transfer: Transfer): Backup {
  const { schedule, created_at, started_at, finished_at, processed_bytes } = transfer;
  const state = stateOf(transfer);
  return {
    id: transferName(transfer),
    kind: schedule == null ? 'manual' : 'scheduled',
    state,
    startedAt: moment(started_at ?? created_at),
    finishedAt: finished_at == null ? null : moment(finished_at),
    bytes: state === 'pending' ? null : (processed_bytes ?? null),
    sha256: null,
  };
}

function stateOf({ finished_at, canceled_at, started_at, succeeded }: Transfer): Backup['state'] {
  if (finished_at != null) return succeeded === true && canceled_at == null ? 'finished' : 'failed';
  if (canceled_at != null) return 'failed';
  return started_at == null ? 'pending' : 'running';
}

/** Heroku writes `2025-11-21 02:00:00 +0000` or ISO 8601; we write ISO 8601 in UTC. */
export function moment(text: string): string {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Fault(`reading the time “${text.slice(0, 40)}” of Heroku`);
  return new Date(at).toISOString();
}
