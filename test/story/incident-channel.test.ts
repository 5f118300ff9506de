// An incident in a channel of its own, from the typed command to its end; and what people are told where to look.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ChannelId, channels, persons } from '../../sandbox/slack/workspace.ts';
import { eventually, type Story, startStory } from '../support/story.ts';

let story: Story;
beforeAll(async () => {
  story = await startStory({ rules: { incidents: { ownChannel: true } } });
});
afterAll(() => story?.end());

const posted = (channel: string) =>
  story.world.slack.record.calls.filter(
    ({ method, args, outcome }) => method === 'chat.postMessage' && args['channel'] === channel && outcome === 'ok',
  );

const channelOf = (incident: string) =>
  eventually('the channel', async () => {
    const [opened] = await story.sql<{ channel: ChannelId }>(
      `select event->>'channel' as channel from holdfast.incident_log where type = 'channel' and incident = $1`,
      [incident],
    );
    return opened?.channel;
  });

it('is declared, told, and resolved there; the channel of the system says where', async () => {
  expect(await story.types('alice', '/dr incident declare the checkout answers 500')).toMatch(/a channel of its own/);
  const channel = await channelOf('inc-1');
  expect(channel).toMatch(/^C/);
  expect(channel).not.toBe(channels.incidents.id);
  const pointers = () =>
    posted(channels.incidents.id).filter(({ args }) => JSON.stringify(args).includes(`<#${channel}>`));
  await eventually('the pointer', async () => pointers().length > 0);
  await eventually('the card', async () =>
    posted(channel).some(({ args }) => String(args['text']).startsWith('inc-1')),
  );
  expect(await story.types('alice', '/dr incident ack')).toContain(channel);
  await story.types('alice', '/dr incident resolve The release was rolled back.');
  await eventually('the last update', async () =>
    posted(channel).some(({ args }) => /Last update|Duration/.test(JSON.stringify(args))),
  );
  expect(pointers()).toHaveLength(1);
  expect(pointers()[0]?.args['thread_ts']).toBeUndefined();
  expect(story.world.slack.record.count('conversations.create')).toBe(1);
  expect(story.world.slack.record.violations).toEqual([]);
});

it('is what a command there is about, also where others are open', async () => {
  await story.types('alice', '/dr incident declare the ledger does not add up');
  await story.types('alice', '/dr incident declare the queue stands still');
  expect(await story.types('bob', '/dr incident ack')).toMatch(
    /Several incidents of grayledger are open: inc-2 and inc-3/,
  );
  await story.people.as('bob').types(await channelOf('inc-3'), '/dr incident ack');
  const [acknowledged] = await eventually('the acknowledgement', async () => {
    const rows = await story.sql<{ incident: string }>(
      `select incident from holdfast.incident_log where type = 'acknowledged' and event->>'by' = $1 and incident <> 'inc-1'`,
      [persons.bob.id],
    );
    return rows.length > 0 && rows;
  });
  expect(acknowledged?.incident).toBe('inc-3');
});
