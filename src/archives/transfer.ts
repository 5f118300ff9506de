// Files that come and go: written under a passing name or not at all, counted, and read back.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault, Refusal } from '../core/errors.ts';
import type { Manifest } from '../core/manifest.ts';

/** Writes all of a stream to a new file that only we can read. What could not be written completely is removed. */
export async function receive(source: Readable, toFile: string, options: Receiving): Promise<void> {
  const { signal, onBytes } = options;
  let bytes = 0;
  const counting = new Transform({
    transform(chunk, _encoding, done) {
      bytes += chunk.length;
      onBytes?.(bytes);
      done(null, chunk);
    },
  });
  const target = createWriteStream(toFile, { flags: 'wx', mode: 0o600, flush: true });
  let isOurs = false;
  target.once('open', () => {
    isOurs = true;
  });
  try {
    await pipeline(source, counting, target, { signal });
    await mustHave(toFile, options.bytes);
  } catch (thrown) {
    if (isOurs) await rm(toFile, { force: true });
    throw thrown;
  }
}

type Receiving = {
  readonly signal: AbortSignal;
  /** As the store listed it. */
  readonly bytes: number;
  onBytes?(bytes: number): void;
};

/** Throws when the file that was fetched is not as long as the one in the store. */
export async function mustHave(file: string, bytes: number): Promise<void> {
  const { size } = await stat(file);
  if (size !== bytes) throw new Error(`${size} bytes came of ${bytes}`);
}

/** The SHA-256 of everything in a stream. */
export async function sha256Of(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of source) hash.update(chunk);
  return hash.digest('hex');
}

/** Throws when what lies in the store now is not what was made. */
export function mustBe(read: string, { sha256 }: Manifest): void {
  if (read !== sha256) throw new Error(`read back, its SHA-256 is ${read.slice(0, 12)}…, not ${sha256.slice(0, 12)}…`);
}

/** Hidden, and never taken for a backup: the name until everything is there. */
export function passingName(name: string): string {
  return `.${name}.${randomBytes(4).toString('hex')}.part`;
}

/** The same for a sending: found again by the file's own SHA-256, so that only what is of this file is gone on with. */
export function sendingName(name: string, { sha256 }: Manifest): string {
  return `.${name}.${sha256.slice(0, 16)}.part`;
}

/** Whether a file found is what a sending of this name has left. */
export function isSendingOf(name: string, found: string): boolean {
  return found.startsWith(`.${name}.`) && /^[0-9a-f]{16}\.part$/.test(found.slice(name.length + 2));
}

/** The SHA-256 of the first bytes of a file. */
export async function sha256OfBeginning(file: string, bytes: number): Promise<string> {
  return await sha256Of(bytes === 0 ? [] : createReadStream(file, { end: bytes - 1, highWaterMark: 1_048_576 }));
}

export function alreadyThere(name: string, store: string): Refusal {
  return new Refusal(
    'archive-exists',
    `There is a backup named ${name} in ${store} already.`,
    'Nothing was overwritten. Ask again: the next one gets another name.',
  );
}

/** Does something with a store; what goes wrong is told as a Fault with the activity. */
export async function during<T>(activity: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof Refusal || cause instanceof Fault) throw cause;
    throw new Fault(activity, { cause });
  }
}
