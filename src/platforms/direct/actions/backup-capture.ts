// backup.capture: dumps the live database in one snapshot, reads the file back, and puts it into the store with its manifest.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ArchiveStore } from '../../../archives/archive-store.ts';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Fault } from '../../../core/errors.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { done, evidence, failed, prepared } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import { count, megabytes, utc } from '../../../core/wording.ts';
import { makeArchive } from '../../../postgres/archive/make.ts';
import type { Reach, Tools } from '../reach.ts';
import { storeOf } from '../stores.ts';

type A = Args<'backup.capture'>;

const Output = z.looseObject({ backup: z.string() });

export function backupCapture(tools: Tools): Action<A> {
  return {
    describe: ({ target }) => `pg_dump --format=custom ${target.database} | zstd, with its SHA-256 and row counts`,

    async do({ environment, target, kind, keep }, run) {
      const ready = await prepared(run, async () => {
        const reach = await tools.reach(run.system, environment);
        return { reach, store: storeOf(reach.archives, tools) };
      });
      if ('refused' in ready) return ready.refused;
      const { reach, store } = ready.value;
      const name = nameOf(target.database, run);
      const known = await inStore(store, name, run);
      return captured(name, known ?? (await capture(tools, reach, store, { name, kind, keep }, run)), reach);
    },

    async probe({ environment, target }, run) {
      const reach = await tools.reach(run.system, environment);
      const name = nameOf(target.database, run);
      const manifest = await inStore(storeOf(reach.archives, tools), name, run);
      return manifest === null ? { is: 'not_happened' } : { is: 'happened', outcome: captured(name, manifest, reach) };
    },

    undo: {
      how: 'the backup is kept: it does no harm',
      run: async (_args, output) => evidence([`${Output.safeParse(output).data?.backup ?? 'the backup'} is kept`]),
    },
  };
}

/** Named by its operation and step, so that it is found again: `provote_op-41_s1.dump.zst`. */
function nameOf(database: string, { operation, step }: Run): string {
  return `${database.replaceAll(/[^A-Za-z0-9_-]/g, '_')}_${operation}_${step}.dump.zst`;
}

async function inStore(store: ArchiveStore, name: string, { signal }: Run): Promise<Manifest | null> {
  const found = (await store.list(signal)).find((file) => file.name === name);
  return found?.problem === null ? found.manifest : null;
}

async function capture(
  { workDir, path }: Tools,
  { live, archives }: Reach,
  store: ArchiveStore,
  { name, kind, keep }: Pick<A, 'kind' | 'keep'> & { readonly name: string },
  run: Run,
): Promise<Manifest> {
  const dir = join(workDir, run.operation);
  const file = join(dir, name);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    await rm(file, { force: true });
    const made = await makeArchive(live, file, {
      path,
      workDir: dir,
      purpose: purposeOf(run),
      kind,
      encryptTo: archives.encryptTo,
      timeoutSeconds: archives.withinMinutes * 60,
      signal: run.signal,
      onProgress: (progress) => run.progress(progress),
    });
    const manifest: Manifest = keep === undefined ? made : { ...made, keep };
    if (dataIn(manifest) < archives.atLeastBytes) {
      const floor = megabytes(archives.atLeastBytes);
      throw new Fault(
        `backing up: the file holds ${megabytes(dataIn(manifest))} of data, less than the ${floor} that it must have`,
      );
    }
    await run.fence();
    await store.put(file, name, manifest, { signal: run.signal });
    return manifest;
  } finally {
    await rm(file, { force: true });
  }
}

/** Compression says nothing about how much there is. */
function dataIn({ bytes, dataBytes }: Manifest): number {
  return dataBytes ?? bytes;
}

function captured(name: string, manifest: Manifest, { archives }: Reach): Outcome {
  const { bytes, sha256, tables, moment, serverVersion } = manifest;
  const rows = Object.values(tables).reduce((sum, one) => sum + one, 0);
  if (dataIn(manifest) < archives.atLeastBytes)
    return failed(`${name} holds less data than a backup must: ${megabytes(dataIn(manifest))}`);
  const says = [
    `${name}: ${megabytes(bytes)}, the database as it was at ${utc(moment)}, read back to its end.`,
    `${count(rows, 'row')} in ${count(Object.keys(tables).length, 'table')}, PostgreSQL ${serverVersion}, SHA-256 ${sha256.slice(0, 12)}…`,
  ];
  return done(says, { backup: name });
}
