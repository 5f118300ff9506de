// Signatures by real ssh keys, made by the very command that the dialog shows: good, foreign, altered, late, and whatever else is pasted.
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { approvalText } from '../../src/core/second-factor.ts';
import { factorView } from '../../src/messages/factor-view.ts';
import { signaturesBy, signersIn } from '../../src/people/signatures.ts';
import { asking, productionStories, type Story } from '../support/operations.ts';

const run = promisify(execFile);
const BOB = 'U02BOB';
const CAROL = 'U03CAROL';
const NOW = new Date('2026-11-27T10:00:05.000Z');
const PATH = process.env['PATH'] ?? '';

let dir: string;
let path: string;
const line = async (person: string, key: string) => `${person} ${await readFile(join(dir, `${key}.pub`), 'utf8')}`;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-signers-'));
  const kinds = { bob: ['ed25519'], carol: ['rsa', '-b', '4096'], erin: ['ecdsa'] } as const;
  for (const [name, [kind, ...more]] of Object.entries(kinds)) {
    await run('ssh-keygen', ['-q', '-t', kind, ...more, '-N', '', '-C', name, '-f', join(dir, name)]);
  }
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  path = join(dir, `signers-${Math.random()}`);
  await writeFile(path, `# approvers\n${await line(BOB, 'bob')}\n${await line(CAROL, 'carol')}`, { mode: 0o644 });
});

const { operation: told } = Object.values(productionStories)[0] as Story;
const operation = asking(told, 'ssh');
const text = approvalText(operation, NOW.toISOString());
const judge = (person: string, typed: string, more: object = {}) =>
  signaturesBy(path, PATH).judge({ person, typed, text, shownAt: NOW.toISOString(), now: NOW, ...more });
async function signed(key: string, what = text, namespace = 'holdfast'): Promise<string> {
  const signing = run('ssh-keygen', ['-Y', 'sign', '-n', namespace, '-f', join(dir, key)]);
  signing.child.stdin?.end(what);
  return (await signing).stdout;
}

describe('a signature', () => {
  it('counts when the command of the dialog has made it, however it was pasted', async () => {
    const view = JSON.stringify(factorView(operation, NOW));
    const [, command = ''] = /```(printf .*?)```/.exec(view) ?? [];
    expect(command).toContain(` '${text}' | ssh-keygen -Y sign -n holdfast -f ~/.ssh/id_ed25519`);
    const shown = command.replace('~/.ssh/id_ed25519', join(dir, 'bob'));
    const { stdout } = await run('sh', ['-c', shown]);
    expect(await judge(BOB, stdout)).toBe('right');
    expect(await judge(BOB, `\r\n ${stdout.replaceAll('\n', '\r\n')} \r\n\r\n`)).toBe('right');
  });

  it('of a long key fits into the dialog', async () => {
    const signature = await signed('carol');
    expect(signature.length).toBeLessThan(3_000);
    expect(await judge(CAROL, signature)).toBe('right');
  });

  it('is of one person, one plan, one asking, and made for this', async () => {
    expect(await judge(CAROL, await signed('bob'))).toBe('wrong');
    expect(await judge('U04DAVE', await signed('bob'))).toBe('wrong');
    expect(await judge('U05ERIN', await signed('erin'))).toBe('wrong');
    expect(await judge(BOB, await signed('bob', text.replace(operation.id, 'op-1')))).toBe('wrong');
    expect(
      await judge(BOB, await signed('bob', approvalText({ ...operation, digest: 'f'.repeat(64) }, NOW.toISOString()))),
    ).toBe('wrong');
    expect(await judge(BOB, await signed('bob', approvalText(operation, '2026-11-27T10:00:04.000Z')))).toBe('wrong');
    expect(await judge(BOB, await signed('bob', text, 'git'))).toBe('wrong');
  });

  it('counts for a quarter of an hour after the dialog was opened', async () => {
    const signature = await signed('bob');
    const later = (ms: number) => ({ now: new Date(NOW.getTime() + 15 * 60_000 + ms) });
    expect(await judge(BOB, signature, later(0))).toBe('right');
    expect(await judge(BOB, signature, later(1))).toBe('late');
  });

  it.each([
    ['nothing', ''],
    ['another text', 'approved!'],
    ['an option of ssh-keygen', '-f /etc/passwd'],
    ['a signature without its end', '-----BEGIN SSH SIGNATURE-----\nU1NIU0lH'],
    ['3,000 characters', 'x'.repeat(3_000)],
  ])('that is %s is wrong', async (_, typed) => {
    expect(await judge(BOB, typed)).toBe('wrong');
  });

  it('leaves nothing behind, and is an error where OpenSSH cannot be asked', async () => {
    const factor = signaturesBy(path, dir);
    const given = { person: BOB, typed: await signed('bob'), text, shownAt: NOW.toISOString(), now: NOW };
    await expect(factor.judge(given)).rejects.toThrow(/verifying a signature with ssh-keygen/);
  });
});

describe('the file of signers', () => {
  it('is read anew at every question; no file, nobody', async () => {
    const signature = await signed('bob');
    expect([...(await signaturesBy(path, PATH).keyed())]).toEqual([BOB, CAROL]);
    await writeFile(path, await line(CAROL, 'carol'));
    expect(await judge(BOB, signature)).toBe('wrong');
    expect((await signersIn(null)).size).toBe(0);
    const none = signaturesBy(null, PATH);
    expect(await none.judge({ person: BOB, typed: signature, text, shownAt: NOW.toISOString(), now: NOW })).toBe(
      'wrong',
    );
  });

  it('may let a key run out, as OpenSSH understands it', async () => {
    const [person = '', ...key] = (await line(BOB, 'bob')).split(' ');
    await writeFile(path, `${person} valid-before="20200101" ${key.join(' ')}`);
    expect(await judge(BOB, await signed('bob'))).toBe('wrong');
    await writeFile(path, `${person} valid-before="29991231" ${key.join(' ')}`);
    expect(await judge(BOB, await signed('bob'))).toBe('right');
  });

  it('that others can write, that is not there, or that lets in more than one person a line is refused', async () => {
    await chmod(path, 0o664);
    await expect(signersIn(path)).rejects.toThrow(/others can write it; run chmod go-w/);
    await expect(signersIn(join(dir, 'none'))).rejects.toThrow(/reading the registered ssh keys/);
    for (const who of ['*', `${BOB},${CAROL}`, '"U0*"', 'bob@example.com']) {
      await writeFile(join(dir, 'odd'), await line(who, 'bob'));
      await expect(signersIn(join(dir, 'odd'))).rejects.toThrow(/line 1 is no user id and a public key/);
    }
    await writeFile(join(dir, 'odd'), `${BOB} ssh-ed25519\n`);
    await expect(signersIn(join(dir, 'odd'))).rejects.toThrow(/line 1 is no user id/);
  });
});
