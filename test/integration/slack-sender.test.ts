// Cards, notes and updates as they arrive in a real workspace, and what a faulty Slack makes of them.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectPeople, type People } from '../../sandbox/slack/people.ts';
import { type SlackServer, startSlack } from '../../sandbox/slack/start-slack.ts';
import { channels } from '../../sandbox/slack/workspace.ts';
import type { Event } from '../../src/core/journal.ts';
import { Secret } from '../../src/core/secret.ts';
import { alertTopic } from '../../src/notify/alert-topic.ts';
import { incidentTopic } from '../../src/notify/incident-topic.ts';
import { operationTopic } from '../../src/notify/operation-topic.ts';
import { reportTopic } from '../../src/notify/report-topic.ts';
import { type Sender, startSender } from '../../src/notify/sender.ts';
import { slackClient } from '../../src/notify/slack-client.ts';
import type { FileToSend } from '../../src/notify/topic.ts';
import { slackPeople } from '../../src/people/slack-people.ts';
import { AT, alert, report, shownSystem, storyOf } from '../support/shown.ts';
import { anOperation, type Told } from '../unit/notify/an-operation.ts';
import { MemoryOutbox } from '../unit/notify/memory-outbox.ts';
import { keptLog, quiet } from '../unit/notify/quiet.ts';

const CONFIRMED: Event = { type: 'confirmed', by: 'U01ALICE' };

const story = storyOf('recovering');
const text: FileToSend = { name: 'report.md', title: 'Report', data: new TextEncoder().encode('# Report'), alt: null };
/** One white dot. */
const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg==';
const picture: FileToSend = {
  name: 'times.png',
  title: 'Times',
  data: Buffer.from(dot, 'base64'),
  alt: 'Recovered in 15 min',
};

let slack: SlackServer;
let people: People;
let sender: Sender;
let outbox: MemoryOutbox;
let told: Told;
let number = 40;

beforeAll(async () => {
  slack = await startSlack({ mode: 'socket' });
  people = await connectPeople(slack);
});
afterAll(async () => {
  people?.close();
  await slack?.stop();
});

beforeEach(() => {
  number += 1;
  told = anOperation({ id: `op-${number}` });
  outbox = new MemoryOutbox();
  sender = startSender({
    client: slackClient({ token: new Secret(slack.bot.token), apiUrl: slack.apiUrl, logger: quiet, redact: String }),
    outbox,
    topics: {
      op: operationTopic({
        operations: { load: async () => told.operation, journal: async () => told.entries },
        systems: [{ name: 'ledger', channel: channels.incidents.id, roles: {}, updates: { everyMinutes: 15 } }],
        now: () => new Date('2026-11-20T14:16:00.000Z'),
      }),
      inc: incidentTopic({
        sightOf: async () => story.sight,
        channelOf: async ({ system }) => system.channel,
        now: () => story.now,
      }),
      al: alertTopic({ alerts: { load: async () => alert }, systems: [shownSystem], now: () => new Date(AT) }),
      rep: reportTopic({
        reports: { load: async () => report },
        systems: [shownSystem],
        filesOf: async () => [text, picture],
      }),
    },
    log: keptLog(),
    intervalMs: 20,
  });
});
afterEach(async () => {
  slack.faults.clear();
  await sender.stop();
});

const id = () => told.operation.id;
const mine = () =>
  people.channel('incidents').filter(({ text, blocks }) => JSON.stringify([text, blocks]).includes(id()));
const roots = () => mine().filter(({ threadTs }) => threadTs === undefined);
const replies = () => mine().filter(({ threadTs }) => threadTs !== undefined);

async function postedCard() {
  await outbox.add(id(), { kind: 'card' });
  return people.waitFor('the card', () => outbox.cards.has(id()) && roots()[0]);
}

