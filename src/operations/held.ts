// Which backups must not be deleted whatever their age: what restores have proven, and what operations are using.
import type { OperationStore } from '../core/ports.ts';
import { type Held, usedBy } from '../core/retention.ts';

type Operations = Pick<OperationStore, 'lastProof' | 'open'>;

/**
 * Of one system. `ids` are the backups that are there: the last proven one may be gone, and then the last proven of these is
 * kept in its stead. `except` is the operation that asks.
 */
export async function heldBackups(
  operations: Operations,
  system: string,
  ids: readonly string[],
  except: string | null,
): Promise<Held> {
  const [newest, open] = await Promise.all([operations.lastProof(system, null), operations.open(system)]);
  const inUse = open.filter(({ id }) => id !== except).flatMap(usedBy);
  if (newest === null) return { proven: [], inUse };
  const there = ids.includes(newest.backup) ? newest.backup : await lastProvenOf(operations, system, ids);
  return { proven: [...new Set([newest.backup, ...(there === null ? [] : [there])])], inUse };
}

async function lastProvenOf(operations: Operations, system: string, ids: readonly string[]): Promise<string | null> {
  const proofs = await Promise.all(ids.map((id) => operations.lastProof(system, id)));
  const newest = proofs.flatMap((proof) => proof ?? []).toSorted((a, b) => b.at.localeCompare(a.at))[0];
  return newest?.backup ?? null;
}
