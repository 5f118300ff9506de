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
import { hidingFetch } from '../../src/lib/hiding-fetch.ts';
import { card } from '../../src/messages/card.ts';
import { incidentCard } from '../../src/messages/incident-card.ts';
import { slackClient } from '../../src/notify/slack-client.ts';
import { asking, productionStories } from '../support/operations.ts';
import { home, shownSystem, storyOf } from '../support/shown.ts';
import { recordedIncidents } from '../unit/handlers/recorded-incidents.ts';
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
  async approve({ second }) {
    const code = second?.typed;
    if (code === undefined) throw new Refusal('factor-needed', 'It takes a code.', 'Type it.');
    if (code === 'locked') throw new Refusal('too-many-tries', 'Too many wrong codes.', 'Wait.');
    if (code !== '123456') throw new Refusal('wrong-factor', 'That is not your code now.', 'Look again.');
    return operation;
  },
  find: async () => asking(operation, 'totp'),
  async cancel() {
    throw new Refusal('not-an-operator', 'You may look, not act.', 'Ask somebody who may.');
  },
});

const waiting = productionStories['rehearsed, waiting for the lead']?.operation;

const { incidents, asked: askedOfIncidents, sight } = recordedIncidents();

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
      guarded: (send) => hidingFetch(String, send),
      botToken: new Secret(slack.bot.token),
      appToken: new Secret(slack.bot.appToken),
      signingSecret: new Secret(slack.bot.signingSecret),
      port,
      host: '127.0.0.1',
      apiUrl: slack.apiUrl,
      useCases,
      log: keptLog(),
      incidents,
      homeFor: async () => home,
      systems: [{ ...shownSystem, channel: channels.incidents.id }],
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
    askedOfIncidents.length = 0;
  });

  async function postedCard(of = operation) {
    const { text, blocks } = card(of, new Date('2026-11-20T14:01:00.000Z'));
    const client = slackClient({
      token: new Secret(slack.bot.token),
      apiUrl: slack.apiUrl,
      logger: quiet,
      redact: String,
    });
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

  it('the approve button asks for a one-time code where one is needed, until it is right', async () => {
    await people.as('bob').clicks(await postedCard(waiting), 'operation_approve');
    await people.waitFor('the dialog', () => people.modal());
    const typed = (code: string) => people.as('bob').submits({ approval_factor: { second_factor: code } });
    expect(await typed('654321')).toMatchObject({
      is: 'refused',
      errors: { approval_factor: expect.stringContaining('not your code') },
    });
    expect(await typed('123456')).toEqual({ is: 'closed' });
    expect(asked.filter(({ what }) => what === 'approve').map(({ about }) => about)).toMatchObject([
      { by: 'U02BOB' },
      { by: 'U02BOB', second: { typed: '654321', shownAt: expect.stringMatching(/^\d{4}-/) } },
      { by: 'U02BOB', second: { typed: '123456' } },
    ]);
    await people.as('bob').clicks(await postedCard(waiting), 'operation_approve');
    await people.waitFor('the dialog', () => people.modal());
    expect(await typed('locked')).toMatchObject({ is: 'replaced', modal: { title: 'Not approved' } });
    await people.as('bob').closes();
  });

  async function postedIncident() {
    const { text, blocks } = incidentCard(sight, storyOf('recovering').now);
    const client = slackClient({
      token: new Secret(slack.bot.token),
      apiUrl: slack.apiUrl,
      logger: quiet,
      redact: String,
    });
    const { ts } = await client.chat.postMessage({ channel: channels.incidents.id, text, blocks: [...blocks] });
    return people.waitFor('the card', () => people.channel('incidents').find((message) => message.ts === ts));
  }

  it('an update is typed into its dialog and committed as a command', async () => {
    await people.as('bob').clicks(await postedIncident(), 'incident_update');
    await people.waitFor('the dialog', () => people.modal());
    const closed = await people.as('bob').submits({ text: { text: 'Logins work' }, public: { public: 'yes' } });
    expect(closed).toEqual({ is: 'closed' });
    await toldTo('bob', 'op-41');
    expect(asked[0]).toMatchObject({ about: { text: 'incident update --incident inc-1 --public "Logins work"' } });
  });

  it('symptoms are ticked in the dialog, and the way out is told to whoever asked', async () => {
    await people.as('carol').clicks(await postedIncident(), 'incident_assess');
    await people.waitFor('the dialog', () => people.modal());
    const wrong = await people.as('carol').submits({ onset: { onset: 'soon' } });
    expect(wrong).toMatchObject({ is: 'refused' });
    const closed = await people
      .as('carol')
      .submits({ 'symptoms-0': { symptoms: 'slow,errors' }, onset: { onset: '20 min ago' } });
    expect(closed).toEqual({ is: 'closed' });
    await toldTo('carol', 'Restore or roll back? RESTORE');
    const assessed = askedOfIncidents.find(({ what }) => what === 'assess');
    expect(assessed?.about).toMatchObject({ by: 'U03CAROL', symptoms: ['slow', 'errors'] });
  });

  it('a tick is given back on the checklist, which is shown anew', async () => {
    await people.as('bob').clicks(await postedIncident(), 'incident_checklist');
    const list = await toldTo('bob', 'Checklist during the recovery');
    await people.as('bob').clicks(list, 'Untick');
    await people.waitFor('the use case', () => askedOfIncidents.some(({ what }) => what === 'untick'));
    expect(askedOfIncidents.find(({ what }) => what === 'untick')?.about).toMatchObject({ list: 'during', item: 1 });
  });

  it('App Home is published for whoever opens it', async () => {
    await people.as('carol').opensHome();
    const view = await people.waitFor("carol's Home", () => people.as('carol').home());
    expect(JSON.stringify(view.blocks)).toContain('Waiting for you: 2');
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
      guarded: (send) => send,
      botToken: new Secret(slack.bot.token),
      appToken: new Secret(slack.bot.appToken),
      port: 0,
      host: '127.0.0.1',
      apiUrl: slack.apiUrl,
      useCases,
      incidents,
      homeFor: async () => home,
      systems: [],
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
