// Runs programs on the database's own host, as the user whose the server is, and tells what one that failed has said.
import { Fault } from '../../core/errors.ts';
import type { Ran } from '../../lib/exec.ts';
import type { Host, HostOptions } from '../../lib/host.ts';

/** A pgBackRest stanza. `host` runs programs as the user whose the server and the repository are, usually postgres. */
export type Repository = {
  readonly host: Host;
  readonly stanza: string;
  /** Its configuration file over there. */
  readonly config: string;
};

/** What ran and ended well. Throws Fault with its last line otherwise, and the signal's reason after an abort. */
export async function must(
  activity: string,
  host: Host,
  program: string,
  args: readonly string[],
  options: HostOptions = {},
): Promise<Ran> {
  const ran = await host.run(program, args, options);
  options.signal?.throwIfAborted();
  if (ran.code === 0) return ran;
  throw new Fault(`${activity} on ${host.name}`, { cause: new Error(howItEnded(ran)) });
}

/** pgBackRest with the options that always hold: it says what goes wrong on standard error and keeps no log of its own. */
export function pgBackRest({ stanza, config }: Repository, command: string, options: readonly string[]): string[] {
  return [
    `--config=${config}`,
    `--stanza=${stanza}`,
    '--log-level-file=off',
    '--log-level-stderr=off',
    ...options,
    command,
  ];
}

/** The last line of an error, of standard output when it has said nothing else. */
function howItEnded({ code, signal, timedOut, stderr, stdout }: Ran): string {
  const line = (stderr.trim() || stdout.trim()).split('\n').at(-1)?.trim() ?? '';
  if (timedOut) return 'it took too long';
  return line === '' ? `it ended with ${signal ?? `exit code ${code}`}` : line;
}
