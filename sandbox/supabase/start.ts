// Starts the two simulated Supabase projects of fieldservice, each as a child process, for tests and the sandbox.
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Control, controlOf } from './control/client.ts';
import type { Ready } from './project.ts';
import type { EnvironmentName } from './seed/project.ts';

export type StartSupabase = {
  /**
   * Superuser URLs of two fresh PostgreSQL servers, on their database `postgres`. Their first superuser is called
   * supabase_admin afterwards, and `postgres` is a role without that right, as at Supabase.
   */
  postgres: Record<EnvironmentName, string>;
  /** Holds `backups` (past dumps of production with their manifests) and the stored objects; made when missing. */
  dir: string;
  /** Default: any free ports. */
  ports?: Record<EnvironmentName, number>;
};

export type Project = Ready & {
  control: Control;
};

export type SimulatedSupabase = Record<EnvironmentName, Project> & {
  backupsDir: string;
  stop(): Promise<void>;
};

const ReadyLine = z.object({
  url: z.string(),
  database: z.string(),
  anonKey: z.string(),
  serviceKey: z.string(),
}) satisfies z.ZodType<Ready>;

const START_MS = 60_000;

/** Resolves when both projects are seeded and listen. */
export async function startSupabase({ postgres, dir, ports }: StartSupabase): Promise<SimulatedSupabase> {
  await mkdir(dir, { recursive: true });
  const starting = (['production', 'staging'] as const).map((environment) =>
    startChild(environment, [
      ...['--environment', environment, '--postgres', postgres[environment], '--dir', dir],
      ...['--port', String(ports?.[environment] ?? 0)],
    ]),
  );
  const started = await Promise.allSettled(starting);
  const stop = async () => {
    await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)));
  };
  try {
    const [production, staging] = await Promise.all(starting);
    if (production === undefined || staging === undefined) throw new Error('starting the simulated Supabase');
    return { production: production.project, staging: staging.project, backupsDir: join(dir, 'backups'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startChild(name: string, args: readonly string[]): Promise<{ project: Project; stop(): Promise<void> }> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, ...args], {
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
    throw new Error(`starting the simulated Supabase project ${name}: it did not become ready\n${said}`);
  }
  const ready = ReadyLine.parse(JSON.parse(line));
  return { project: { ...ready, control: controlOf(ready.url) }, stop };
}
