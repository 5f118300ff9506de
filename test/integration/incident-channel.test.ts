// A channel of its own for an incident, in a real Slack: opened once, remembered; and what happens where Slack says no.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type SlackServer, startSlack } from '../../sandbox/slack/start-slack.ts';
import { channels } from '../../sandbox/slack/workspace.ts';
import type { IncidentSight } from '../../src/core/incident-views.ts';
import { Secret } from '../../src/core/secret.ts';
import { incidentChannels, type Opened } from '../../src/notify/incident-channel.ts';
import { slackClient } from '../../src/notify/slack-client.ts';
import { storyOf } from '../support/shown.ts';
import { keptLog, quiet } from '../unit/notify/quiet.ts';

const { sight } = storyOf('recovering');
let slack: SlackServer;
let remembered: Opened[];
let number = 100;
beforeAll(async () => {
  slack = await startSlack({ mode: 'socket' });
});
beforeEach(() => {
  remembered = [];
  number += 1;
});
afterEach(() => slack.faults.clear());
afterAll(async () => {
  await slack?.stop();
});

type Given = { ownChannel?: boolean; channel?: string | null; resolved?: IncidentSight['incident']['resolved'] };

function channelOf({ ownChannel = true, channel, resolved = null }: Given = {}): Promise<string> {
  const incidents = { ...sight.system.incidents, ownChannel };
  const system = { ...sight.system, channel: channels.incidents.id, incidents };
  const seen: IncidentSight = {
    ...sight,
    system,
    incident: { ...sight.incident, id: `inc-${number}`, channel, resolved },
  };
  return incidentChannels({
    client: slackClient({ token: new Secret(slack.bot.token), apiUrl: slack.apiUrl, logger: quiet, redact: String }),
    remember: async (_id, opened) => {
      remembered.push(opened);
      return opened.channel;
    },
    log: keptLog(),
  })(seen);
}

const day = sight.incident.declaredAt.slice(0, 10).replaceAll('-', '');
const nameNow = () => `inc-${number}-${sight.system.name}-${day}`;

it('is opened, its topic set, and people invited', async () => {
  const before = slack.record.calls.length;
  const channel = await channelOf();
  expect(channel).not.toBe(channels.incidents.id);
  expect(remembered).toEqual([{ channel, why: null }]);
  const calls = slack.record.calls.slice(before);
  expect(calls.find(({ method }) => method === 'conversations.create')?.args).toMatchObject({
    name: nameNow(),
  });
  expect(String(calls.find(({ method }) => method === 'conversations.invite')?.args['users'])).toContain(
    sight.incident.declaredBy,
  );
  expect(String(calls.find(({ method }) => method === 'conversations.setTopic')?.args['topic'])).toMatch(/^inc-/);
});

it('is not opened again: neither where it is remembered, nor where an attempt came no further than to open it', async () => {
  const channel = await channelOf();
  expect(await channelOf({ channel })).toBe(channel);
  expect(await channelOf()).toBe(channel);
  expect(
    slack.record.calls.filter(({ method, args }) => method === 'conversations.create' && args['name'] === nameNow()),
  ).toHaveLength(2);
});

it('is not wanted by a system that does not ask for it', async () => {
  const before = slack.record.count('conversations.create');
  expect(await channelOf({ ownChannel: false })).toBe(channels.incidents.id);
  expect(slack.record.count('conversations.create')).toBe(before);
  expect(remembered).toEqual([]);
});

it('is not opened for what is over', async () => {
  const resolved = { by: 'U01ALICE', at: '2025-11-21T15:00:00.000Z', text: 'Rolled back.' };
  expect(await channelOf({ resolved })).toBe(channels.incidents.id);
  expect(remembered).toEqual([]);
});

it('that Slack refuses is the channel of the system, once and for all, and the reason is written down', async () => {
  slack.faults.always('conversations.create', { is: 'refused', error: 'restricted_action' });
  expect(await channelOf()).toBe(channels.incidents.id);
  expect(remembered).toEqual([{ channel: null, why: 'Slack says restricted_action' }]);
  slack.faults.clear();
  expect(await channelOf({ channel: null })).toBe(channels.incidents.id);
});

it('is tried again where Slack does not answer, or wants to be asked later', async () => {
  slack.faults.next('conversations.create', { is: 'reset' });
  await expect(channelOf()).rejects.toThrow();
  slack.faults.next('conversations.create', { is: 'refused', error: 'ratelimited' });
  await expect(channelOf()).rejects.toThrow();
  expect(remembered).toEqual([]);
  expect(await channelOf()).not.toBe(channels.incidents.id);
});

it('is one also where nobody could be invited and it got no topic', async () => {
  slack.faults.always('conversations.invite', { is: 'refused', error: 'cant_invite' });
  slack.faults.always('conversations.setTopic', { is: 'refused', error: 'not_in_channel' });
  const channel = await channelOf();
  expect(remembered).toEqual([{ channel, why: null }]);
});
