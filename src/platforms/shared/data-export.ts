// The action data.export: some tables of the live database leave the house as one encrypted file, and are read back there (S15).
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Opening } from '../../archives/open-store.ts';
import type { Action, Args, Outcome, Run } from '../../core/action.ts';
import type { Manifest } from '../../core/manifest.ts';
import { done, evidence, failed, prepared } from '../../core/outcomes.ts';
import type { Platform } from '../../core/platform.ts';
import { purposeOf } from '../../core/purpose.ts';
import { count, megabytes, utc } from '../../core/wording.ts';
import { makeArchive } from '../../postgres/archive/make.ts';
import { type OffsiteOf, requiredOffsite } from './places.ts';
import { notesIn, type SendOptions, sendOut } from './send-out.ts';
import type { FileOptions } from './work-files.ts';

type A = Args<'data.export'>;

type ExportOptions = Pick<FileOptions, 'workDir' | 'path'> &
  Opening &
  SendOptions & { readonly platform: Pick<Platform, 'connection'> };

/** As long as the longest dump of some tables may take. */
const TIMEOUT_SECONDS = 4 * 3600;

export function exportData(options: ExportOptions): Action<A> {
  return {
    describe: ({ environment, tables }, system) => {
      const { encryptTo, store } = requiredOffsite(options, system, environment);
      const keys = count(encryptTo.length, 'public key');
      return `pg_dump of ${count(tables.length, 'table')} | zstd | age --encrypt to ${keys}, then to ${store.name}`;
    },

    async do(args, run) {
      const ready = await prepared(run, async () => {
        const place = requiredOffsite(options, run.system, args.environment);
        return { place, there: await manifestThere(place, args, run) };
      });
      if ('refused' in ready) return ready.refused;
      const { place, there } = ready.value;
      return await readBack(place, args, there ?? (await send(options, place, args, run)), run);
    },

    async probe(args, run) {
      const place = requiredOffsite(options, run.system, args.environment);
      const there = await manifestThere(place, args, run);
      if (there === null) return { is: 'not_happened' };
      return { is: 'happened', outcome: await readBack(place, args, there, run) };
    },

    undo: {
      how: 'the export is kept: it does no harm',
      run: async ({ file }) => evidence([`What is out of the house as ${file} is kept.`]),
    },
  };
}

function nameIn({ prefix }: OffsiteOf, { file }: A): string {
  return `${prefix}${file}`;
}

async function manifestThere(place: OffsiteOf, args: A, { signal }: Run): Promise<Manifest | null> {
  const found = (await place.store.list(signal)).find(({ name }) => name === nameIn(place, args));
  return found?.problem === null ? found.manifest : null;
}

async function send(options: ExportOptions, place: OffsiteOf, args: A, run: Run): Promise<Manifest> {
  const { platform, workDir, path } = options;
  const { environment, tables } = args;
  const { signal } = run;
  const dir = join(workDir, run.operation);
  const file = join(dir, args.file);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    await rm(file, { force: true });
    const live = await platform.connection(run.system, { environment, candidate: null });
    const manifest = await makeArchive(live, file, {
      ...{ path, workDir: dir, tables, signal, encryptTo: place.encryptTo, kind: 'manual' },
      purpose: purposeOf(run),
      timeoutSeconds: TIMEOUT_SECONDS,
      onProgress: (progress) => run.progress(progress),
    });
    await run.fence();
    const name = nameIn(place, args);
    // One that was made by an attempt that died is another file: encrypted, none is twice the same.
    const isThere = async () => (await place.store.sha256(name, { signal })) === manifest.sha256;
    await sendOut(
      { store: place.store, file, name, manifest, notes: notesIn(`${file}.sending`), isThere },
      run,
      options,
    );
    return manifest;
  } finally {
    for (const left of [file, `${file}.sending`]) await rm(left, { force: true });
  }
}

async function readBack(place: OffsiteOf, args: A, manifest: Manifest, { signal }: Run): Promise<Outcome> {
  const name = nameIn(place, args);
  const sha256 = await place.store.sha256(name, { signal });
  if (sha256 !== manifest.sha256) return failed(`${name} in ${place.store.name} is not what its manifest says`);
  const rows = Object.entries(manifest.tables).map(([table, here]) => `${table} ${here.toLocaleString('en-US')}`);
  const says = [
    `${name} is in ${place.store.name}: ${megabytes(manifest.bytes)}, as the database was at ${utc(manifest.moment)}.`,
    `Rows: ${rows.join(', ')}.`,
    `Read back there: SHA-256 ${sha256.slice(0, 12)}…, as recorded.`,
  ];
  return done(says, { file: name, place: place.store.name, sha256 });
}
