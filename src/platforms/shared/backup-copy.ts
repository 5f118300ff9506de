// The action backup.copy: a backup goes out of the house, encrypted to public keys, and is read back there (P13, P14, S14, F2).
import { copyName } from '../../archives/copies.ts';
import type { Opening } from '../../archives/open-store.ts';
import { alreadyThere } from '../../archives/transfer.ts';
import type { Action, Args, Outcome, Run } from '../../core/action.ts';
import { Refusal, reasonOf } from '../../core/errors.ts';
import type { Copy } from '../../core/facts.ts';
import { done, evidence, failed, prepared } from '../../core/outcomes.ts';
import type { System } from '../../core/system.ts';
import { count, megabytes, span, utc } from '../../core/wording.ts';
import { sleep } from '../../lib/clock.ts';
import { type Laid, type LayOptions, laidCopy, notesOf } from './laid-copy.ts';
import { archivesOf, type OffsiteOf, offsiteOf } from './places.ts';
import { type FileOptions, removeFiles } from './work-files.ts';

type A = Args<'backup.copy'>;

export type CopyOptions = FileOptions &
  Opening & {
    readonly now: () => Date;
    /** How often the way is tried when nothing more arrives; default 12. */
    readonly tries?: number;
    /** The pause (ms) after the first; it doubles with each, up to a minute. Default 1 s. */
    readonly pause?: number;
  };

/** Needs room in `workDir` for twice the backup: as it is, and encrypted. The encrypted file stays until all of it has arrived. */
export function copyBackup(options: CopyOptions): Action<A> {
  const lay: LayOptions = { ...options, recorded: (run, from) => recordedOf(options, run, from) };
  return {
    describe: ({ from }, system) => {
      const { encryptTo, name } = described(options, system, from);
      return `age --encrypt to ${count(encryptTo.length, 'public key')}, then send to ${name}`;
    },

    async do({ from }, run) {
      const ready = await prepared(run, async () => {
        const place = placeOf(options, run.system, from);
        return { place, there: await copyThere(place, from, run) };
      });
      if ('refused' in ready) return ready.refused;
      const { place, there } = ready.value;
      if (there !== null) return await readBack(place, there, run);
      try {
        const laid = await laidCopy(lay, from, place.encryptTo, run);
        await run.fence();
        await sendOut(options, place, { laid, from, lay }, run);
        return outcomeOf(place, nameOf(place, from, run), laid);
      } finally {
        // Interrupted, it is taken up again: by then another worker here may be at it.
        if (!run.signal.aborted) await removeFiles(options, run.operation);
      }
    },

    async probe({ from }, run) {
      const place = placeOf(options, run.system, from);
      const there = await copyThere(place, from, run);
      return there === null ? { is: 'not_happened' } : { is: 'happened', outcome: await readBack(place, there, run) };
    },

    undo: {
      how: 'the copy is kept: it does no harm',
      async run(_args, _output, run) {
        await removeFiles(options, run.operation);
        return evidence(['What was laid out for it here is removed; what is out of the house is kept.']);
      },
    },
  };
}

function placeOf(opening: Opening, system: System, { environment }: A['from']): OffsiteOf {
  const place = offsiteOf(opening, system, environment);
  if (place !== null) return place;
  throw new Refusal(
    'no-offsite',
    `No place out of the house is named for ${environment} of ${system.title}.`,
    `Name one in the system file: environments.${environment}.settings.offsite.`,
  );
}

function described(opening: Opening, system: System, from: A['from']) {
  const { encryptTo, store } = placeOf(opening, system, from);
  return { encryptTo, name: store.name };
}

function nameOf({ prefix }: OffsiteOf, { environment, backup }: A['from'], { system }: Run): string {
  return copyName(prefix, { system: system.name, environment }, backup);
}

async function recordedOf(opening: Opening, { system, signal }: Run, { environment, backup }: A['from']) {
  const files = await archivesOf(opening, system, environment)?.store.list(signal);
  return files?.find(({ name }) => name === backup.id)?.manifest ?? null;
}

