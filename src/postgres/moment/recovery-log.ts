// What PostgreSQL says in its log while it recovers: where it stopped, and why it could not.

export type RecoveryLog = {
  /** It is consistent, and can be asked. */
  readonly isReady: boolean;
  /** The commit before which it stopped, so the first one that is not in it; to the microsecond. */
  readonly nextCommitAt: string | null;
  /** It will not get any further: its FATAL, or why it paused somewhere else. */
  readonly problem: string | null;
};

const MOMENT = String.raw`(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00`;
const NEXT = new RegExp(`recovery stopping before (?:commit|abort) .*time ${MOMENT}`);
const INSUFFICIENT = /hot standby is not possible because of insufficient parameter settings/;
const FATAL = /(?:FATAL|PANIC): +(.*)/;

/** Reads a log in English whose moments are in UTC. */
export function readRecoveryLog(text: string): RecoveryLog {
  const lines = text.split('\n');
  const found = (pattern: RegExp) => lines.map((line) => pattern.exec(line)).findLast((match) => match !== null);
  const insufficient = found(INSUFFICIENT);
  // Whoever asks before the server is consistent is turned away with a FATAL of their own.
  const fatal = lines
    .filter((line) => !line.includes('the database system is '))
    .map((line) => FATAL.exec(line)?.[1])
    .findLast((said) => said !== undefined);
  return {
    isReady:
      text.includes('ready to accept read-only connections') || text.includes('ready to accept read only connections'),
    nextCommitAt: momentIn(found(NEXT)),
    problem: insufficient?.[0] ?? fatal ?? null,
  };
}

/** `2025-11-21 14:35:07.12` → `2025-11-21T14:35:07.120000Z` */
function momentIn(match: RegExpExecArray | null | undefined): string | null {
  const [, day, time] = match ?? [];
  if (day === undefined || time === undefined) return null;
  const [seconds, fraction = ''] = time.split('.');
  return `${day}T${seconds}.${fraction.padEnd(6, '0')}Z`;
}
