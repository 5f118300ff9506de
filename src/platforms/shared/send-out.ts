// Sends a file out of the house over a way that may break: it is tried again for as long as anything more arrives.

import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { ArchiveStore, Notes } from '../../archives/archive-store.ts';
import { alreadyThere } from '../../archives/transfer.ts';
import type { Run } from '../../core/action.ts';
import { Refusal, reasonOf } from '../../core/errors.ts';
import type { Manifest } from '../../core/manifest.ts';
import { megabytes, span } from '../../core/wording.ts';
import { sleep } from '../../lib/clock.ts';

export type SendOptions = {
  /** How often the way is tried when nothing more arrives; default 12. */
  readonly tries?: number;
  /** The pause (ms) after the first; it doubles with each, up to a minute. Default 1 s. */
  readonly pause?: number;
};

export type Sent = {
  readonly store: ArchiveStore;
  readonly file: string;
  readonly name: string;
  readonly manifest: Manifest;
  readonly notes: Notes;
  /** Whether what lies there under this name already is what was to be sent: a reply was lost, or another was quicker. */
  isThere(): Promise<boolean>;
};

const LONGEST_PAUSE_MS = 60_000;

/** What has arrived is not sent again. Throws what the store threw last, and leaves nothing there then. */
export async function sendOut(sent: Sent, run: Run, { tries = 12, pause = 1_000 }: SendOptions = {}): Promise<void> {
  const { store, file, name, manifest, notes } = sent;
  const { signal } = run;
  let arrived = 0;
  let failures = 0;
  const onBytes = (bytes: number) => {
    if (bytes > arrived) failures = 0;
    arrived = Math.max(arrived, bytes);
    const note = `${megabytes(bytes)} of ${megabytes(manifest.bytes)} are in ${store.name}`;
    run.progress({ percent: Math.floor((bytes / manifest.bytes) * 99), note });
  };
  for (;;) {
    try {
      return await store.send(file, name, manifest, { signal, notes, onBytes });
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof Refusal && thrown.code === 'archive-exists') {
        if (await sent.isThere()) return;
        throw alreadyThere(name, store.name);
      }
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

/** What a sending notes, in a file beside the one that it sends. */
export function notesIn(path: string): Notes {
  return {
    read: () => readFile(path, 'utf8').catch(() => null),
    async write(text) {
      const passing = `${path}.${randomBytes(4).toString('hex')}`;
      await writeFile(passing, text, { mode: 0o600 });
      await rename(passing, path);
    },
  };
}
