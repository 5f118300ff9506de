// People type and click in a real workspace, over Socket Mode and over HTTP, and see what Holdfast answers.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../sandbox/servers/free-port.ts';
import { connectPeople, type People } from '../../sandbox/slack/people.ts';
import { type SlackServer, startSlack } from '../../sandbox/slack/start-slack.ts';
import { channels, type PersonName } from '../../sandbox/slack/workspace.ts';
import { Refusal } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { createSlackApp, type SlackApp } from '../../src/handlers/slack-app.ts';
import { card } from '../../src/messages/card.ts';
import { slackClient } from '../../src/notify/slack-client.ts';
import { recordedUseCases } from '../unit/handlers/recorded-use-cases.ts';
import { keptLog, quiet } from '../unit/notify/quiet.ts';

/** Until the line is open again, a command reaches nobody. */
const ignored = () => {};

const { useCases, asked, operation } = recordedUseCases({
  async confirm({ typed }) {
    if (typed === 'too late') throw new Refusal('expired', 'op-41 has expired.', 'Ask again.');
    if (typed !== 'ledger-staging') throw new Refusal('wrong-name', 'Wrong.', 'Type it.');
    return operation;
  },
  async cancel() {
    throw new Refusal('not-an-operator', 'You may look, not act.', 'Ask somebody who may.');
  },
});

describe.each(['socket', 'http'] as const)('over %s', (mode) => {
  let slack: SlackServer;
  let people: People;
  let app: SlackApp;

  beforeAll(async () => {
    slack = await startSlack({ mode });
    const port = await freePort();
    slack.deliverTo(`http://127.0.0.1:${port}/slack/events`);
    app = createSlackApp({
      mode,
      botToken: new Secret(slack.bot.token),
      appToken: new Secret(slack.bot.appToken),
      signingSecret: new Secret(slack.bot.signingSecret),
      port,
      host: '127.0.0.1',
      apiUrl: slack.apiUrl,
      useCases,
      log: keptLog(),
      systems: [{ name: 'ledger', channel: channels.incidents.id }],
    });
    await app.start();
    people = await connectPeople(slack);
  });
  afterAll(async () => {
    people?.close();
    await app?.stop();
    await slack?.stop();
  });
  beforeEach(() => {
    asked.length = 0;
  });

  async function postedCard() {
    const { text, blocks } = card(operation, new Date('2026-11-20T14:01:00.000Z'));
    const client = slackClient({ token: new Secret(slack.bot.token), apiUrl: slack.apiUrl, logger: quiet });
    const { ts } = await client.chat.postMessage({ channel: channels.incidents.id, text, blocks: [...blocks] });
    return people.waitFor('the card', () => people.channel('incidents').find((message) => message.ts === ts));
  }

  const toldTo = (name: PersonName, words: string) =>
    people.waitFor(`${name} to be told "${words}"`, () =>
      people
        .channel('incidents')
        .findLast((message) => message.ephemeralTo === name && JSON.stringify(message.blocks).includes(words)),
    );

  it('a command is acknowledged in time and answered to the person who typed it', async () => {
    const { ackMs } = await people.as('alice').types('incidents', '/dr restore staging a001');
    expect(ackMs).toBeLessThan(3_000);
    await toldTo('alice', 'Planned as op-41');
    expect(asked[0]).toMatchObject({ what: 'accept', about: { text: 'restore staging a001', user: 'U01ALICE' } });
  });

  it('a refused click is answered to the person who clicked', async () => {
    const posted = await postedCard();
    await people.as('dave').clicks(posted, 'operation_cancel');
    await toldTo('dave', 'You may look, not act.');
  });

  it('the confirm button opens the dialog, which stays open for a wrong name and closes for the right one', async () => {
    const posted = await postedCard();
    await people.as('alice').clicks(posted, 'operation_confirm');
    await people.waitFor('the dialog', () => people.modal());
    const wrong = await people.as('alice').submits({ confirm_target: { confirm_name: 'ledger-prod' } });
    expect(wrong).toMatchObject({
      is: 'refused',
      errors: { confirm_target: expect.stringContaining('ledger-staging') },
    });
    const right = await people.as('alice').submits({ confirm_target: { confirm_name: 'ledger-staging' } });
    expect(right).toEqual({ is: 'closed' });
    expect(asked.filter(({ what }) => what === 'confirm').map(({ about }) => about)).toMatchObject([
      { typed: 'ledger-prod', by: 'U01ALICE' },
      { typed: 'ledger-staging', by: 'U01ALICE' },
    ]);
  });

  it('a dialog that can no longer be confirmed says why in place of its field', async () => {
    await people.as('alice').clicks(await postedCard(), 'operation_confirm');
    await people.waitFor('the dialog', () => people.modal());
    const late = await people.as('alice').submits({ confirm_target: { confirm_name: 'too late' } });
    expect(late).toMatchObject({ is: 'replaced', modal: { title: 'Not confirmed' } });
    expect(JSON.stringify(late)).toContain('op-41 has expired.');
    await people.as('alice').closes();
  });

  it('nothing that was sent breaks Slack’s limits', () => {
    expect(slack.record.calls.length).toBeGreaterThan(0);
    expect(slack.record.violations).toEqual([]);
  });
});

describe('a Socket Mode line that was cut', () => {
  it('is opened again by itself, and commands come through', async () => {
    const slack = await startSlack({ mode: 'socket' });
    const app = createSlackApp({
      mode: 'socket',
      botToken: new Secret(slack.bot.token),
      appToken: new Secret(slack.bot.appToken),
      port: 0,
      host: '127.0.0.1',
      apiUrl: slack.apiUrl,
      useCases,
      log: keptLog(),
    });
    await app.start();
    const people = await connectPeople(slack);
    try {
      slack.faults.next('apps.connections.open', { is: 'http', status: 503 }, 2);
      slack.cutSocketMode();
      const opened = slack.record.count('apps.connections.open');
      await people.waitFor('a new line', () => slack.record.count('apps.connections.open') >= opened + 3, {
        timeoutMs: 20_000,
      });
      const answered = () => people.channel('incidents').some(({ ephemeralTo }) => ephemeralTo === 'alice');
      for (let tries = 0; tries < 20 && !answered(); tries += 1) {
        await people.as('alice').types('incidents', '/dr backup').catch(ignored);
        await sleep(250);
      }
      expect(answered()).toBe(true);
    } finally {
      people.close();
      await app.stop();
      await slack.stop();
    }
  });
});
