// The action backup.copy: a backup goes out of the house, encrypted to public keys, and is read back there (P13, P14, S14, F2).
import { copyName } from '../../archives/copies.ts';
import type { Opening } from '../../archives/open-store.ts';
import type { Action, Args, Outcome, Run } from '../../core/action.ts';
import type { Copy } from '../../core/facts.ts';
import { done, evidence, failed, prepared } from '../../core/outcomes.ts';
import type { System } from '../../core/system.ts';
import { count, megabytes, utc } from '../../core/wording.ts';
import { type Laid, type LayOptions, laidCopy, notesOf } from './laid-copy.ts';
import { archivesOf, type OffsiteOf, requiredOffsite } from './places.ts';
import { type SendOptions, sendOut } from './send-out.ts';
import { type FileOptions, removeFiles } from './work-files.ts';

type A = Args<'backup.copy'>;

export type CopyOptions = FileOptions & Opening & SendOptions & { readonly now: () => Date };

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
        const place = requiredOffsite(options, run.system, from.environment);
        return { place, there: await copyThere(place, from, run) };
      });
      if ('refused' in ready) return ready.refused;
      const { place, there } = ready.value;
      if (there !== null) return await readBack(place, there, run);
      try {
        const laid = await laidCopy(lay, from, place.encryptTo, run);
        await run.fence();
        const [name, notes] = [nameOf(place, from, run), notesOf(lay, from, run)];
        const sent = { ...laid, store: place.store, name, notes, isThere: () => isThere(place, from, run) };
        await sendOut(sent, run, options);
        return outcomeOf(place, name, laid);
      } finally {
        // Interrupted, it is taken up again: by then another worker here may be at it.
        if (!run.signal.aborted) await removeFiles(options, run.operation);
      }
    },

    async probe({ from }, run) {
      const place = requiredOffsite(options, run.system, from.environment);
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

function described(opening: Opening, system: System, from: A['from']) {
  const { encryptTo, store } = requiredOffsite(opening, system, from.environment);
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

/** Whether what lies there is a copy of this very backup, to its last byte: the reply to the last request was lost, or another operation was quicker. */
async function isThere(place: OffsiteOf, from: A['from'], run: Run): Promise<boolean> {
  const there = await copyThere(place, from, run);
  return there !== null && (await place.store.sha256(there.id, run)) === there.sha256;
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
