// The same bot over HTTP: signed requests only, each of them once (faults 1, 3, 4).
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SignedRequest, sign, slashCommandBody } from '../../sandbox/slack/sign.ts';
import { eventually, OVER, type Story, startStory } from '../support/story.ts';

let story: Story;

beforeAll(async () => {
  story = await startStory({ mode: 'http' });
});

afterAll(() => story?.end());

async function deliver({ body, headers }: SignedRequest): Promise<number> {
  const url = `http://127.0.0.1:${story.world.env['PORT']}/slack/events`;
  const response = await fetch(url, { method: 'POST', body, headers });
  await response.arrayBuffer();
  return response.status;
}

async function stored(): Promise<{ commands: number; operations: number }> {
  const [row] = await story.sql<{ commands: string; operations: string }>(
    'select (select count(*) from holdfast.commands) as commands, (select count(*) from holdfast.operations) as operations',
  );
  return { commands: Number(row?.commands), operations: Number(row?.operations) };
}

const now = () => Math.floor(Date.now() / 1000);

it('answers a typed command with a card, acknowledging it well within three seconds', async () => {
  const operation = await story.asks('dave', '/dr verify');
  expect(await story.until(operation, OVER)).toMatch(/SUCCEEDED, verdict PASS/);
  const deliveries = story.world.slack.record.deliveries;
  expect(deliveries.map(({ status }) => status)).toEqual([200]);
  expect(Math.max(...deliveries.map(({ ackMs }) => ackMs))).toBeLessThan(1_500);
});

it('takes buttons over HTTP too', async () => {
  const operation = await story.asks('alice', '/dr rollback v255');
  expect(await story.clicks('bob', operation, 'Approve')).toMatch(/is recorded/);
  expect(await story.clicks('carol', operation, 'Deny')).toMatch(/You denied/);
  expect(await story.stateOf(operation)).toBe('cancelled');
});

it('makes one operation of the same signed request that arrives 20 times', async () => {
  const before = await stored();
  const request = sign(slashCommandBody('alice', '/dr', 'rollback v255'));
  const statuses = await Promise.all(Array.from({ length: 20 }, () => deliver(request)));
  expect(statuses.every((status) => status === 200)).toBe(true);
  await eventually('the operation', async () => (await stored()).operations > before.operations);
  const again = await deliver(request);
  expect(again).toBe(200);
  expect(await stored()).toEqual({ commands: before.commands + 1, operations: before.operations + 1 });
});

it.each([
  ['signed with another secret', () => sign(slashCommandBody('alice', '/dr', 'verify'), { secret: 'not-the-secret' })],
  ['altered after it was signed', () => ({ ...sign('text=verify'), body: 'text=verify&user_id=U02BOB' })],
  ['without a signature', () => ({ body: 'text=verify', headers: {} })],
  ['301 s old', () => sign(slashCommandBody('alice', '/dr', 'verify'), { timestamp: now() - 301 })],
  ['from 301 s in the future', () => sign(slashCommandBody('alice', '/dr', 'verify'), { timestamp: now() + 301 })],
])('refuses a request %s with 401 and stores nothing', async (_what, request) => {
  const before = await stored();
  expect(await deliver(request())).toBe(401);
  expect(await stored()).toEqual(before);
});
