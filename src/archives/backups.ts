// Files in a store as the backups that plans and checks speak of.
import type { Backup } from '../core/facts.ts';
import { isBackupName, type StoredFile } from './archive-store.ts';

export type BackupRules = {
  /** What the files of the daily job are called, where no manifest tells: `backup_*.sql.gz`. Null: none is told by its name. */
  readonly scheduled: string | null;
  readonly now: Date;
};

/** A file without a manifest that was written to so recently may still be arriving. */
const ARRIVING_MS = 60_000;

/** Newest first. A file whose manifest does not fit it is a failed backup; one that may still be arriving is not listed. */
export function toBackups(files: readonly StoredFile[], rules: BackupRules): Backup[] {
  return files
    .filter((file) => isBackupName(file.name) && !mayBeArriving(file, rules.now))
    .map((file) => toBackup(file, rules))
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt) || b.id.localeCompare(a.id));
}

function toBackup(file: StoredFile, { scheduled }: BackupRules): Backup {
  const { name, bytes, manifest, problem } = file;
  const moment = manifest?.moment ?? file.modifiedAt;
  // Encrypting it afterwards adds to the name of what the daily job has made (P14).
  const made = name.replace(/\.(gpg|age)$/, '');
  const isScheduled = scheduled !== null && [name, made].some((one) => patternOf(scheduled).test(one));
  return {
    id: name,
    kind: manifest?.kind ?? (isScheduled ? 'scheduled' : 'manual'),
    state: problem === null ? 'finished' : 'failed',
    startedAt: moment,
    finishedAt: problem === null ? moment : null,
    bytes,
    sha256: manifest?.sha256 ?? null,
    ...(manifest?.keep === undefined ? {} : { keep: manifest.keep }),
  };
}

function mayBeArriving({ manifest, problem, modifiedAt }: StoredFile, now: Date): boolean {
  return manifest === null && problem === null && now.getTime() - Date.parse(modifiedAt) < ARRIVING_MS;
}

/** `*` stands for any characters, `?` for one. */
function patternOf(glob: string): RegExp {
  const escaped = glob.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
