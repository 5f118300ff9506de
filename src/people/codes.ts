// One-time codes by RFC 6238: the keys stand in a file of their own, which neither Slack nor the store ever sees.
import { open } from 'node:fs/promises';
import { Secret as Key, TOTP } from 'otpauth';
import { Fault } from '../core/errors.ts';
import { UserId } from '../core/names.ts';
import type { CodeStore, Factor } from '../core/ports.ts';

/** As every authenticator understands it. */
const KIND = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** Steps before and after the present one whose codes count: clocks differ, and typing takes its time. */
const WINDOW = 1;
/** Tries within a quarter of an hour. With three codes that count of a million, a guess succeeds once in 66,000 such quarters. */
const TRIES = 5;

/** `path` is read at every question, so that a key which was taken out counts no more. Null: nobody has a key. */
export function codesIn(path: string | null, store: CodeStore): Factor {
  return {
    keyed: () => keyedIn(path),

    async judge({ person, typed, now }) {
      const key = path === null ? undefined : (await readKeys(path)).get(person);
      if (key === undefined) return 'wrong';
      // Counted first: those who guess in many processes at once get no more tries.
      if ((await store.tried(person)) > TRIES) return 'locked';
      const token = typed.replaceAll(/\s/g, '');
      const timestamp = now.getTime();
      const delta = new TOTP({ ...KIND, secret: key }).validate({ token, timestamp, window: WINDOW });
      if (delta === null) return 'wrong';
      const step = Math.floor(timestamp / 1_000 / KIND.period) + delta;
      return (await store.spend(person, step)) ? 'right' : 'used';
    },
  };
}

/** Those who have a key. Throws a Fault that quotes nothing of the file. */
export async function keyedIn(path: string | null): Promise<ReadonlySet<string>> {
  return new Set(path === null ? [] : (await readKeys(path)).keys());
}

/** What the file of keys holds, by person. Throws a Fault that quotes nothing of it. */
async function readKeys(path: string): Promise<ReadonlyMap<string, Key>> {
  const activity = `reading the keys of one-time codes in ${path}`;
  try {
    await using file = await open(path);
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) throw new Fault(`${activity}: others can read it; run chmod 600 on it`);
    const lines = (await file.readFile('utf8')).split('\n').map((line) => line.replace(/#.*/, '').trim());
    return new Map(lines.flatMap((line, at) => (line === '' ? [] : [keyIn(line, `${activity}: line ${at + 1}`)])));
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault(activity, { cause });
  }
}

function keyIn(line: string, where: string): [string, Key] {
  const [person, text, ...more] = line.split(/\s+/);
  if (!UserId.safeParse(person).success || !/^[A-Z2-7]{26,128}$/.test(text ?? '') || more.length > 0) {
    throw new Fault(`${where} is no user id and a key in base32 of 128 bits or more`);
  }
  return [person ?? '', Key.fromBase32(text ?? '')];
}

/** A new key: the line for the file, and the address from which an authenticator takes it (as a QR code, or typed). */
export function newKey(person: string): { readonly line: string; readonly address: string } {
  const secret = new Key({ size: 20 });
  const address = new TOTP({ ...KIND, secret, issuer: 'Holdfast', label: person }).toString();
  return { line: `${person} ${secret.base32}`, address };
}
