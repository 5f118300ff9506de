// Makes a backup of a live database: all of it in one moment, known row by row, and read back before it gets its name.
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pipeline as flow, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { Fault, Refusal } from '../../core/errors.ts';
import type { Manifest } from '../../core/manifest.ts';
import { Secret } from '../../core/secret.ts';
import { megabytes, span } from '../../core/wording.ts';
import { exec } from '../../lib/exec.ts';
import { type ToolPath, toolsFor } from '../client-tools.ts';
import { withDatabase } from '../connect.ts';
import { connectionEnv, connectionInfo, programEnv } from '../program-env.ts';
import { ageEncrypted } from './age.ts';
import { inspectArchive } from './read.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';

export type MakeOptions = ToolPath & {
  /** Shown as application_name: "holdfast op-41 s3". */
  readonly purpose: string;
  readonly kind: Manifest['kind'];
  /** Nothing but these, as `schema.name`; absent: the whole database. */
  readonly tables?: readonly string[];
  /** Closed to others, on any disk. */
  readonly workDir: string;
  /** age recipients (`age1…`). Whoever holds the identity of one of them can read the backup; Holdfast itself need not. */
  readonly encryptTo?: readonly string[];
  /** For all of it, reading back included. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  onProgress?(progress: { readonly percent: number; readonly note: string }): void;
};

/** A migration that holds a table exclusively is waited for so long. */
const LOCK_WAIT_MS = 60_000;

/**
 * Writes `file` (which must not exist) as pg_dump's custom format, compressed with zstd as a whole and encrypted if asked for,
 * and returns what is to be recorded beside it. Nothing is left of a backup that was not finished or does not hold exactly
 * the rows that were counted. Throws Refusal when it takes too long, Fault when anything else goes wrong.
 */
export async function makeArchive(database: Secret, file: string, options: MakeOptions): Promise<Manifest> {
  const { timeoutSeconds } = options;
  const late = AbortSignal.timeout(timeoutSeconds * 1000);
  const signal = AbortSignal.any([options.signal, late]);
  const passing = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    const manifest = await write(database, passing, { ...options, signal });
    await giveName(passing, file);
    return manifest;
  } catch (thrown) {
    options.signal.throwIfAborted();
    if (late.aborted) throw tooSlow(file, timeoutSeconds);
    if (thrown instanceof Refusal || thrown instanceof Fault) throw thrown;
    throw new Fault(`writing the backup ${basename(file)}`, { cause: thrown });
  } finally {
    await rm(passing, { force: true });
  }
}

async function write(database: Secret, file: string, options: MakeOptions): Promise<Manifest> {
  const { purpose, timeoutSeconds, signal, kind, encryptTo = [] } = options;
  // Made for this backup and forgotten with this call: with it the file can be read back without anybody's own key.
  const ours = encryptTo.length > 0 ? await generateX25519Identity() : null;
  const recipients = ours === null ? [] : [...encryptTo, await identityToRecipient(ours)];
  const connection = { readOnly: true, purpose, timeoutSeconds, signal };
  const { snapshot, sum } = await withDatabase(database, connection, async (query) => {
    const snapshot = await takeSnapshot(query, options.tables ?? null);
    return { snapshot, sum: await dump(database, file, snapshot, recipients, options) };
  });
  options.onProgress?.({ percent: 90, note: `reading ${megabytes(sum.bytes)} back` });
  const dataBytes = await readBack(file, { snapshot, sha256: sum.sha256, ageIdentity: ours }, options);
  const { database: name, serverVersion, moment, tables } = snapshot;
  return { version: 1, ...sum, dataBytes, kind, database: name, serverVersion, moment, tables };
}

type Expected = { readonly snapshot: Snapshot; readonly sha256: string; readonly ageIdentity: string | null };

