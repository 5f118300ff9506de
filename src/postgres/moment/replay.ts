// Watches a cluster replay the archive, and judges where it stopped.
import { Fault, Refusal } from '../../core/errors.ts';
import { sleep } from '../../lib/clock.ts';
import type { Host } from '../../lib/host.ts';
import { must } from './on-host.ts';
import { askReplay, type Recovered, type Replay } from './recovered.ts';
import { type RecoveryLog, readRecoveryLog } from './recovery-log.ts';
import { exact, type RecoveryWindow } from './window.ts';

/** `restore` with its share from 0 to 100, then `replay` with the moment that it has reached. */
export type RecoveryStep =
  | { readonly step: 'restore'; readonly percent: number }
  | { readonly step: 'replay'; readonly reached: string | null };

export type ReplayOptions = {
  readonly at: string | null;
  readonly window: RecoveryWindow;
  readonly segmentBytes: number;
  readonly signal: AbortSignal;
  progress?(step: RecoveryStep): void;
};

const POLL_MS = 500;
/** Replay that moves neither in what it has read nor in its log for so long stands still. */
const STANDSTILL_MS = 10 * 60_000;

/** A segment that the repository has not handed out for so long is not there; it is asked for every second. */
const GAP_MS = 20_000;
/** Of its log: enough for a line per segment of the largest archive, because its beginning says when it was ready. */
const KEPT = 10_000_000;

type Replayed = { readonly replay: Replay; readonly log: RecoveryLog };

/**
 * Waits until replay has stopped before the moment, or where the archive ends. Throws a Refusal when the archive ends before
 * the moment and nobody can say that no more was written, Fault when replay ends or stands still.
 */
export async function untilReplayed(host: Host, recovered: Recovered, options: ReplayOptions): Promise<Replayed> {
  const { at, window, signal } = options;
  const activity = 'replaying the archive';
  let last = '';
  let moved = Date.now();
  for (;;) {
    const { stdout } = await must(activity, host, 'cat', [`${recovered.home}/server.log`], { signal, maxBuffer: KEPT });
    const log = readRecoveryLog(stdout);
    if (log.problem !== null) throw new Fault(activity, { cause: new Error(log.problem) });
    const replay = log.isReady ? await askReplay(host, recovered, signal) : null;
    if (replay?.isPaused === true && log.nextCommitAt !== null) return checked({ replay, log }, at);
    if (replay?.isAtEnd === true && hasSeen(replay, options)) return atEnd({ replay, log }, window, at);
    options.progress?.({ step: 'replay', reached: replay?.lastCommitAt ?? null });
    // While it waits for WAL it says so in its log again and again.
    const position = replay?.lsn ?? stdout;
    if (position !== last) moved = Date.now();
    last = position;
    const still = Date.now() - moved;
    if (replay?.isAtEnd === true && still > GAP_MS) throw gapAfter(replay, window);
    if (still > STANDSTILL_MS) throw new Fault(`${activity}: it stands still at ${replay?.lsn ?? 'its start'}`);
    await sleep(POLL_MS, signal);
  }
}

/** Read back: nothing later than the moment is in it, and what comes next is later. */
function checked(replayed: Replayed, at: string | null): Replayed {
  const { lastCommitAt } = replayed.replay;
  const { nextCommitAt } = replayed.log;
  const micro = at === null ? null : micros(at);
  const isRight = micro !== null && (lastCommitAt ?? '') <= micro && (nextCommitAt === null || nextCommitAt > micro);
  if (isRight) return replayed;
  throw new Fault(`recovering to ${at}: it stopped between ${lastCommitAt} and ${nextCommitAt}`);
}

// Where everything up to the moment is known to be archived, an archive that ends earlier means that nobody wrote any more.
function atEnd(replayed: Replayed, window: RecoveryWindow, at: string | null): Replayed {
  if (at === null) return replayed;
  if (window.certain) return checked(replayed, at);
  throw endsEarlier(at, replayed.replay.lastCommitAt);
}

function endsEarlier(at: string, last: string | null): Refusal {
  const end = last === null ? 'the backup itself' : `a transaction of ${exact(last)}`;
  return new Refusal(
    'archive-ends-earlier',
    `Recovery ended before ${exact(at)} was reached: the last that the archive holds is ${end}.`,
    last === null
      ? 'Restore the backup as it is.'
      : `Ask for a moment before ${exact(last)}, or for all that is there.`,
  );
}

function gapAfter({ lsn, lastCommitAt }: Replay, { newestWal }: RecoveryWindow): Refusal {
  const last = lastCommitAt === null ? 'the backup itself' : `a transaction of ${exact(lastCommitAt)}`;
  return new Refusal(
    'archive-has-a-gap',
    `WAL is missing in the archive after ${lsn}, although ${newestWal} is there: the last that can be reached is ${last}.`,
    lastCommitAt === null
      ? 'Restore a dump, and have pgBackRest make a full backup.'
      : `Ask for a moment before ${exact(lastCommitAt)}, and have pgBackRest make a full backup.`,
  );
}

/** Whether it has come to the newest segment that was archived when the window was read. */
function hasSeen({ lsn }: Replay, { window: { newestWal }, segmentBytes }: ReplayOptions): boolean {
  const [high = '', low = ''] = lsn.split('/');
  const position = (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
  const segment =
    (BigInt(`0x${newestWal.slice(8, 16)}`) << 32n) + BigInt(`0x${newestWal.slice(16)}`) * BigInt(segmentBytes);
  return position >= segment;
}

function micros(moment: string): string {
  return new Date(moment).toISOString().replace('Z', '000Z');
}
