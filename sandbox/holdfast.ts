// Runs Holdfast as it runs in production: a process of its own that knows the world only by its environment.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './servers/free-port.ts';
import { logTail, type ServerProcess, startProcess } from './servers/server-process.ts';

export type HoldfastProcess = {
  pid: number;
  logFile: string;
  /** Where it answers whoever watches it. */
  healthUrl: string;
  running(): boolean;
  /** SIGTERM, then SIGKILL: what an orderly restart does. */
  stop(): Promise<void>;
  /** SIGKILL: what a crash does. */
  kill(): Promise<void>;
};

export type HoldfastOptions = {
  env: Record<string, string>;
  role?: 'bot' | 'worker';
  logFile: string;
  cwd: string;
};

/** Starts it and waits until it answers its health check. Throws with the end of its log when it does not. */
export async function startHoldfast({ env, role, logFile, cwd }: HoldfastOptions): Promise<HoldfastProcess> {
  const healthPort = await freePort();
  const healthUrl = `http://127.0.0.1:${healthPort}`;
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const server: ServerProcess = await startProcess({
    name: 'Holdfast',
    command: process.execPath,
    args: ['--max-semi-space-size=8', main, ...(role === undefined ? [] : ['--role', role])],
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HEALTH_PORT: String(healthPort),
      MALLOC_ARENA_MAX: '2',
      ...env,
    },
    cwd,
    logFile,
    deathSignal: 'SIGTERM',
  });
  await server.untilReady(async () => {
    const answer = await fetch(`${healthUrl}/healthz`);
    if (answer.status !== 200) throw new Error(`health check answered ${answer.status}`);
  }, 30_000);
  return {
    pid: server.pid,
    logFile,
    healthUrl,
    running: server.running,
    stop: () => server.end(['SIGTERM'], 15_000),
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      while (server.running()) await sleep(10);
    },
  };
}

/** The end of its log, for error messages. */
export function logOf(holdfast: HoldfastProcess): string {
  return logTail(holdfast.logFile, 40);
}
