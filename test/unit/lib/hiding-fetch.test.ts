// What leaves for Slack: secrets are gone from every text, and nothing else is changed.
import { expect, it } from 'vitest';
import { hidingFetch } from '../../../src/lib/hiding-fetch.ts';

const redact = (text: string) => text.replaceAll('hunter2', '[secret]');

async function sent(body: RequestInit['body'] | undefined): Promise<RequestInit['body'] | undefined> {
  let left: RequestInit['body'] | undefined;
  const send = hidingFetch(redact, async (_input, init) => {
    left = init?.body;
    return new Response('ok');
  });
  await send('https://slack.com/api/chat.postMessage', { method: 'POST', ...(body === undefined ? {} : { body }) });
  return left;
}

const blocks = [
  { type: 'section', block_id: 'hunter2', text: { type: 'mrkdwn', text: 'the password is hunter2' } },
  {
    type: 'image',
    image_url: 'https://example.com/hunter2',
    alt_text: 'hunter2',
    title: { type: 'plain_text', text: 'hunter2' },
  },
  {
    type: 'actions',
    elements: [
      { type: 'button', value: 'hunter2', action_id: 'hunter2', text: { type: 'plain_text', text: 'hunter2' } },
    ],
  },
];

it('a form has them in no text, and its values, ids and token as they were', async () => {
  const body = new URLSearchParams({
    token: 'hunter2',
    channel: 'hunter2',
    text: 'a=hunter2&b',
    blocks: JSON.stringify(blocks),
  });
  const form = new URLSearchParams(String(await sent(body.toString())));
  expect([form.get('token'), form.get('channel'), form.get('text')]).toEqual(['hunter2', 'hunter2', 'a=[secret]&b']);
  expect(JSON.parse(form.get('blocks') ?? '')).toEqual([
    { type: 'section', block_id: 'hunter2', text: { type: 'mrkdwn', text: 'the password is [secret]' } },
    {
      type: 'image',
      image_url: 'https://example.com/hunter2',
      alt_text: '[secret]',
      title: { type: 'plain_text', text: '[secret]' },
    },
    {
      type: 'actions',
      elements: [
        { type: 'button', value: 'hunter2', action_id: 'hunter2', text: { type: 'plain_text', text: '[secret]' } },
      ],
    },
  ]);
});

it('an answer in JSON, and a dialog, likewise', async () => {
  const answer = JSON.stringify({ text: 'hunter2', response_type: 'ephemeral', blocks });
  expect(JSON.parse(String(await sent(answer)))).toMatchObject({ text: '[secret]', response_type: 'ephemeral' });
  const view = JSON.stringify({
    type: 'modal',
    private_metadata: 'hunter2',
    title: { type: 'plain_text', text: 'hunter2' },
  });
  const form = new URLSearchParams(String(await sent(new URLSearchParams({ trigger_id: '1.2', view }).toString())));
  expect(JSON.parse(form.get('view') ?? '')).toEqual({
    type: 'modal',
    private_metadata: 'hunter2',
    title: { type: 'plain_text', text: '[secret]' },
  });
});

it('what is no message goes as it is', async () => {
  const form = new FormData();
  form.set('token', 'hunter2');
  expect(await sent(form)).toBe(form);
  expect(await sent(undefined)).toBeUndefined();
  expect(await sent('text=%5Bnot+JSON')).toBe('text=%5Bnot+JSON');
});
