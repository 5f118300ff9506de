// One-time codes over a real store and a real file of keys: right, wrong, used, guessed, and by many processes at once.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret as Key, TOTP } from 'otpauth';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { codesIn, keyedIn, newKey } from '../../src/people/codes.ts';
import { type OpenStore, startStores } from '../support/stores.ts';

const BOB = 'U02BOB';
const CAROL = 'U03CAROL';
/** The key of RFC 6238, appendix B. */
const RFC = Key.fromLatin1('12345678901234567890').base32;
const NOW = new Date('2026-11-27T10:00:05.000Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);
const codeAt = (moment: Date, key = RFC) => {
  return new TOTP({ secret: Key.fromBase32(key) }).generate({ timestamp: moment.getTime() });
};

let server: Awaited<ReturnType<typeof startStores>>;
let store: OpenStore;
let dir: string;
let path: string;
beforeAll(async () => {
  server = await startStores();
  dir = await mkdtemp(join(tmpdir(), 'holdfast-codes-'));
});
afterAll(async () => {
  await server?.stop();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  store = await server.open();
  path = join(dir, `keys-${Math.random()}`);
  await writeFile(path, `# approvers\n${BOB} ${RFC}\n\n${newKey(CAROL).line} # since November\n`, { mode: 0o600 });
});

const codes = (file: string | null = path) => {
  const { keyed, judge } = codesIn(file, store.codes);
  const shown = { text: '', shownAt: NOW.toISOString() };
  return { keyed, judge: (person: string, typed: string, now: Date) => judge({ person, typed, now, ...shown }) };
};

describe('a code', () => {
  it('is that of RFC 6238', async () => {
    // Appendix B has eight digits; six are its last ones.
    expect(await codes().judge(BOB, '005924', new Date(1_234_567_890_000))).toBe('right');
    expect(await codes().judge(BOB, '353130', new Date(20_000_000_000_000))).toBe('right');
  });

  it('counts half a minute before and after its time, with blanks in it, and no longer', async () => {
    const early = codeAt(later(30));
    expect(await codes().judge(BOB, codeAt(later(-60)), NOW)).toBe('wrong');
    expect(await codes().judge(BOB, codeAt(later(60)), NOW)).toBe('wrong');
    expect(await codes().judge(BOB, codeAt(later(-30)), NOW)).toBe('right');
    expect(await codes().judge(BOB, `${early.slice(0, 3)} ${early.slice(3)}`, NOW)).toBe('right');
  });

  it('counts once, and none that is older than one which counted', async () => {
    expect(await codes().judge(BOB, codeAt(NOW), NOW)).toBe('right');
    expect(await codes().judge(BOB, codeAt(NOW), NOW)).toBe('used');
    expect(await codes().judge(BOB, codeAt(later(-30)), NOW)).toBe('used');
    expect(await codes().judge(BOB, codeAt(later(30)), later(30))).toBe('right');
  });

  it('counts once for all who ask at the same moment', async () => {
    const asked = await Promise.all(Array.from({ length: 5 }, () => codes().judge(BOB, codeAt(NOW), NOW)));
    expect(asked.filter((one) => one === 'right')).toHaveLength(1);
  });

  it('is of one person', async () => {
    expect(await codes().judge(CAROL, codeAt(NOW), NOW)).toBe('wrong');
    expect(await codes().judge('U04DAVE', codeAt(NOW), NOW)).toBe('wrong');
    expect([...(await codes().keyed())]).toEqual([BOB, CAROL]);
    const none = codes(null);
    expect((await none.keyed()).size).toBe(0);
    expect(await none.judge(BOB, codeAt(NOW), NOW)).toBe('wrong');
  });

  it('cannot be guessed: after five tries none counts, however many processes try, until a quarter of an hour is over', async () => {
    const guesses = await Promise.all(Array.from({ length: 40 }, () => codes().judge(BOB, '000000', NOW)));
    expect(guesses.filter((one) => one === 'wrong')).toHaveLength(5);
    expect(guesses.filter((one) => one === 'locked')).toHaveLength(35);
    expect(await codes().judge(BOB, codeAt(NOW), NOW)).toBe('locked');
    await store.sql(`update holdfast.codes set tried_since = tried_since - interval '15 minutes'`);
    expect(await codes().judge(BOB, codeAt(NOW), NOW)).toBe('right');
    expect(await codes().judge(BOB, '000000', NOW)).toBe('wrong');
  });
});

describe('the file of keys', () => {
  it('is read anew at every question', async () => {
    await writeFile(path, '');
    expect((await codes().keyed()).size).toBe(0);
    expect(await codes().judge(BOB, codeAt(NOW), NOW)).toBe('wrong');
  });

  it('that others can read, that is not there, or that holds something else is told without its words', async () => {
    await chmod(path, 0o640);
    await expect(keyedIn(path)).rejects.toThrow(/others can read it; run chmod 600/);
    await expect(keyedIn(join(dir, 'none'))).rejects.toThrow(/reading the keys of one-time codes/);
    await writeFile(join(dir, 'short'), `${BOB} ${RFC}\n${CAROL} SHORT`, { mode: 0o600 });
    const thrown = await keyedIn(join(dir, 'short')).catch((error: unknown) => String(error));
    expect(thrown).toMatch(/line 2 is no user id and a key in base32/);
    expect(thrown).not.toContain('SHORT');
  });

  it('takes the line that is made for it, and the authenticator the address', async () => {
    const { line, address } = newKey(BOB);
    await writeFile(path, line);
    const key = new URL(address).searchParams.get('secret') ?? '';
    expect(address).toMatch(
      /^otpauth:\/\/totp\/Holdfast:U02BOB\?issuer=Holdfast&secret=[A-Z2-7]{32}&algorithm=SHA1&digits=6&period=30$/,
    );
    expect(await codes().judge(BOB, codeAt(NOW, key), NOW)).toBe('right');
  });
});
