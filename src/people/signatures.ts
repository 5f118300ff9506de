// Signatures by registered ssh keys: OpenSSH itself verifies them, against an allowed_signers file whose principals are user ids.
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../core/errors.ts';
import { UserId } from '../core/names.ts';
import type { Factor, Given } from '../core/ports.ts';
import { SIGNED_FOR } from '../core/second-factor.ts';
import { exec } from '../lib/exec.ts';

/** As long as an approval waits by default: whoever has left their desk meanwhile asks anew. */
const COUNTS_MS = 15 * 60_000;
const KEY =
  /\s(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) AAAA/;

/** `signers` is read at every question, so that a key which was taken out counts no more. Null: nobody has a key. `path`: where ssh-keygen is looked for. */
export function signaturesBy(signers: string | null, path: string): Factor {
  return {
    keyed: () => signersIn(signers),

    async judge(given) {
      if (signers === null || !(await signersIn(signers)).has(given.person)) return 'wrong';
      if (given.now.getTime() - Date.parse(given.shownAt) > COUNTS_MS) return 'late';
      return (await verifies(given, signers, path)) ? 'right' : 'wrong';
    },
  };
}

/** Those who have a key. Throws a Fault when the file cannot be read, or others could add themselves to it. */
export async function signersIn(signers: string | null): Promise<ReadonlySet<string>> {
  if (signers === null) return new Set();
  const activity = `reading the registered ssh keys in ${signers}`;
  try {
    await using file = await open(signers);
    const { mode } = await file.stat();
    if ((mode & 0o022) !== 0) throw new Fault(`${activity}: others can write it; run chmod go-w on it`);
    const lines = (await file.readFile('utf8')).split('\n').map((line) => line.trim());
    return new Set(
      lines.flatMap((line, at) => (/^(#|$)/.test(line) ? [] : [signerIn(line, `${activity}: line ${at + 1}`)])),
    );
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault(activity, { cause });
  }
}

/** OpenSSH would take patterns and lists of people too: one line, one person, so that it can be read who may. */
function signerIn(line: string, where: string): string {
  const [person] = line.split(/\s+/, 1);
  if (UserId.safeParse(person).success && KEY.test(line)) return person ?? '';
  throw new Fault(`${where} is no user id and a public key`);
}

/** False for whatever OpenSSH does not call good. Throws a Fault when it could not be asked. */
async function verifies({ person, typed, text }: Given, signers: string, path: string): Promise<boolean> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-signature-'));
  try {
    const signature = join(dir, 'signature');
    await writeFile(signature, `${typed.replaceAll('\r', '').trim()}\n`, { mode: 0o600, flag: 'wx' });
    const args = ['-Y', 'verify', '-f', signers, '-I', person, '-n', SIGNED_FOR, '-s', signature];
    const ran = await exec('ssh-keygen', args, { env: { PATH: path }, stdin: text, timeoutMs: 10_000 });
    if (ran.code === null) throw new Error(`ssh-keygen was ended by ${ran.signal ?? 'nobody'}`);
    return ran.code === 0;
  } catch (cause) {
    throw new Fault('verifying a signature with ssh-keygen', { cause });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
