// A place where backups are kept. Nothing in it is ever overwritten, and a name is only ever a name.
import { Refusal } from '../core/errors.ts';
import { Manifest } from '../core/manifest.ts';

/** One backup that lies in a store. */
export type StoredFile = {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAt: string;
  /** What was recorded when it was made; null when nothing was, or when it cannot be read. */
  readonly manifest: Manifest | null;
  /** Why the file and its manifest cannot be trusted; null when there is nothing to say. */
  readonly problem: string | null;
};

type Ends = { readonly signal: AbortSignal };

/** What a sending has to know to go on after the process has died: kept by the caller, beside the file. */
export interface Notes {
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
}

export type Sending = Ends & { readonly notes: Notes; onBytes?(bytes: number): void };

/** Throws Fault, naming the store, when it does not answer, and Refusal for a name that cannot be one. */
export interface ArchiveStore {
  /** For a person: "/var/backups", "s3://bucket/prefix/". */
  readonly name: string;
  /** Newest first, without what still has a passing name. */
  list(signal: AbortSignal): Promise<readonly StoredFile[]>;
  /** Writes a new file that only we can read. Of one that could not be fetched completely nothing is left. */
  fetch(name: string, toFile: string, options: Ends & { onBytes?(bytes: number): void }): Promise<void>;
  /**
   * The file is read back before it gets its name, and its manifest is there first: a pre-image that could be listed
   * without it would be taken for an ordinary backup, and be restored as the latest (S3, P6).
   */
  put(fromFile: string, name: string, manifest: Manifest, options: Ends): Promise<void>;
  /**
   * Like `put`, of a file that may be large, over a way that may break: called again with the same file, name and notes it goes
   * on after what has arrived. Nothing that has arrived is trusted before all of it was read back.
   */
  send(fromFile: string, name: string, manifest: Manifest, options: Sending): Promise<void>;
  /** Removes what sendings of this name have left that were never finished. */
  abandon(name: string, options: Ends & { readonly notes: Notes }): Promise<void>;
  /** The SHA-256 of what lies there now: all of it is read. */
  sha256(name: string, options: Ends): Promise<string>;
  /** The file and its manifest; one that is not there is as good as removed. */
  remove(name: string, options: Ends): Promise<void>;
}

const MANIFEST = '.manifest.json';

export function manifestOf(name: string): string {
  return `${name}${MANIFEST}`;
}

function isManifest(name: string): boolean {
  return name.endsWith(MANIFEST);
}

/** The name as it was given. It becomes part of paths and arguments: whatever could lead elsewhere is refused. */
export function checkedName(name: string): string {
  if (isName(name) && !isPassing(name) && !isManifest(name)) return name;
  throw new Refusal(
    'bad-archive-name',
    `${JSON.stringify(name)} cannot be the name of a backup.`,
    'Use letters, digits and . _ - + only, beginning with a letter or a digit.',
  );
}

/** Whether a file that was found is a backup, by its name alone. */
export function isBackupName(name: string): boolean {
  return isName(name) && !isPassing(name) && !isManifest(name) && !isCompanion(name);
}

/** What lies beside backups and is none: a job's log, a checksum, a signature. Younger than its dump, it would be the latest. */
function isCompanion(name: string): boolean {
  return /\.(sha(1|256|512)(sums?)?|md5(sums?)?|log|err|out|json|ya?ml|asc|sig|minisig|idx|csv)$/i.test(name);
}

function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$/.test(name);
}

/** How we and the usual programs name what is still arriving. */
function isPassing(name: string): boolean {
  return /\.(part|partial|filepart|tmp|crdownload)$/.test(name);
}

/** One file of a listing, with what its manifest (its text; null when there is none) says about it. */
export function storedFile(found: Pick<StoredFile, 'name' | 'bytes' | 'modifiedAt'>, text: string | null): StoredFile {
  if (text === null) return { ...found, manifest: null, problem: null };
  const manifest = parsed(text);
  if (manifest === null) return { ...found, manifest: null, problem: 'its manifest cannot be read' };
  const problem =
    manifest.bytes === found.bytes ? null : `it has ${found.bytes} bytes, and ${manifest.bytes} when it was made`;
  return { ...found, manifest, problem };
}

function parsed(text: string): Manifest | null {
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export function newestFirst(files: readonly StoredFile[]): StoredFile[] {
  return [...files].sort((a, b) => b.modifiedAt.localeCompare(a.modifiedAt) || b.name.localeCompare(a.name));
}

export function written(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