/** How many bytes of rows it holds. Throws Fault when they are not those of the snapshot. */
async function readBack(
  file: string,
  { snapshot, sha256, ageIdentity }: Expected,
  options: MakeOptions,
): Promise<number> {
  const keys = ageIdentity === null ? {} : { ageIdentity: new Secret(ageIdentity) };
  const activity = 'reading the backup back';
  const archive = await inspectArchive(file, { ...options, keys, recorded: sha256 }).catch((thrown: unknown) => {
    // What it advises is for whoever restores: here nothing was lost yet.
    throw thrown instanceof Refusal && /archive/.test(thrown.code) ? new Fault(activity, { cause: thrown }) : thrown;
  });
  for (const [table, rows] of Object.entries(snapshot.tables)) {
    const there = archive.contents[table]?.rows ?? 0;
    if (there !== rows) throw new Fault(`${activity}: of ${table} it has ${there} rows, the database had ${rows}`);
  }
  return Object.values(archive.contents).reduce((all, { bytes }) => all + bytes, 0);
}

async function dump(
  database: Secret,
  file: string,
  snapshot: Snapshot,
  recipients: readonly string[],
  options: MakeOptions,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const tools = await toolsFor(snapshot.serverVersion, options, ['pg_dump']);
  const { sum, seen } = measuring();
  const progress = progressOf(Object.keys(snapshot.tables).length, seen, options);
  const args = [
    '--format=custom',
    '--compress=0',
    '--verbose',
    '--no-password',
    `--dbname=${connectionInfo()}`,
    `--snapshot=${snapshot.id}`,
    ...(options.tables ?? []).map((table) => `--table=${patternOf(table)}`),
  ];
  const ran = await exec(tools.program('pg_dump'), [...args, `--lock-wait-timeout=${LOCK_WAIT_MS}`], {
    env: { ...programEnv(options), ...connectionEnv(database), PGAPPNAME: options.purpose },
    signal: options.signal,
    maxBuffer: 20_000,
    onLine: progress,
    takeStdout: async (stdout) => {
      const out = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
      await pipeline(await packed(stdout, recipients), sum, out);
    },
  });
  options.signal.throwIfAborted();
  if (ran.code !== 0) {
    const said = /error: (.+)/.exec(ran.stderr)?.[1] ?? `pg_dump was ended by ${ran.signal ?? 'an unknown cause'}`;
    throw new Fault(`dumping the database ${snapshot.database}`, { cause: new Error(said) });
  }
  return seen();
}

/** `billing.invoices` as a pattern of pg_dump that means this table and no other. */
function patternOf(table: string): string {
  const [schema = '', ...rest] = table.split('.');
  return [schema, rest.join('.')].map((name) => `"${name.replaceAll('"', '""')}"`).join('.');
}

/** zstd with its own checksum: a file whose manifest was lost still shows that a bit has flipped. */
async function packed(stdout: Readable, recipients: readonly string[]): Promise<Readable> {
  const params = { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 };
  // Its errors reach whoever reads from the end of it.
  const compressed = flow(stdout, createZstdCompress({ params, chunkSize: 262_144 }), () => {});
  return recipients.length === 0 ? compressed : await ageEncrypted(compressed, recipients);
}

function measuring() {
  const hash = createHash('sha256');
  let bytes = 0;
  const sum = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { sum, seen: () => ({ bytes, sha256: hash.copy().digest('hex') }) };
}

/** pg_dump names each table when it begins with it. */
function progressOf(all: number, seen: () => { bytes: number }, { onProgress }: MakeOptions) {
  let begun = 0;
  return (line: string) => {
    if (!line.includes('dumping contents of table')) return;
    begun += 1;
    const percent = Math.min(89, Math.floor(((begun - 1) / Math.max(1, all)) * 90));
    onProgress?.({ percent, note: `table ${begun} of ${all}, ${megabytes(seen().bytes)} written` });
  };
}

/** The name comes last, and never over a file that is there. */
async function giveName(passing: string, file: string): Promise<void> {
  await link(passing, file);
  const directory = await open(dirname(file));
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function tooSlow(file: string, seconds: number): Refusal {
  return new Refusal(
    'backup-too-slow',
    `The backup ${basename(file)} was not finished within ${span(seconds)} and was stopped; nothing of it is left.`,
    'Look what slows the database down (locks, disk), or allow more time, then ask again.',
  );
}
