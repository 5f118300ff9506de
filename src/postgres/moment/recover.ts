// Recovers a cluster beside the live one, up to a moment: restored from pgBackRest, replayed, stopped, read back.
import { Fault } from '../../core/errors.ts';
import { archiveUpToNow } from './archive-now.ts';
import { binariesOf, refuseWithoutRoom } from './ground.ts';
import { must, type Repository } from './on-host.ts';
import { homeOf, type Recovered, removeRecovered } from './recovered.ts';
import { type RecoveryStep, untilReplayed } from './replay.ts';
import { configure, restore, start } from './restore.ts';
import type { PhysicalBackup } from './stanza.ts';
import { backupFor, nowOf, type RecoveryWindow, recoverableWindow, type WindowOptions } from './window.ts';

export type RecoverOptions = WindowOptions & {
  /** The moment, or null for all that the archive holds. */
  readonly at: string | null;
  /** A directory over there on a disk with room for a second cluster; the user whose the server is must be able to make it. */
  readonly dir: string;
  /** Whose it is, "op-41": what a crash has left of an earlier one of this name is removed. */
  readonly name: string;
  /** With whom the cluster was made. Default: postgres. */
  readonly superuser?: string;
  /** How long the live server's archiver is given, where it has to bring the archive up to now. Default: 60. */
  readonly patienceSeconds?: number;
  progress?(step: RecoveryStep): void;
};

export type RecoveredTo = Recovered & {
  /** The backup that was restored. */
  readonly backup: string;
  /** Of the last transaction that is in it, to the microsecond; null when there was none since the backup. */
  readonly lastCommitAt: string | null;
  /** Of the first one that is not in it; null when none is in the archive. */
  readonly nextCommitAt: string | null;
};

/**
 * Recovers to `at`, any moment from the window's beginning until now: what is not archived yet is archived first, where the
 * live server can be asked. Leaves the cluster running, read-only: it is in standby mode, so nothing but a person's own
 * doing can end its recovery, it listens on a socket in a closed directory, and it archives nothing. Throws a Refusal when
 * the moment cannot be reached or there is no room, Fault when it goes wrong; then nothing is left over there.
 */
export async function recoverTo(repository: Repository, options: RecoverOptions): Promise<RecoveredTo> {
  const { host } = repository;
  const { at, signal } = options;
  const home = homeOf(options.dir, options.name);
  const window = await windowAround(repository, options);
  const backup = at === null ? newest(window) : backupFor(window, at);
  const recovered: Recovered = {
    home,
    bin: await binariesOf(host, window.major, signal),
    superuser: options.superuser ?? 'postgres',
  };
  await removeRecovered(host, home, signal);
  await must('making room for a cluster', host, 'mkdir', ['-p', '-m', '0700', '--', home, `${home}/sockets`], {
    signal,
  });
  try {
    await refuseWithoutRoom(host, home, backup, signal);
    await restore(repository, home, backup, options);
    const segmentBytes = await configure(host, recovered, at, signal);
    await start(host, recovered, signal);
    const { replay, log } = await untilReplayed(host, recovered, { ...options, window, segmentBytes });
    if (replay.systemIdentifier !== window.systemIdentifier) throw new Fault('recovering: it is another cluster');
    return { ...recovered, backup: backup.label, lastCommitAt: replay.lastCommitAt, nextCommitAt: log.nextCommitAt };
  } catch (thrown) {
    // After an abort or a lost connection too; what cannot be removed now is removed by the next one of this name.
    await removeRecovered(host, home, AbortSignal.timeout(60_000)).catch(() => {});
    throw thrown;
  }
}

async function windowAround(repository: Repository, options: RecoverOptions): Promise<RecoveryWindow> {
  const { at, live } = options;
  const window = await recoverableWindow(repository, options);
  const isLater = at !== null && Date.parse(at) > Date.parse(window.to) && Date.parse(at) <= nowOf(window);
  if (!isLater || live === null) return window;
  const { moment } = await archiveUpToNow(live, options);
  return { ...(await recoverableWindow(repository, options)), to: moment };
}

function newest({ backups }: RecoveryWindow): PhysicalBackup {
  const backup = backups.at(-1);
  if (backup === undefined) throw new Error('a window without backups is refused when it is read');
  return backup;
}
