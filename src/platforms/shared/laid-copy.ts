// What goes out of the house, laid out on this machine first: encryption is never twice the same, so only a file can be gone on with.
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { z } from 'zod';
import type { Notes } from '../../archives/archive-store.ts';
import { sha256Of } from '../../archives/transfer.ts';
import type { Args, Run } from '../../core/action.ts';
import { Fault, Refusal } from '../../core/errors.ts';
import { Manifest } from '../../core/manifest.ts';
import { Secret } from '../../core/secret.ts';
import { megabytes } from '../../core/wording.ts';
import { ageDecrypted, ageEncrypted } from '../../postgres/archive/age.ts';
import { checksum } from '../../postgres/archive/checksum.ts';
import { readArchive } from '../../postgres/archive/read.ts';
import { notesIn } from './send-out.ts';
import { type FileOptions, openedWith, workDirOf } from './work-files.ts';

type From = Args<'backup.copy'>['from'];

export type LayOptions = FileOptions & {
  readonly now: () => Date;
  /** What was recorded when the backup was made; null where nothing was. */
  recorded(run: Run, from: From): Promise<Manifest | null>;
};

/** A file of `workDir` that is whole, and what is to be recorded beside its copy. */
export type Laid = {
  readonly file: string;
  readonly manifest: Manifest;
  /** Whether the backup was read to its end; false when it is encrypted and there is no key for it here. */
  readonly opened: boolean;
};

const Noted = z.strictObject({ manifest: Manifest, opened: z.boolean() });

/** The laid out file; the one that an earlier attempt of this operation has finished, if it is still what it was. */
export async function laidCopy(options: LayOptions, from: From, encryptTo: readonly string[], run: Run): Promise<Laid> {
  const paths = pathsOf(options, from, run);
  return (await laidBefore(paths, run)) ?? (await layCopy(options, from, { ...paths, encryptTo }, run));
}

/** What a sending notes, beside the file that it sends. */
export function notesOf(options: LayOptions, from: From, run: Run): Notes {
  return notesIn(pathsOf(options, from, run).sending);
}

type Paths = { readonly dir: string; readonly file: string; readonly note: string; readonly sending: string };

function pathsOf(options: FileOptions, { environment, backup }: From, run: Run): Paths {
  const dir = workDirOf(options, run);
  // A provider's id becomes part of a path: whatever could lead elsewhere is taken out.
  const file = join(dir, `${environment}-${backup.id.replaceAll(/[^A-Za-z0-9_-]/g, '_')}.age`);
  return { dir, file, note: `${file}.json`, sending: `${file}.sending` };
}

async function laidBefore({ file, note }: Paths, run: Run): Promise<Laid | null> {
  try {
    const noted = Noted.parse(JSON.parse(await readFile(note, 'utf8')));
    const { sha256 } = await checksum(file, run);
    return sha256 === noted.manifest.sha256 ? { file, ...noted } : null;
  } catch {
    run.signal.throwIfAborted();
    return null;
  }
}

async function layCopy(
  options: LayOptions,
  from: From,
  { dir, file, note, encryptTo }: Paths & { readonly encryptTo: readonly string[] },
  run: Run,
): Promise<Laid> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const ending = randomBytes(4).toString('hex');
  const [source, passing] = [`${file}.source.${ending}`, `${file}.${ending}`];
  try {
    await options.platform.download(run.system, from.environment, from.backup.id, source, {
      signal: run.signal,
      onBytes: (bytes) => run.progress({ percent: null, note: `${megabytes(bytes)} fetched` }),
    });
    await chmod(source, 0o600);
    run.progress({ percent: null, note: 'reading the backup to its end' });
    const [read, recorded] = [await readSource(options, from, source, run), await options.recorded(run, from)];
    run.progress({ percent: null, note: `encrypting ${megabytes(read.bytes)}` });
    const sum = await encrypted(source, passing, { encryptTo, sha256: read.sha256, signal: run.signal });
    const { backup, environment } = from;
    const manifest: Manifest = {
      version: 1,
      ...sum,
      kind: backup.kind,
      database: recorded?.database ?? 'unknown',
      serverVersion: recorded?.serverVersion ?? read.serverVersion ?? 'unknown',
      moment: backup.startedAt,
      tables: recorded?.tables ?? read.tables,
      ...(recorded?.keep === undefined ? {} : { keep: recorded.keep }),
      copyOf: {
        system: run.system.name,
        environment,
        backup: backup.id,
        sha256: read.sha256,
        bytes: read.bytes,
        copiedAt: options.now().toISOString(),
      },
    };
    const { opened } = read;
    await writeFile(note, JSON.stringify({ manifest, opened }), { mode: 0o600 });
    await rename(passing, file);
    return { file, manifest, opened };
  } finally {
    for (const left of [source, passing]) await rm(left, { force: true });
  }
}

type Source = Pick<Manifest, 'sha256' | 'bytes' | 'tables'> & {
  readonly serverVersion: string | null;
  readonly opened: boolean;
};

/** A backup that is damaged is not worth a copy. One that is encrypted in the house need not be opened for it. */
async function readSource(options: LayOptions, from: From, file: string, run: Run): Promise<Source> {
  try {
    const how = { ...(await openedWith(options, from, run)), recorded: from.backup.sha256 };
    const { sha256, bytes, serverVersion, contents } = await readArchive(file, how);
    const tables = Object.entries(contents).map(([table, { rows }]) => [table, rows] as const);
    return { sha256, bytes, serverVersion, tables: Object.fromEntries(tables), opened: true };
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.code !== 'archive-key-missing') throw thrown;
    return { ...(await checksum(file, run)), serverVersion: null, tables: {}, opened: false };
  }
}

/** Encrypts a file and reads it back in clear, with a key that is made for it and forgotten with this call. */
async function encrypted(
  source: string,
  file: string,
  { encryptTo, sha256, signal }: { encryptTo: readonly string[]; sha256: string; signal: AbortSignal },
): Promise<{ sha256: string; bytes: number }> {
  const ours = await generateX25519Identity();
  const clear = createReadStream(source, { highWaterMark: 1_048_576 });
  const out = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(await ageEncrypted(clear, [...encryptTo, await identityToRecipient(ours)]), out, { signal });
  const sum = await checksum(file, { signal });
  const lies = createReadStream(file, { highWaterMark: 1_048_576, signal });
  const read = ageDecrypted(lies, 'the encrypted copy', { ageIdentity: new Secret(ours) });
  if ((await sha256Of(read)) !== sha256)
    throw new Fault('encrypting the copy: decrypted again, it is not what was encrypted');
  return sum;
}
