// Between which moments a cluster can be recovered, and how far the archive lies behind now.
import { Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { span } from '../../core/wording.ts';
import { type Query, withDatabase } from '../connect.ts';
import type { Repository } from './on-host.ts';
import { type PhysicalBackup, positionOf, readStanza, type Stanza } from './stanza.ts';

export type RecoveryWindow = {
  /** The end of the oldest usable backup; recovery starts after it. */
  readonly from: string;
  /** See `certain`. */
  readonly to: string;
  /**
   * True: everything that was committed up to `to` is in the archive. False, when the live server cannot be asked: the
   * newest WAL was stored then, so what it holds is a little older; recovery itself will say how old.
   */
  readonly certain: boolean;
  /** From `to` until now: what a disaster at this moment would lose. That is the recovery point, whatever the objective. */
  readonly archiveLagSeconds: number;
  /** Why the server's archiver stands still, if it does; null also when the server cannot be asked. */
  readonly archiverFails: string | null;
  /** Oldest first. */
  readonly backups: readonly PhysicalBackup[];
  readonly systemIdentifier: string;
  readonly major: number;
  readonly newestWal: string;
};

export type WindowOptions = {
  /** The live server, for which `pg_monitor` is enough; null when it is down. */
  readonly live: Secret | null;
  /** Shown as application_name. */
  readonly purpose: string;
  readonly signal: AbortSignal;
};

type Archiver = {
  readonly identifier: string;
  readonly now: Date;
  readonly wal: string | null;
  readonly failing: string | null;
  readonly writtenUntil: Date | null;
};

/** A write that ends one segment and a commit that begins the next one can pass each other by milliseconds. */
const MARGIN_MS = 1_000;

/**
 * Reads it from the repository and from the live server. Throws a Refusal when there is nothing to recover from or when
 * the repository is another server's, Fault when one of them cannot be read.
 */
export async function recoverableWindow(repository: Repository, options: WindowOptions): Promise<RecoveryWindow> {
  const stanza = await readStanza(repository, options.signal);
  const archiver = options.live === null ? null : await askArchiver(options.live, options);
  if (archiver !== null && archiver.identifier !== stanza.systemIdentifier) throw anothersStanza(repository);
  const now = archiver?.now ?? new Date();
  const to = archiver === null ? stanza.newestWal.storedAt : archivedUntil(stanza, archiver);
  return {
    from: oldest(stanza).stoppedAt,
    to,
    certain: archiver !== null,
    archiveLagSeconds: Math.max(0, (now.getTime() - Date.parse(to)) / 1000),
    archiverFails: archiver?.failing ?? null,
    backups: stanza.backups,
    systemIdentifier: stanza.systemIdentifier,
    major: stanza.major,
    newestWal: stanza.newestWal.name,
  };
}

/** The newest backup from which the moment can be reached. A Refusal with both ends of the window when there is none. */
export function backupFor(window: RecoveryWindow, at: string): PhysicalBackup {
  const usable = window.backups.findLast(({ stoppedAt }) => Date.parse(stoppedAt) < Date.parse(at));
  const ends = `from ${exact(window.from)} to ${exact(window.to)}`;
  if (Date.parse(at) > nowOf(window)) {
    throw outside(`${exact(at)} lies in the future.`, `Ask for a moment ${ends}.`);
  }
  if (Date.parse(at) > Date.parse(window.to)) {
    const why = `What was committed up to ${exact(at)} is not in the archive yet: it ends ${span(window.archiveLagSeconds)} ago.`;
    throw outside(why, `Ask for a moment ${ends}, or again when the archive has caught up.`);
  }
  if (usable === undefined) {
    throw outside(
      `${exact(at)} lies before the end of the first backup.`,
      `Ask for a moment ${ends}, or restore a dump.`,
    );
  }
  return usable;
}

/** When the window was read, by the server's own clock. */
export function nowOf({ to, archiveLagSeconds }: RecoveryWindow): number {
  return Date.parse(to) + archiveLagSeconds * 1000;
}

async function askArchiver(live: Secret, { purpose, signal }: WindowOptions): Promise<Archiver> {
  const connection = { readOnly: true, purpose, timeoutSeconds: 30, signal };
  return await withDatabase(live, connection, async (query) => {
    const [row] = await query<Omit<Archiver, 'writtenUntil'>>(`
      select (select system_identifier::text from pg_control_system()) as identifier, now(),
        substring(last_archived_wal from '^[0-9A-F]{24}') as wal,
        case when last_failed_time > coalesce(last_archived_time, '-infinity') then last_failed_wal end as failing
      from pg_stat_archiver`);
    if (row === undefined) throw new Error('pg_stat_archiver is empty');
    return { ...row, writtenUntil: row.wal === null ? null : await lastWrittenTo(query, row.wal) };
  });
}

// When a segment was last written to; null when the server has already used its file for another one.
async function lastWrittenTo(query: Query, wal: string): Promise<Date | null> {
  const [row] = await query<{ modification: Date }>('select modification from pg_ls_waldir() where name = $1', [wal]);
  return row?.modification ?? null;
}

// `last_archived_time` would say too much: when the archiver lags behind, what it has just stored was written long before.
function archivedUntil({ backups, newestWal }: Stanza, { wal, writtenUntil }: Archiver): string {
  const backup = Date.parse(backups.at(-1)?.stoppedAt ?? '');
  const isKnown = wal !== null && writtenUntil !== null && positionOf(wal) <= positionOf(newestWal.name);
  return new Date(isKnown ? Math.max(backup, writtenUntil.getTime() - MARGIN_MS) : backup).toISOString();
}

function oldest({ backups }: Stanza): PhysicalBackup {
  const [backup] = backups;
  if (backup === undefined) throw new Error('a stanza without backups is refused when it is read');
  return backup;
}

/** `2025-11-21 14:35:07.120 UTC`: to the millisecond, because one is what may lie before and after a bad transaction. */
export function exact(moment: string): string {
  return `${new Date(moment).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

function outside(why: string, next: string): Refusal {
  return new Refusal('moment-outside-window', why, next);
}

function anothersStanza({ host, stanza }: Repository): Refusal {
  return new Refusal(
    'stanza-of-another-server',
    `The pgBackRest stanza ${stanza} on ${host.name} belongs to another server than the one that is to be recovered.`,
    "Compare the stanza and the connection in the system's file.",
  );
}
