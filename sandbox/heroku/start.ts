// Starts the simulated Heroku as a child process, for tests and the sandbox.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Control, controlOf } from './control/client.ts';
import type { PaceName } from './pace.ts';
import type { SystemName } from './serve.ts';

export type StartHeroku = {
  /** Superuser URL of the PostgreSQL server that holds the add-ons' databases. */
  postgres: string;
  /** Where dump files go; made when missing. */
  dir: string;
  /** Default: `real`, about 6 s for a restore. */
  pace?: PaceName;
  /** Whose apps there are. Default: grayledger alone, which starts soonest. */
  systems?: readonly SystemName[];
  /** Default: any free port. */
  port?: number;
  /** Ports of the apps, counted up from here. Default: any free ports. */
  appPortBase?: number;
};

export type SimulatedHeroku = {
  url: string;
  apiKey: string;
  /** NODE_EXTRA_CA_CERTS for the CLI: `pg:backups:download` speaks https only. */
  caFile: string | null;
  apps: Record<string, { web: string }>;
  control: Control;
  stop(): Promise<void>;
};

const Ready = z.object({
  url: z.string(),
  apiKey: z.string(),
  caFile: z.string().nullable(),
  apps: z.record(z.string(), z.object({ web: z.string() })),
});

const START_MS = 60_000;

/** Resolves when the account is seeded and everything listens. */
export async function startHeroku({
  postgres,
  dir,
  pace = 'real',
  systems = ['grayledger'],
  port = 0,
  appPortBase = 0,
}: StartHeroku): Promise<SimulatedHeroku> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const args = [
    '--postgres',
    postgres,
    '--dir',
    dir,
    '--pace',
    pace,
    '--systems',
    systems.join(','),
    '--port',
    String(port),
    '--app-port-base',
    String(appPortBase),
  ];
  const child = spawn(process.execPath, [main, ...args, '--with-parent'], {
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-4_000);
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    exited.then(() => null),
    new Promise<null>((resolve) => setTimeout(resolve, START_MS, null).unref()),
  ]);
  if (line === null) {
    await stop();
    throw new Error(`starting the simulated Heroku: it did not become ready\n${said}`);
  }
  const ready = Ready.parse(JSON.parse(line));
  return { ...ready, control: controlOf(ready.url), stop };
}
