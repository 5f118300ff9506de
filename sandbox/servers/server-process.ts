// One server as a child process: dies with its starter, logs to a file, is waited for, is stopped within a deadline.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export type ServerCommand = {
  /** What a person calls it, for error messages: "PostgreSQL". */
  name: string;
  command: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd: string;
  logFile: string;
  /** Sent to the server by the kernel when the process that started it is gone. */
  deathSignal: NodeJS.Signals;
  /** Run as another user; only root can. */
  user?: { uid: number; gid: number };
};

export type ServerProcess = {
  pid: number;
  running(): boolean;
  /** Polls `probe` until it returns; throws with the tail of the log when the server ends first or time runs out. */
  untilReady(probe: () => Promise<unknown>, timeoutMs?: number): Promise<void>;
  /** Sends each signal in turn, giving the server `graceMs` to go after each. SIGKILL always ends the list. */
  end(signals: readonly NodeJS.Signals[], graceMs?: number): Promise<void>;
};

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
const alive = new Map<ChildProcess, NodeJS.Signals>();

process.on('exit', () => {
  for (const [child, deathSignal] of alive) child.kill(deathSignal);
});

/** Starts the server and returns at once; call `untilReady` before using it. */
export async function startProcess(server: ServerCommand): Promise<ServerProcess> {
  const child = launch(server);
  const spawned = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(new Error(`starting ${server.name} (${server.command})`, { cause })));
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  alive.set(child, server.deathSignal);
  void exited.then(() => alive.delete(child));
  await spawned.catch((error: unknown) => {
    alive.delete(child);
    throw error;
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`starting ${server.name}: it has no process id`);

  const running = () => child.exitCode === null && child.signalCode === null;

  return {
    pid,
    running,
    async untilReady(probe, timeoutMs = 30_000) {
      const deadline = Date.now() + timeoutMs;
      let last: unknown;
      while (running() && Date.now() < deadline) {
        try {
          await probe();
          if (running()) return;
        } catch (error) {
          last = error;
        }
        await Promise.race([exited, sleep(25)]);
      }
      const how = running()
        ? `did not answer within ${timeoutMs} ms`
        : `ended while starting (${child.signalCode ?? `exit code ${child.exitCode}`})`;
      await end(['SIGKILL']);
      throw new Error(`${server.name} ${how}. Its log ends:\n${logTail(server.logFile)}`, { cause: last });
    },
    end,
  };

  async function end(signals: readonly NodeJS.Signals[], graceMs = 8_000): Promise<void> {
    for (const signal of [...signals, 'SIGKILL'] as const) {
      if (!running()) return;
      child.kill(signal);
      const grace = new AbortController();
      await Promise.race([exited, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
      grace.abort();
    }
  }
}

/** The last lines of a server's log, for an error message. */
export function logTail(logFile: string, lines = 25): string {
  if (!existsSync(logFile)) return `(no log at ${logFile})`;
  const text = readFileSync(logFile, 'utf8').trimEnd();
  return text === '' ? `(empty log at ${logFile})` : text.split('\n').slice(-lines).join('\n');
}

function launch({ command, args, env, cwd, logFile, deathSignal, user }: ServerCommand): ChildProcess {
  const log = openSync(logFile, 'a');
  try {
    // setpriv runs after the change of user, because that change would clear the death signal again.
    const [file, argv] = SETPRIV
      ? [SETPRIV, ['--pdeathsig', deathSignal.replace('SIG', ''), '--', command, ...args]]
      : [command, [...args]];
    return spawn(file, argv, { cwd, env, stdio: ['ignore', log, log], ...user });
  } finally {
    closeSync(log);
  }
}