/** A whole copy of this very backup. */
async function copyThere(place: OffsiteOf, { backup }: A['from'], { signal }: Run): Promise<Copy | null> {
  const copies = (await place.list(signal)).filter((one) => 'of' in one);
  const ours = copies.find(({ of, state, startedAt, ofSha256 }) => {
    const isSame = backup.sha256 === null || backup.sha256 === ofSha256;
    return of === backup.id && state === 'finished' && startedAt === backup.startedAt && isSame;
  });
  return ours ?? null;
}

/** One that is there already, by an earlier attempt or operation, is read to its end before it counts. */
async function readBack({ store }: OffsiteOf, copy: Copy, { signal }: Run): Promise<Outcome> {
  const sha256 = await store.sha256(copy.id, { signal });
  if (sha256 !== copy.sha256) return failed(`${copy.id} in ${store.name} is not what its manifest says`);
  const says = [
    `${copy.of} is in ${store.name} as ${copy.id}, since ${utc(copy.copiedAt)}.`,
    `Read back there: SHA-256 ${sha256.slice(0, 12)}…, as recorded.`,
  ];
  return done(says, { copy: copy.id, place: store.name, sha256 });
}

type Sent = { readonly laid: Laid; readonly from: A['from']; readonly lay: LayOptions };

const LONGEST_PAUSE_MS = 60_000;

/** Tries again after a break for as long as anything more arrives; what has arrived is not sent again. */
async function sendOut(
  { tries = 12, pause = 1_000 }: CopyOptions,
  place: OffsiteOf,
  { laid: { file, manifest }, from, lay }: Sent,
  run: Run,
): Promise<void> {
  const { store } = place;
  const name = nameOf(place, from, run);
  const notes = notesOf(lay, from, run);
  const { signal } = run;
  let arrived = 0;
  const onBytes = (bytes: number) => {
    if (bytes > arrived) failures = 0;
    arrived = Math.max(arrived, bytes);
    const note = `${megabytes(bytes)} of ${megabytes(manifest.bytes)} are in ${store.name}`;
    run.progress({ percent: Math.floor((bytes / manifest.bytes) * 99), note });
  };
  let failures = 0;
  for (;;) {
    try {
      return await store.send(file, name, manifest, { signal, notes, onBytes });
    } catch (thrown) {
      signal.throwIfAborted();
      if (isThereAlready(thrown)) return await mustBeOurs(place, from, run);
      failures += 1;
      if (failures >= tries) {
        await store.abandon(name, { signal, notes }).catch(() => {});
        throw thrown;
      }
      const wait = Math.min(LONGEST_PAUSE_MS, pause * 2 ** (failures - 1));
      run.progress({ percent: null, note: `${reasonOf(thrown)}; goes on in ${span(wait / 1000)}` });
      await sleep(wait, signal);
      await run.fence();
    }
  }
}

function isThereAlready(thrown: unknown): boolean {
  return thrown instanceof Refusal && thrown.code === 'archive-exists';
}

/** The reply to the last request was lost, or another operation was quicker. */
async function mustBeOurs(place: OffsiteOf, from: A['from'], run: Run): Promise<void> {
  const there = await copyThere(place, from, run);
  const name = nameOf(place, from, run);
  if (there === null || (await place.store.sha256(there.id, run)) !== there.sha256)
    throw alreadyThere(name, place.store.name);
}

function outcomeOf({ store, encryptTo }: OffsiteOf, name: string, { manifest, opened }: Laid): Outcome {
  const { bytes, sha256, tables, copyOf } = manifest;
  const rows = Object.values(tables).reduce((sum, one) => sum + one, 0);
  const held = `${count(rows, 'row')} in ${count(Object.keys(tables).length, 'table')}`;
  const says = [
    `${copyOf?.backup} is in ${store.name} as ${name}: ${megabytes(bytes)}, encrypted to ${count(encryptTo.length, 'public key')}.`,
    `Read back there: SHA-256 ${sha256.slice(0, 12)}…, the same as here.`,
    opened
      ? `Before it was encrypted it was read to its end: ${held}, SHA-256 ${copyOf?.sha256.slice(0, 12)}….`
      : 'It is encrypted in the house and there is no key for it here, so it was not opened: both keys are needed to restore it.',
  ];
  return done(says, { copy: name, place: store.name, sha256, sourceSha256: copyOf?.sha256 ?? null });
}
