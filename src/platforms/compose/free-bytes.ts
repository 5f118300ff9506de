// How much room there is where the server keeps its data: asked in its container.
import type { Disk } from '../direct/reach.ts';
import type { Hands } from './hands.ts';

const PATIENCE_MS = 10_000;
/** PostgreSQL's own variable, which its images set. `-P` keeps a line a line, `-k` gives every df the same unit. */
const ASK = `df -Pk "\${PGDATA:-/var/lib/postgresql}"`;

/** Null when the server does not run, or its image has no df. */
export async function diskOf({ settings, engine, containers }: Hands, signal: AbortSignal): Promise<Disk | null> {
  try {
    const database = (await containers(signal)).find(({ service }) => service === settings.database);
    if (database?.state !== 'running') return null;
    const args = ['exec', database.id, 'sh', '-c', ASK];
    const said = await engine.docker('asking how much room is left', args, { signal, timeoutMs: PATIENCE_MS });
    return diskIn(said);
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/**
 * The third and fourth column of the last line, in bytes; null for anything else.
 * @internal
 */
export function diskIn(said: string): Disk | null {
  const columns = said.trim().split('\n').at(-1)?.trim().split(/\s+/) ?? [];
  const [, blocks, used, available] = columns;
  if (![blocks, used, available].every((column) => /^\d+$/.test(column ?? ''))) return null;
  return { usedBytes: Number(used) * 1024, freeBytes: Number(available) * 1024 };
}