describe('in the channel', () => {
  it('a card is posted and later edited in its place', async () => {
    const card = await postedCard();
    told = anOperation({ id: id(), events: [CONFIRMED] });
    await outbox.add(id(), { kind: 'card' });
    const edited = await people.waitFor('the edit', () => roots().find((one) => one.edited));
    expect(edited.ts).toBe(card.ts);
    expect(edited.text).not.toBe(card.text);
    expect(roots()).toHaveLength(1);
  });

  it('a note stands in the thread of its card, an update in the channel', async () => {
    const card = await postedCard();
    told = anOperation({ id: id(), events: [CONFIRMED] });
    await outbox.add(id(), { kind: 'note', seq: 2 });
    await outbox.add(id(), { kind: 'update', period: 1 });
    await people.waitFor('both', () => mine().length === 3);
    expect(replies().map(({ threadTs }) => threadTs)).toEqual([card.ts]);
    expect(roots()[1]?.text).toContain('Update 1');
  });

  it('everything that is sent keeps to Slack’s limits', async () => {
    const card = await postedCard();
    told = anOperation({ id: id(), events: [CONFIRMED] });
    await outbox.add(id(), { kind: 'update', period: 'last' });
    await people.waitFor('the update', () => roots().length === 2);
    expect(card.text).not.toBe('');
    expect(slack.record.violations).toEqual([]);
  });

  it('a message arrives once although Slack asked to wait first', async () => {
    slack.faults.next('chat.postMessage', { is: 'rate-limited', retryAfter: 1 }, 2);
    await postedCard();
    await sleep(100);
    expect(roots()).toHaveLength(1);
  });

  it('a message arrives once although Slack was down first', async () => {
    slack.faults.next('chat.postMessage', { is: 'http', status: 503 });
    await postedCard();
    await sleep(100);
    expect(roots()).toHaveLength(1);
  });

  it('a note whose reply was lost is not posted a second time', async () => {
    await postedCard();
    told = anOperation({ id: id(), events: [CONFIRMED] });
    slack.faults.next('chat.postMessage', { is: 'lost-reply' });
    await outbox.add(id(), { kind: 'note', seq: 2 });
    await people.waitFor('the note', () => replies().length === 1);
    await people.waitFor('the drop', () => outbox.fates().includes('note dropped'));
    await sleep(1_500);
    expect(replies()).toHaveLength(1);
  });

  it('a card that was deleted is posted anew', async () => {
    const { ts } = await postedCard();
    const client = slackClient({
      token: new Secret(slack.bot.token),
      apiUrl: slack.apiUrl,
      logger: quiet,
      redact: String,
    });
    await client.chat.delete({ channel: channels.incidents.id, ts });
    await people.waitFor('the card to vanish', () => roots().length === 0);
    await outbox.add(id(), { kind: 'card' });
    const anew = await people.waitFor('another card', () => roots()[0]);
    await people.waitFor('its place to be known', () => outbox.cards.get(id())?.ts === anew.ts);
    expect(anew.ts).not.toBe(ts);
  });
});

describe('incidents, alerts and reports', () => {
  const here = (words: string) => () =>
    people.channel('incidents').find(({ text: said, blocks }) => JSON.stringify([said, blocks]).includes(words));

  it('an incident stands as a card with its notes in the thread and its updates in the channel', async () => {
    await outbox.add('inc-1', { kind: 'card' });
    for (const { seq } of story.sight.entries) await outbox.add('inc-1', { kind: 'note', seq });
    await outbox.add('inc-1', { kind: 'update', period: 4 });
    await outbox.add('inc-1', { kind: 'update', period: 'last' });
    await people.waitFor('everything', () => outbox.fates().every((fate) => fate.endsWith('sent')), {
      timeoutMs: 40_000,
    });
    const card = here('inc-1 RECOVERING')();
    expect(card?.threadTs).toBeUndefined();
    expect(here('acknowledged inc-1')()?.threadTs).toBe(card?.ts);
    expect(here('Update 4 on inc-1')()?.threadTs).toBeUndefined();
    expect(slack.record.violations).toEqual([]);
  }, 60_000);

  it('an alert stands as a card with its buttons', async () => {
    await outbox.add('al-12', { kind: 'card' });
    await people.waitFor('the card', () => outbox.fates()[0] === 'card sent');
    expect(JSON.stringify(here('al-12 CRITICAL')()?.blocks)).toContain('Declare incident…');
    expect(slack.record.violations).toEqual([]);
  });

  it('a report appears as one message with its files, a picture with what it shows', async () => {
    await outbox.add('rep-3', { kind: 'files' });
    await people.waitFor('the files', () => outbox.fates()[0] === 'files sent');
    const message = await people.waitFor('the message', here('Monthly drill of GrayLedger'));
    expect(message.files).toEqual(['report.md', 'times.png']);
    const asked = slack.record.calls.filter(({ method }) => method === 'files.getUploadURLExternal');
    expect(asked.map(({ args }) => args['alt_txt'])).toEqual([undefined, 'Recovered in 15 min']);
    expect(slack.record.violations).toEqual([]);
  });

  it('a report whose last answer was lost is not uploaded a second time', async () => {
    const before = slack.record.count('files.completeUploadExternal');
    slack.faults.next('files.completeUploadExternal', { is: 'lost-reply' });
    await outbox.add('rep-3', { kind: 'files' });
    await people.waitFor('the drop', () => outbox.fates().includes('files dropped'));
    await sleep(500);
    expect(slack.record.count('files.completeUploadExternal')).toBe(before + 1);
  });
});

describe('the holders of a role', () => {
  const holders = () =>
    slackPeople({
      client: slackClient({ token: new Secret(slack.bot.token), apiUrl: slack.apiUrl, logger: quiet, redact: String }),
    }).holders({ group: 'S01ENGLEADS' });
  afterEach(() => {
    slack.directory.mark('bob', 'active');
    slack.directory.setMembers('engineering-leads', ['bob']);
  });

  it('are the active members of the group', async () => {
    expect(await holders()).toEqual(['U02BOB']);
    slack.directory.setMembers('engineering-leads', ['bob', 'carol']);
    expect(await holders()).toEqual(['U02BOB', 'U03CAROL']);
  });

  it.each(['deactivated', 'bot', 'guest'] as const)('are none when the only member is %s', async (standing) => {
    slack.directory.mark('bob', standing);
    expect(await holders()).toEqual([]);
  });

  it('are unknown, never empty or remembered, while Slack asks to wait', async () => {
    slack.faults.next('usergroups.users.list', { is: 'rate-limited', retryAfter: 30 });
    await expect(holders()).rejects.toThrow('asking Slack who is in S01ENGLEADS');
  });
});
