// Files of `gpg --symmetric` (P14), decrypted as they flow by gpg itself, with a key ring of its own that is empty.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../../core/errors.ts';
import { exec, type Ran } from '../../lib/exec.ts';
import type { ArchiveKeys } from './archive.ts';
import { damaged } from './problems.ts';

type Gpg = {
  readonly name: string;
  readonly path: string;
  readonly keys: ArchiveKeys;
  /** gpg wants a directory; nobody else may look into it. */
  readonly workDir: string;
  readonly signal?: AbortSignal;
};

/**
 * The clear text of a file, or of what flows. Its end comes only after gpg has checked that nothing was changed; otherwise it breaks off with a Refusal.
 */
export function gpgDecrypted(source: string | Readable, options: Gpg): Readable {
  const clear = new PassThrough();
  const gone = new AbortController();
  clear.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  run(source, clear, { ...options, signal }).then(
    () => clear.end(),
    (thrown) => clear.destroy(thrown),
  );
  return clear;
}

async function run(
  source: string | Readable,
  clear: PassThrough,
  { name, path, keys, workDir, signal }: Gpg,
): Promise<void> {
  const { passphrase } = keys;
  if (passphrase === undefined) {
    throw new Refusal(
      'archive-key-missing',
      `${name} is encrypted with gpg, and Holdfast has no passphrase for it.`,
      'Give it the passphrase.',
    );
  }
  const home = await mkdtemp(join(workDir, 'gpg-'));
  try {
    const secret = passphrase.open();
    const [file, stdin] = typeof source === 'string' ? [source, secret] : ['-', afterLine(secret, source)];
    const ran = await exec('gpg', [...ALONE, '--passphrase-fd', '0', '--status-fd', '2', '--decrypt', '--', file], {
      env: { PATH: path, LC_ALL: 'C', GNUPGHOME: home },
      stdin,
      takeStdout: (stdout) => pipeline(stdout, clear, { end: false }),
      ...(signal === undefined ? {} : { signal }),
    });
    signal?.throwIfAborted();
    if (ran.code !== 0 || !ran.stderr.includes('[GNUPG:] DECRYPTION_OKAY')) throw problemOf(name, ran);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** gpg reads its passphrase byte by byte up to the end of the line, and what it decrypts after that. */
function afterLine(line: string, source: Readable): Readable {
  async function* all() {
    yield Buffer.from(`${line}\n`);
    yield* source;
  }
  const stream = Readable.from(all(), { objectMode: false });
  stream.once('close', () => source.destroy());
  return stream;
}

// No agent: it would outlive us, and for a passphrase that is handed in nobody needs it.
const ALONE = ['--batch', '--no-tty', '--no-options', '--no-autostart', '--pinentry-mode', 'loopback'];

function problemOf(name: string, { stderr }: Ran): Refusal {
  if (/Bad (session )?key|Bad passphrase/i.test(stderr)) {
    return new Refusal(
      'archive-key-wrong',
      `${name} was encrypted with another gpg passphrase.`,
      'Give Holdfast the passphrase that belongs to it.',
    );
  }
  const said = [...stderr.matchAll(/^gpg: (.+)/gm)].at(-1)?.[1];
  return damaged(name, `gpg: ${said ?? 'it was ended'}`);
}
