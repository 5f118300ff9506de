// Copies of backups out of the house: how they are called, and which files of a place are whose copies.
import { createHash } from 'node:crypto';
import type { Backup, Copy } from '../core/facts.ts';
import type { StoredFile } from './archive-store.ts';

type Source = { readonly system: string; readonly environment: string };

/** Longer names are cut, with a sum of the whole in their stead. */
const LONGEST_ID = 100;

/** With the moment first (S14): `20251121T020000Z_grayledger_production_a001.age`. The same backup always gets the same name. */
export function copyName(prefix: string, { system, environment }: Source, { id, startedAt }: Backup): string {
  const moment = startedAt.replaceAll(/[-:]|\.\d+/g, '');
  const plain = id.replaceAll(/[^A-Za-z0-9._+-]/g, '_');
  const short = plain === id && id.length <= LONGEST_ID ? id : `${plain.slice(0, LONGEST_ID)}_${sumOf(id)}`;
  return `${prefix}${moment}_${system}_${environment}_${short}.age`;
}

function sumOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 8);
}

/** Newest first. By their manifests alone: what has none, or belongs to others, is none of ours. */
export function copiesIn(files: readonly StoredFile[], source: Source): Copy[] {
  return files
    .flatMap((file) => toCopy(file, source) ?? [])
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt) || b.id.localeCompare(a.id));
}

function toCopy({ name, bytes, manifest, problem }: StoredFile, { system, environment }: Source): Copy | null {
  const of = manifest?.copyOf;
  if (manifest === null || of === undefined || of.system !== system || of.environment !== environment) return null;
  return {
    id: name,
    kind: manifest.kind,
    state: problem === null ? 'finished' : 'failed',
    startedAt: manifest.moment,
    finishedAt: problem === null ? manifest.moment : null,
    bytes,
    sha256: manifest.sha256,
    of: of.backup,
    ofSha256: of.sha256,
    copiedAt: of.copiedAt,
    ...(manifest.keep === undefined ? {} : { keep: manifest.keep }),
  };
}
