// How Compose is called on this machine: `docker compose` (version 2) or `docker-compose` (version 1, or 2 standing alone).
import { Refusal } from '../../core/errors.ts';
import type { Engine } from './engine.ts';

export type Spelling = {
  /** The program, and the words that come before every argument. */
  readonly program: 'docker' | 'docker-compose';
  readonly words: readonly string[];
  readonly version: string;
};

const KNOWN = [
  { program: 'docker', words: ['compose'] },
  { program: 'docker-compose', words: [] },
] as const;

/** The newer spelling, where both are there. Refuses with what to install. */
export async function findSpelling(engine: Engine, signal: AbortSignal): Promise<Spelling> {
  for (const { program, words } of KNOWN) {
    const version = await versionOf(engine, program, [...words, 'version', '--short'], signal);
    if (version !== null) return { program, words, version };
  }
  throw new Refusal(
    'no-compose',
    'Neither `docker compose` nor `docker-compose` is installed where Holdfast runs.',
    'Install one of them, on Debian with: sudo apt-get install -y docker.io docker-compose',
  );
}

async function versionOf(engine: Engine, program: string, args: string[], signal: AbortSignal): Promise<string | null> {
  // A program that is not there cannot be started.
  const ran = await engine.run('asking for the version of Compose', program, args, { signal }).catch(() => null);
  signal.throwIfAborted();
  return ran?.code === 0 ? (/^v?(\d+\.\d+\S*)/.exec(ran.stdout)?.[1] ?? null) : null;
}
