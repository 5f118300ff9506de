// Where backups lie on this machine while an operation needs them: one closed directory per operation.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Run } from '../../core/action.ts';
import type { Backup } from '../../core/facts.ts';
import type { Platform } from '../../core/platform.ts';
import { megabytes } from '../../core/wording.ts';
import { checksum } from '../../postgres/archive/checksum.ts';
import { readArchive } from '../../postgres/archive/read.ts';
import { scratchOwner } from '../../postgres/scratch.ts';

/** What the actions need that handle backup files. */
export type FileOptions = {
  readonly platform: Pick<Platform, 'download' | 'archiveKeys'>;
  /** On a disk with room for an archive and, for rehearsals, the whole database. */
  readonly workDir: string;
  /** The PATH on which PostgreSQL's programs are found. */
  readonly path: string;
};

/** A backup file that was read to its end, as noted beside it. */
export const Fetched = z.strictObject({
  file: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  format: z.enum(['custom', 'directory', 'tar', 'plain']),
  compression: z.enum(['none', 'gzip', 'zstd']),
  encryption: z.enum(['none', 'age', 'gpg']),
  extensions: z.array(z.string()),
  tables: z.array(z.string()),
  contents: z.record(z.string(), z.strictObject({ rows: z.number(), bytes: z.number() })),
  database: z.string().nullable().default(null),
  serverVersion: z.string().nullable(),
  dumpedAt: z.string().nullable(),
});
export type Fetched = z.infer<typeof Fetched>;

type From = { readonly environment: string; readonly backup: Backup };

/** The file, if an earlier attempt finished it and it is still what was noted then. */
export async function fetchedBefore(options: FileOptions, from: From, run: Run): Promise<Fetched | null> {
  const { file, note } = placeOf(options, from, run);
  try {
    const noted = Fetched.parse(JSON.parse(await readFile(note, 'utf8')));
    if ((await stat(file)).size !== noted.bytes) return null;
    const { sha256 } = await checksum(file, run);
    return sha256 === noted.sha256 ? noted : null;
  } catch {
    run.signal.throwIfAborted();
    return null;
  }
}

/** Downloads the backup under a passing name, reads it to its end, and only then gives it its own. */
export async function fetchBackup(options: FileOptions, from: From, run: Run): Promise<Fetched> {
  const { dir, file, note } = placeOf(options, from, run);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const arriving = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    await options.platform.download(run.system, from.environment, from.backup.id, arriving, {
      signal: run.signal,
      onBytes: (bytes) => run.progress(arrived(bytes, from.backup)),
    });
    await chmod(arriving, 0o600);
    run.progress({ percent: 99, note: 'reading the archive to its end' });
    const archive = await readArchive(arriving, {
      ...(await openedWith(options, from, run)),
      recorded: from.backup.sha256,
    });
    const fetched = { file, ...archive };
    // What an attempt that died has left is not trusted; it is ours, and nobody else's, by the directory's name.
    await rm(file, { force: true });
    await writeFile(note, JSON.stringify(fetched), { mode: 0o600 });
    await rename(arriving, file);
    return Fetched.parse(fetched);
  } finally {
    await rm(arriving, { force: true });
  }
}

/** The archive of this operation, brought here again where this machine does not have it (another one had begun). */
export async function fetched(options: FileOptions, from: From, run: Run): Promise<Fetched> {
  return (await fetchedBefore(options, from, run)) ?? (await fetchBackup(options, from, run));
}

/** A file that was not downloaded but made here, by `write`: read to its end like every other before it counts. */
export async function madeHere(
  options: FileOptions,
  from: From,
  run: Run,
  write: (file: string) => Promise<void>,
): Promise<Fetched> {
  const download: FileOptions['platform']['download'] = (_system, _environment, _backup, file) => write(file);
  return await fetchBackup({ ...options, platform: { ...options.platform, download } }, from, run);
}

/** What reading and opening a backup of this operation needs. */
export async function openedWith(options: FileOptions, { environment }: Pick<From, 'environment'>, run: Run) {
  const keys = await options.platform.archiveKeys(run.system, environment);
  return { path: options.path, workDir: workDirOf(options, run), signal: run.signal, keys };
}

/** Closed to others, and removed when the operation no longer needs it. */
export function workDirOf({ workDir }: Pick<FileOptions, 'workDir'>, { operation }: Pick<Run, 'operation'>): string {
  return join(workDir, operation);
}

/** Removes all that this operation has downloaded to this machine. */
export async function removeFiles(options: Pick<FileOptions, 'workDir'>, operation: string): Promise<void> {
  await rm(join(options.workDir, operation), { recursive: true, force: true, maxRetries: 5 });
}

/**
 * Removes what operations that are over have on this machine, downloads and scratch servers, whoever has left them: a step that
 * succeeded and one whose worker died. Returns what was removed. Of an operation that may still go on everything stays.
 */
export async function removeLeft(
  { workDir }: Pick<FileOptions, 'workDir'>,
  isOver: (operation: string) => Promise<boolean>,
): Promise<string[]> {
  const removed: string[] = [];
  for (const entry of await readdir(workDir)) {
    const operation = scratchOwner(entry) ?? entry;
    if (!/^op-\d+$/.test(operation) || !(await isOver(operation))) continue;
    await rm(join(workDir, entry), { recursive: true, force: true, maxRetries: 5 });
    removed.push(entry);
  }
  return removed;
}

function placeOf({ workDir }: FileOptions, { environment, backup }: From, { operation }: Run) {
  const dir = join(workDir, operation);
  // A provider's id becomes part of a path: whatever could lead elsewhere is taken out.
  const file = join(dir, `${environment}-${backup.id.replaceAll(/[^A-Za-z0-9_-]/g, '_')}.dump`);
  return { dir, file, note: `${file}.json` };
}

function arrived(bytes: number, { bytes: all }: Backup) {
  if (all === null || all === 0) return { percent: null, note: `${megabytes(bytes)} downloaded` };
  const percent = Math.min(98, Math.floor((bytes / all) * 98));
  return { percent, note: `${megabytes(bytes)} of ${megabytes(all)} downloaded` };
}
