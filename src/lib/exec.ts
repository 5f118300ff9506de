// Starts other programs: no shell, a closed environment, limits, and never a process that outlives us.
import { accessSync, constants, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';

export type ExecOptions = {
  /** All that the program sees: nothing of our own environment is added. `PATH` is also where `file` is looked for. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** A stream flows in as fast as the program takes it; when it breaks off, the program is ended and its error thrown. */
  readonly stdin?: string | Readable;
  /** Standard output goes to this new file, readable by us alone; an existing one is never overwritten. */
  readonly stdoutFile?: string;
  /** How many characters of each stream are kept: the last ones. */
  readonly maxBuffer?: number;
  /** Run as another user; only root can. */
  readonly uid?: number;
  readonly gid?: number;
  /** Sent first on abort and timeout (default SIGTERM), and by the kernel when we die (default SIGKILL). */
  readonly endWith?: NodeJS.Signals;
  onLine?(line: string, stream: 'stdout' | 'stderr'): void;
  /** Gets standard output as it flows: nothing of it is kept. When this throws, the program is ended and the error thrown. */
  takeStdout?(stdout: Readable): Promise<void>;
};

/** How a program ended. Whether that is good is for the caller to judge. */
export type Ran = {
  /** Null when a signal ended it, or when it was not started because `signal` had been aborted. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly aborted: boolean;
};

/** The program could not be started at all. Neither its arguments nor its environment are in here: they may hold secrets. */
class NotStarted extends Error {
  override readonly name = 'NotStarted';
  readonly command: string;

  constructor(command: string, why: string) {
    super(`${command} could not be started: ${why}`);
    this.command = command;
  }
}

const KEPT = 1_000_000;
const GRACE_MS = 5_000;
/** Without setpriv (macOS) only an orderly exit takes the children with it. */
const SETPRIV = process.platform === 'linux' ? locate('setpriv', '/usr/bin:/bin') : null;

const alive = new Set<number>();
process.on('exit', () => {
  for (const pid of alive) signalGroup(pid, 'SIGKILL');
});

/**
 * Runs a program to its end. Any exit code, signal or timeout is returned. Rejects with NotStarted, and with what a stream
 * that was handed in has thrown.
 */
export async function exec(file: string, args: readonly string[], options: ExecOptions): Promise<Ran> {
  try {
    const program = locate(file, options.env['PATH'] ?? '');
    if (program === null) {
      throw new NotStarted(file, file.includes('/') ? 'there is no such program' : 'it is not on the PATH');
    }
    if (options.signal?.aborted === true) return neverRan;
    if (options.stdoutFile !== undefined) await makeFile(file, options.stdoutFile);
    return await run(file, program, args, options);
  } finally {
    // Whatever feeds it must not wait for a reader that has gone, or never came.
    if (typeof options.stdin === 'object') options.stdin.destroy();
  }
}

async function run(name: string, program: string, args: readonly string[], options: ExecOptions): Promise<Ran> {
  const [command, argv] = dyingWithUs(program, args, options.endWith ?? 'SIGKILL');
  const child = execa(command, argv, {
    env: { ...options.env },
    extendEnv: false,
    reject: false,
    buffer: false,
    // A group of its own, so that a signal reaches whatever the program has started.
    detached: true,
    ...(typeof options.stdin === 'string' ? { input: options.stdin } : {}),
    ...(options.stdin === undefined ? { stdin: 'ignore' as const } : {}),
    stdout: options.stdoutFile === undefined ? 'pipe' : { file: options.stdoutFile, append: true },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  const kept = {
    stdout: keep(isKept(options) ? child.stdout : null, options.maxBuffer ?? KEPT, (line) =>
      options.onLine?.(line, 'stdout'),
    ),
    stderr: keep(child.stderr, options.maxBuffer ?? KEPT, (line) => options.onLine?.(line, 'stderr')),
  };
  const ending = endWhenAsked(child.pid, options);
  child.nodeChildProcess.once('exit', ending.exited);
  const flow = flowing(child, options, ending.end);
  const result = await child.finally(ending.done);
  // The message of this error and the result itself carry all arguments: only the system's code leaves this file.
  if (result.exitCode === undefined && result.signal === undefined) {
    // Its streams never end by themselves: whoever reads must not wait for a program that never was.
    child.stdout?.destroy();
    throw new NotStarted(name, `the system answered ${result.code ?? 'nothing'}`);
  }
  await flow.ended();
  return {
    code: result.exitCode ?? null,
    stdout: kept.stdout(),
    stderr: kept.stderr(),
    signal: result.signal ?? null,
    ...ending.why,
  };
}

/** The streams that were handed in. A program that is ended because one of them broke off has not failed by itself. */
function flowing(
  child: { readonly stdin: Writable | null; readonly stdout: Readable | null },
  { stdin, takeStdout }: ExecOptions,
  end: () => void,
) {
  let broken: { readonly thrown: unknown } | undefined;
  const breakOff = (thrown: unknown) => {
    broken ??= { thrown };
    child.stdout?.destroy();
    end();
  };
  const flows: Promise<unknown>[] = [];
  if (typeof stdin === 'object' && child.stdin !== null) {
    // A program may stop reading when it has seen enough.
    flows.push(pipeline(stdin, child.stdin).catch((thrown) => hasStoppedReading(thrown) || breakOff(thrown)));
  }
  if (takeStdout !== undefined && child.stdout !== null) flows.push(takeStdout(child.stdout).catch(breakOff));
  return {
    async ended() {
      await Promise.all(flows);
      if (broken !== undefined) throw broken.thrown;
    },
  };
}

function hasStoppedReading(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function isKept({ stdoutFile, takeStdout }: ExecOptions): boolean {
  return stdoutFile === undefined && takeStdout === undefined;
}

const neverRan: Ran = { code: null, stdout: '', stderr: '', signal: null, timedOut: false, aborted: true };

// Without this a worker that is killed leaves its pg_restore running, beside the one that the next worker starts.
function dyingWithUs(program: string, args: readonly string[], signal: NodeJS.Signals): [string, string[]] {
  if (SETPRIV === null) return [program, [...args]];
  return [SETPRIV, ['--pdeathsig', signal.replace('SIG', ''), '--', program, ...args]];
}

function endWhenAsked(pid: number | undefined, { signal, timeoutMs, endWith }: ExecOptions) {
  const why = { timedOut: false, aborted: false };
  const timers: NodeJS.Timeout[] = [];
  if (pid !== undefined) alive.add(pid);
  let ended = false;
  const end = () => {
    // The number may be another program's by now.
    if (ended) return;
    signalGroup(pid, endWith ?? 'SIGTERM');
    timers.push(setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS));
  };
  const abort = () => {
    why.aborted = true;
    end();
  };
  const timeOut = () => {
    why.timedOut = true;
    end();
  };
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  if (timeoutMs !== undefined) timers.push(setTimeout(timeOut, timeoutMs));
  return {
    why,
    end,
    // Whoever is left of the group would keep its pipes open, and us waiting.
    exited: () => {
      if (why.aborted || why.timedOut) signalGroup(pid, 'SIGKILL');
    },
    done: () => {
      ended = true;
      if (pid !== undefined) alive.delete(pid);
      signal?.removeEventListener('abort', abort);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has gone already.
  }
}

function keep(stream: Readable | null | undefined, most: number, onLine: (line: string) => void): () => string {
  let text = '';
  let line = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    text = (text + chunk).slice(-most);
    const lines = (line + chunk).split('\n');
    line = (lines.pop() ?? '').slice(-most);
    for (const whole of lines) onLine(whole);
  });
  stream?.on('end', () => {
    if (line !== '') onLine(line);
  });
  return () => text;
}

function locate(file: string, path: string): string | null {
  const candidates = file.includes('/')
    ? [file]
    : path
        .split(delimiter)
        .filter(isAbsolute)
        .map((dir) => join(dir, file));
  return candidates.find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function makeFile(command: string, file: string): Promise<void> {
  try {
    await writeFile(file, '', { flag: 'wx', mode: 0o600 });
  } catch {
    throw new NotStarted(command, `its output cannot be written to a new file ${file}`);
  }
}
