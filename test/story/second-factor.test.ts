// An approval that takes a one-time code, or a signature, from the click on the card to the release that runs.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Secret as Key, TOTP } from 'otpauth';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type PersonName, persons } from '../../sandbox/slack/workspace.ts';
import { keyText } from '../../src/app/totp.ts';
import { type Story, startStory } from '../support/story.ts';

const run = promisify(execFile);
const APPROVERS = ['bob', 'carol'] as const;

let story: Story;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-factor-'));
});
afterEach(async () => {
  await story?.end();
  await rm(dir, { recursive: true, force: true });
});

async function start(secondFactor: 'totp' | 'ssh', env: Record<string, string>): Promise<string> {
  story = await startStory({
    env,
    change: (text) => text.replace('kind: approvals', `kind: approvals\n      secondFactor: ${secondFactor}`),
  });
  const id = await story.asks('alice', '/dr rollback v255');
  await story.until(id, ['WAITING FOR APPROVAL']);
  return id;
}

/** Clicks on the card; what the dialog shows then. */
async function opens(name: PersonName, operation: string): Promise<string> {
  const card = story.cards(operation)[0];
  if (card === undefined) throw new Error(`no card of ${operation}`);
  await story.people.as(name).clicks(card, 'Approve…');
  return JSON.stringify(await story.people.waitFor('the dialog', () => story.people.modal()));
}

const submits = (name: PersonName, typed: string) =>
  story.people.as(name).submits({ approval_factor: { second_factor: typed } });

/** Who has approved, and by what, in the journal. */
async function approvals(operation: string) {
  const approved = (await story.journal(operation)).filter(({ type }) => type === 'approved');
  return approved.map(({ event }) => [event['by'], event['factor']]);
}

it('is given by a code that counts once, and not by a click alone', async () => {
  const keys = new Map<PersonName, string>();
  const path = join(dir, 'codes');
  const lines = APPROVERS.map((name) => {
    const text = keyText(persons[name].id) ?? '';
    const [line = '', key = ''] = new RegExp(`^${persons[name].id} (\\S+)$`, 'm').exec(text) ?? [];
    keys.set(name, key);
    return line;
  });
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  const codeOf = (name: PersonName) => new TOTP({ secret: Key.fromBase32(keys.get(name) ?? '') }).generate();

  const id = await start('totp', { CODES_FILE: path });
  expect(story.card(id)).toContain('each with a one-time code');
  await opens('bob', id);
  const code = codeOf('bob');
  expect(await submits('bob', code === '000000' ? '000001' : '000000')).toMatchObject({ is: 'refused' });
  expect(await submits('bob', code)).toEqual({ is: 'closed' });
  await opens('carol', id);
  expect(await submits('carol', code)).toMatchObject({ is: 'refused' });
  expect(await story.stateOf(id)).toBe('awaiting_approval');
  expect(await submits('carol', codeOf('carol'))).toEqual({ is: 'closed' });
  await story.until(id, ['SUCCEEDED']);
  expect(await approvals(id)).toEqual(APPROVERS.map((name) => [persons[name].id, 'totp']));
  expect(JSON.stringify(await story.journal(id))).not.toContain(code);
});

it('is given by the signature that the dialog asks for, by one’s own key', async () => {
  const path = join(dir, 'signers');
  for (const name of APPROVERS) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)]);
    await writeFile(path, `${persons[name].id} ${await readFile(join(dir, `${name}.pub`), 'utf8')}`, { flag: 'a' });
  }
  const signed = async (shown: string, key: string) => {
    const [command = ''] = /printf %s .*?id_ed25519/.exec(shown) ?? [];
    return (await run('sh', ['-c', command.replace('~/.ssh/id_ed25519', join(dir, key))])).stdout;
  };

  const id = await start('ssh', { SIGNERS_FILE: path });
  expect(story.card(id)).toContain('each with a signature');
  const shown = await opens('bob', id);
  expect(await submits('bob', await signed(shown, 'carol'))).toMatchObject({ is: 'refused' });
  expect(await story.stateOf(id)).toBe('awaiting_approval');
  expect(await submits('bob', await signed(shown, 'bob'))).toEqual({ is: 'closed' });
  // What one has signed is no signature of another dialog.
  const other = await opens('carol', id);
  expect(await submits('carol', await signed(shown, 'carol'))).toMatchObject({ is: 'refused' });
  expect(await submits('carol', await signed(other, 'carol'))).toEqual({ is: 'closed' });
  await story.until(id, ['SUCCEEDED']);
  expect(await approvals(id)).toEqual(APPROVERS.map((name) => [persons[name].id, 'ssh']));
});
