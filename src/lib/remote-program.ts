// How a program is run behind ssh: quoted for the shell there, ended when the connection breaks, and with an end that is told.
import type { HostOptions } from './host.ts';

/**
 * What runs over there, around the program. Its arguments: a mark, the size of the program's input, the PATH, the program.
 *
 * sshd tells nobody that a connection has broken, and does not always know: so we send a dot every few seconds, and when
 * neither dot nor end comes, the program and all that it has started are ended. Input comes first and is followed by a dot,
 * so that a program never takes the end of the connection for the end of its input. What the mark introduces is for us:
 * an exit code of ssh could be the program's or its own.
 */
const WRAPPER = `mark=$1 bytes=$2 PATH=$3; shift 3; export PATH
cd /; exec 3<&0 </dev/null
beat() { [ "$(timeout 30 head -c 1 <&3)" = . ]; }
end() { if kill -0 $$; then trap '' TERM; kill -TERM 0; sleep 5; kill -KILL 0; fi; }
watch() { exec >/dev/null 2>&1; while beat; do :; done; end; }
drop() { exec >/dev/null 2>&1; cat <&3; end; }
feed() { if head -c "$bytes" <&3 2>/dev/null; then beat || kill -KILL 0; watch & else drop & fi; }
run() { env -i PATH="$PATH" HOME="$HOME" LC_ALL=C TZ=UTC "$@" 3<&-; }
echo "$mark started" >&2
if [ "$bytes" = 0 ]; then watch & run "$@"; else feed | run "$@"; fi
echo "$mark $?" >&2`;

const AS_USER = `user=$1; shift
if [ "$(id -un)" = "$user" ]; then exec "$@"; fi
if [ "$(id -u)" = 0 ]; then exec runuser -u "$user" -- "$@"; fi
exec sudo -n -u "$user" -- "$@"`;

export type RemoteProgram = {
  readonly mark: string;
  readonly inputBytes: number;
  /** Where programs are looked for over there. */
  readonly path: string;
  readonly as: string | undefined;
  readonly program: string;
  readonly args: readonly string[];
};

/** The one line for the shell over there, which has to be one of POSIX (not csh or fish). */
export function commandLine({ mark, inputBytes, path, as, program, args }: RemoteProgram): string {
  if (!/^[A-Za-z0-9_./+][A-Za-z0-9_./+-]*$/.test(program)) throw new Error('the name of a program was expected');
  const command = ['/bin/sh', '-c', WRAPPER, 'sh', mark, String(inputBytes), path, program, ...args];
  return ['exec', ...(as === undefined ? command : ['/bin/sh', '-c', AS_USER, 'sh', as, ...command]).map(quoted)].join(
    ' ',
  );
}

function quoted(argument: string): string {
  if (argument.includes('\0')) throw new Error('an argument of a program cannot hold a NUL');
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** Listens for the marks among the lines of standard error, which the caller does not get to see. */
export function listenFor(mark: string, onLine: HostOptions['onLine'], onStart: () => void) {
  let code: number | null = null;
  const found = new RegExp(`^(.*)${mark} (started|[0-9]+)$`, 's');
  return {
    /** Null until the program has ended by itself. */
    code: () => code,
    onLine(line: string, stream: 'stdout' | 'stderr') {
      const [, before, what] = (stream === 'stderr' && found.exec(line)) || [];
      if (what === undefined) return onLine?.(line, stream);
      if (before !== undefined && before !== '') onLine?.(before, stream);
      if (what === 'started') onStart();
      else code = Number(what);
    },
    without: (stderr: string) => stderr.replaceAll(new RegExp(`${mark} (started|[0-9]+)\n?`, 'g'), ''),
  };
}
