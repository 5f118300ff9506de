// What can be wrong with an archive, as sentences that say what to do. The codes are the same whatever its format.
import { Fault, Refusal, reasonOf } from '../../core/errors.ts';
import type { Ran } from '../../lib/exec.ts';

const another = 'Download it again or choose another backup.';

export function notAnArchive(name: string, what: string): Refusal {
  return new Refusal('not-an-archive', `${name} is not a dump of PostgreSQL that can be read here: ${what}.`, another);
}

export function truncated(name: string): Refusal {
  return new Refusal('archive-truncated', `${name} is cut off: its end is missing.`, another);
}

export function damaged(name: string, said: string): Refusal {
  return new Refusal('archive-damaged', `${name} is damaged (${said}).`, another);
}

export function empty(name: string, without: string): Refusal {
  return new Refusal('archive-empty', `${name} is a valid archive without ${without}.`, another);
}

export function notAsRecorded(name: string, is: string, was: string): Refusal {
  return new Refusal(
    'archive-checksum',
    `${name} is not what was recorded when it was made: its SHA-256 is ${is.slice(0, 12)}…, not ${was.slice(0, 12)}….`,
    another,
  );
}

/** What to throw for what a stream of the archive threw. */
export function problemOf(name: string, thrown: unknown): unknown {
  if (thrown instanceof Refusal || thrown instanceof Fault) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'Z_BUF_ERROR') return truncated(name);
  if (code === 'ZSTD_error_frameParameter_windowTooLarge') {
    return new Refusal(
      'archive-window',
      `${name} was compressed with a window of more than 128 MB, for which as much memory would be needed here.`,
      'Compress it again without --long, or with --long=27 at most: `zstd -dc --long=31 … | zstd`.',
    );
  }
  if (/^(Z_|ZSTD_)/.test(code)) return damaged(name, reasonOf(thrown));
  return new Fault(`reading the backup file ${name}`, { cause: thrown });
}

/** What to throw for a pg_restore that did not read the archive to its end. */
export function problemOfPgRestore(name: string, { stderr, signal }: Ran): Refusal | Fault {
  const said = /error: (.+)/.exec(stderr)?.[1] ?? '';
  if (/end of file|too short/.test(said)) return truncated(name);
  if (/unsupported version/.test(said)) {
    return new Refusal(
      'archive-too-new',
      `${name} was written by a newer pg_dump than this machine can read (${said}).`,
      'Install the newest postgresql-client where the worker runs, then ask again.',
    );
  }
  if (said === '') {
    return new Fault(`reading ${name} to its end: pg_restore was ended by ${signal ?? 'an unknown cause'}`);
  }
  return damaged(name, said);
}
