// The last lines that a service has written: limited in number, size and time.

import { Fault } from '../../core/errors.ts';
import type { Container } from './containers.ts';
import type { Engine } from './engine.ts';
import { gistOf } from './engine.ts';

export type LogOptions = {
  readonly signal: AbortSignal;
  /** Default: 100 (P7). */
  readonly lines?: number;
  /** How many characters are read at most per container and stream. Default: 200,000. */
  readonly characters?: number;
  /** Only what was written since then: an ISO 8601 moment. */
  readonly since?: string;
};

const PATIENCE_MS = 20_000;

/** Lines of all containers, oldest first: `2025-11-21T02:00:00.123456789Z Listening on 0.0.0.0:8000`. */
export async function readLogs(
  engine: Engine,
  containers: readonly Container[],
  options: LogOptions,
): Promise<string[]> {
  const { lines = 100 } = options;
  const all: string[] = [];
  for (const container of containers) all.push(...(await linesOf(engine, container, options)));
  // Each stream comes in order, both together do not: the moment at the beginning sorts them.
  return all.sort().slice(-lines);
}

async function linesOf(engine: Engine, { id, name }: Container, options: LogOptions): Promise<string[]> {
  const { signal, lines = 100, characters = 200_000, since } = options;
  const activity = `reading the log of ${name}`;
  const args = [
    'logs',
    '--timestamps',
    '--tail',
    String(lines),
    ...(since === undefined ? [] : ['--since', since]),
    id,
  ];
  const ran = await engine.run(activity, 'docker', args, { signal, timeoutMs: PATIENCE_MS, maxBuffer: characters });
  if (ran.code !== 0) throw new Fault(`${activity} on the engine ${engine.name}`, { cause: new Error(gistOf(ran)) });
  return [ran.stdout, ran.stderr].flatMap((text) => {
    const whole = text.split('\n').filter((line) => line !== '');
    // The first line of a full buffer is the rest of one.
    return text.length < characters ? whole : whole.slice(1);
  });
}
