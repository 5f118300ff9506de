// age encryption, as it flows: about 120 MB in a second, in flat memory whatever the size.
import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { Decrypter, Encrypter } from 'age-encryption';
import { Refusal } from '../../core/errors.ts';
import type { ArchiveKeys } from './archive.ts';
import { damaged } from './problems.ts';

/** The clear text. Throws a Refusal when there is no key for it, and when not every byte is as it was written. */
export async function* ageDecrypted(source: Readable, name: string, keys: ArchiveKeys): AsyncGenerator<Buffer> {
  const decrypter = new Decrypter();
  const identities = identitiesIn(keys);
  for (const identity of identities) decrypter.addIdentity(identity);
  if (keys.passphrase !== undefined) decrypter.addPassphrase(keys.passphrase.open());
  else if (identities.length === 0) throw noKey(name);
  try {
    const clear: WebStream<Uint8Array> = await decrypter.decrypt(webStreamOf(source));
    for await (const chunk of clear) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  } catch (thrown) {
    throw problemOf(name, thrown);
  }
}

/** Encrypts to these recipients: `age1…`. */
export async function ageEncrypted(source: Readable, recipients: readonly string[]): Promise<Readable> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const encrypted: WebStream<Uint8Array> = await encrypter.encrypt(webStreamOf(source));
  return Readable.from(encrypted, { objectMode: false });
}

function webStreamOf(source: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(source);
}

function identitiesIn({ ageIdentity }: ArchiveKeys): string[] {
  const lines = (ageIdentity?.open() ?? '').split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

/** The library throws plain errors: those that carry a code come from the file below. */
function problemOf(name: string, thrown: unknown): unknown {
  if (!(thrown instanceof Error) || 'code' in thrown) return thrown;
  if (/no identity matched|incorrect passphrase/i.test(thrown.message)) {
    return new Refusal(
      'archive-key-wrong',
      `${name} was encrypted for another age key or passphrase.`,
      'Give Holdfast the key that belongs to it.',
    );
  }
  return damaged(name, `age: ${thrown.message}`);
}

function noKey(name: string): Refusal {
  return new Refusal(
    'archive-key-missing',
    `${name} is encrypted with age, and Holdfast has no key for it.`,
    'Give it the age identity or the passphrase.',
  );
}
