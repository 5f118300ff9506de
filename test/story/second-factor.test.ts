// An approval that takes a one-time code, from the click on the card to the restored database.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret as Key, TOTP } from 'otpauth';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PersonName, persons } from '../../sandbox/slack/workspace.ts';
import { keyText } from '../../src/app/totp.ts';
import { type Story, startStory } from '../support/story.ts';

let story: Story;
let dir: string;
const keys = new Map<PersonName, string>();
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-factor-'));
  const path = join(dir, 'codes');
  const lines = (['bob', 'carol'] as const).map((name) => {
    const text = keyText(persons[name].id) ?? '';
    const [line = '', key = ''] = new RegExp(`^${persons[name].id} (\\S+)$`, 'm').exec(text) ?? [];
    keys.set(name, key);
    return line;
  });
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  story = await startStory({
    env: { CODES_FILE: path },
    change: (text) => text.replace('kind: approvals', 'kind: approvals\n      secondFactor: totp'),
  });
});
afterAll(async () => {
  await story?.end();
  await rm(dir, { recursive: true, force: true });
});

const codeOf = (name: PersonName) => new TOTP({ secret: Key.fromBase32(keys.get(name) ?? '') }).generate();

async function approves(name: PersonName, operation: string, code: string) {
  const card = story.cards(operation)[0];
  if (card === undefined) throw new Error(`no card of ${operation}`);
  await story.people.as(name).clicks(card, 'Approve…');
  await story.people.waitFor('the dialog', () => story.people.modal());
  return story.people.as(name).submits({ approval_factor: { second_factor: code } });
}

it('is given by a code that counts once, and not by a click alone', async () => {
  const id = await story.asks('alice', '/dr rollback v255');
  await story.until(id, ['WAITING FOR APPROVAL']);
  expect(story.card(id)).toContain('each with a one-time code');
  const code = codeOf('bob');
  const wrong = code === '000000' ? '000001' : '000000';
  expect(await approves('bob', id, wrong)).toMatchObject({ is: 'refused' });
  expect(await story.people.as('bob').submits({ approval_factor: { second_factor: code } })).toEqual({ is: 'closed' });
  expect(await approves('carol', id, code)).toMatchObject({ is: 'refused' });
  expect(await story.stateOf(id)).toBe('awaiting_approval');
  expect(await story.people.as('carol').submits({ approval_factor: { second_factor: codeOf('carol') } })).toEqual({
    is: 'closed',
  });
  await story.until(id, ['SUCCEEDED']);
  const approved = (await story.journal(id)).filter(({ type }) => type === 'approved');
  expect(approved.map(({ event }) => [event['by'], event['factor']])).toEqual([
    [persons.bob.id, 'totp'],
    [persons.carol.id, 'totp'],
  ]);
  expect(JSON.stringify(await story.journal(id))).not.toContain(code);
});
