// The sandbox's Slack with a tiny real Bolt app: people act and read, limits hold, faults bite. In both transports.
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { App, LogLevel } from '@slack/bolt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../sandbox/servers/free-port.ts';
import { connectPeople, type People } from '../../sandbox/slack/people.ts';
import { sign, slashCommandBody } from '../../sandbox/slack/sign.ts';
import { type SlackServer, startSlack } from '../../sandbox/slack/start-slack.ts';
import { messageText, transcript } from '../../sandbox/slack/transcript.ts';
import { channels, persons } from '../../sandbox/slack/workspace.ts';

const incidents = channels.incidents.id;
const nothing = () => {};
const logger = {
  ...{ debug: nothing, info: nothing, warn: nothing, error: nothing, setLevel: nothing, setName: nothing },
  getLevel: () => LogLevel.ERROR,
};
const plain = (text: string) => ({ type: 'plain_text' as const, text });
const section = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } });

function planBlocks() {
  const approve = { type: 'button' as const, text: plain('Approve'), action_id: 'approve', value: 'p1' };
  const details = { type: 'button' as const, text: plain('Type the name'), action_id: 'name', value: 'p1' };
  return [
    { type: 'header' as const, text: plain('Restore staging') },
    section(`*Plan* for <@${persons.alice.id}>`),
    { type: 'actions' as const, block_id: 'choices', elements: [approve, details] },
  ];
}

function nameModal() {
  const element = { type: 'plain_text_input' as const, action_id: 'text', min_length: 3 };
  return {
    type: 'modal' as const,
    callback_id: 'confirm',
    title: plain('Confirm'),
    submit: plain('Restore'),
    blocks: [{ type: 'input' as const, block_id: 'app', label: plain('App name'), element }],
  };
}

function addHandlers(app: App) {
  app.command('/dr', async ({ command, ack, client, respond }) => {
    if (command.text === 'slow') await new Promise((later) => setTimeout(later, 3_500));
    await ack();
    if (command.text === 'plan')
      await client.chat.postMessage({ channel: incidents, text: 'Plan', blocks: planBlocks() });
    else if (command.text === 'six') for (let i = 1; i <= 6; i += 1) await respond(`answer ${i}`).catch(() => {});
    else await respond(`no such command: ${command.text}`);
  });
  app.action('approve', async ({ ack, body, client, respond }) => {
    await ack();
    if (body.type !== 'block_actions' || !body.message) return;
    await client.chat.update({ channel: incidents, ts: body.message.ts, text: `Approved by <@${body.user.id}>` });
    await client.chat.postMessage({ channel: incidents, thread_ts: body.message.ts, text: 'Started' });
    await respond('Thank you');
  });
  app.action('name', async ({ ack, body, client }) => {
    await ack();
    if (body.type === 'block_actions') await client.views.open({ trigger_id: body.trigger_id, view: nameModal() });
  });
  app.view('confirm', async ({ ack, view, body, client }) => {
    const name = view.state.values['app']?.['text']?.value;
    if (name !== 'staging') return ack({ response_action: 'errors', errors: { app: 'That is not the name.' } });
    await ack();
    await client.chat.postEphemeral({ channel: incidents, user: body.user.id, text: `Queued ${name}` });
  });
  app.event('app_home_opened', async ({ event, client }) => {
    const view = { type: 'home' as const, blocks: [section('My runs: none')] };
    await client.views.publish({ user_id: event.user, view });
  });
}

/** Whether anybody but this machine could connect: tries each of its outward addresses. */
async function isOpenToOthers(port: number): Promise<boolean> {
  const outward = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const attempts = outward
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => once(connect({ host: address, port }).setTimeout(500), 'connect'));
  return (await Promise.allSettled(attempts)).some(({ status }) => status === 'fulfilled');
}

describe.each(['socket', 'http'] as const)('Slack over %s', (mode) => {
  let slack: SlackServer;
  let people: People;
  let app: App;
  let requestUrl = '';

  beforeAll(async () => {
    slack = await startSlack({ mode });
    const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true };
    const { token, appToken, signingSecret } = slack.bot;
    const transport = mode === 'socket' ? { socketMode: true, appToken } : { signingSecret };
    app = new App({ token, clientOptions, logger, ...transport });
    addHandlers(app);
    app.error(async () => {});
    const port = await freePort();
    await (mode === 'socket' ? app.start() : app.start({ port, host: '127.0.0.1' }));
    requestUrl = `http://127.0.0.1:${port}/slack/events`;
    slack.deliverTo(requestUrl);
    people = await connectPeople(slack);
  });
  afterAll(async () => {
    people?.close();
    await app?.stop().catch(() => {});
    await slack?.stop();
  });
  beforeEach(() => slack.faults.clear());

  const incidentsHas = (text: string) =>
    people.waitFor(`"${text}" in #incidents`, () =>
      people.channel('incidents').find((m) => messageText(m).includes(text)),
    );

  it('shows the answer to a mistyped command to its author alone', async () => {
    const { ackMs } = await people.as('alice').types('incidents', '/dr verfy');
    const answer = await incidentsHas('no such command: verfy');

    expect(answer).toMatchObject({ ephemeralTo: 'alice', author: 'holdfast' });
    expect(ackMs).toBeLessThan(1_000);
    expect(transcript(people.channel('incidents'), { seenBy: 'alice' })).toContain('(only alice sees this)');
    expect(transcript(people.channel('incidents'), { seenBy: 'bob' })).not.toContain('verfy');
    await expect(people.as('bob').clicks(answer, 'Approve')).rejects.toThrow(
      'bob cannot click on what only alice sees',
    );
  });

  it('takes a command through plan, click, update and thread', async () => {
    await people.as('alice').types('incidents', '/dr plan');
    const plan = await incidentsHas('Plan');
    expect(transcript([plan])).toMatch(
      /^holdfast {2}..:..:..\n {2}── Restore staging ──\n {2}\*Plan\* for @alice\n {2}\[Approve\] \[Type the name\]$/,
    );
    await expect(people.as('bob').clicks(plan, 'Refuse')).rejects.toThrow(
      '[Approve] (approve), [Type the name] (name)',
    );

    await people.as('bob').clicks(plan, 'Approve');

    const started = await incidentsHas('Started');
    expect(started.threadTs).toBe(plan.ts);
    expect(await incidentsHas('Approved by @bob')).toMatchObject({ ts: plan.ts, edited: true });
    expect(await incidentsHas('Thank you')).toMatchObject({ ephemeralTo: 'bob' });
  });

  it('opens a modal, shows its errors, and takes it when it is right', async () => {
    await people.as('alice').types('incidents', '/dr plan');
    const plan = await people.waitFor('a second plan', () =>
      people.channel('incidents').findLast((m) => m.blocks.some((block) => block['block_id'] === 'choices')),
    );
    const alice = people.as('alice');
    await alice.clicks(plan, 'name');
    const modal = await people.waitFor('the modal', () => people.modal());

    expect(modal).toMatchObject({ title: 'Confirm', callbackId: 'confirm' });
    await expect(alice.submits({})).rejects.toThrow('"App name" is required');
    await expect(alice.submits({ app: { text: 'ab' } })).rejects.toThrow('at least 3 characters');
    await expect(alice.submits({ other: { text: 'x' } })).rejects.toThrow('it has app.text');
    expect(await alice.submits({ app: { text: 'production' } })).toEqual({
      is: 'refused',
      errors: { app: 'That is not the name.' },
    });
    expect(await alice.submits({ app: { text: 'staging' } })).toEqual({ is: 'closed' });
    expect(await incidentsHas('Queued staging')).toMatchObject({ ephemeralTo: 'alice' });
  });

  it('shows the Home tab that the bot published', async () => {
    await people.as('carol').opensHome();
    const home = await people.waitFor("carol's Home", () => people.as('carol').home());
    expect(messageText({ text: '', blocks: home.blocks })).toBe('My runs: none');
  });

  it('knows who is in a user group, and who is no longer there', async () => {
    const { usergroups } = await app.client.usergroups.list({ include_users: true });
    expect(usergroups?.map(({ handle, users }) => [handle, users])).toEqual([
      ['engineering-leads', [persons.bob.id]],
      ['product-leads', [persons.carol.id]],
    ]);
    slack.directory.setMembers('engineering-leads', ['bob', 'dave']);
    slack.directory.mark('dave', 'deactivated');

    const { users } = await app.client.usergroups.users.list({ usergroup: 'S01ENGLEADS' });
    const { user } = await app.client.users.info({ user: persons.dave.id });

    expect(users).toEqual([persons.bob.id, persons.dave.id]);
    expect(user).toMatchObject({ deleted: true, is_restricted: false });
    await expect(app.client.usergroups.users.list({ usergroup: 'S0NONE' })).rejects.toThrow('no_such_subteam');
  });

  it("refuses what breaks Slack's limits, and says where", async () => {
    const post = (blocks: ReturnType<typeof section>[], text = 'x') =>
      app.client.chat.postMessage({ channel: incidents, text, blocks });

    await expect(post([section('x'.repeat(3001))])).rejects.toThrow('invalid_blocks');
    await expect(post(Array.from({ length: 51 }, () => section('x')))).rejects.toThrow('invalid_blocks');
    await expect(post([], 'x'.repeat(40_001))).rejects.toThrow('msg_too_long');
    await post([section('x'.repeat(3000))]);
    await post([], 'y'.repeat(4_001));

    expect(slack.record.violations[0]).toEqual({
      method: 'chat.postMessage',
      error: 'invalid_blocks',
      messages: [expect.stringMatching(/^\[ERROR\] .*<=3000.*\[json-pointer:\/blocks\/0\/text\/text\]$/)],
    });
    expect(slack.record.warnings).toEqual([expect.stringContaining('4001 characters')]);
  });

  it('answers no sixth time at the same response_url', async () => {
    await people.as('dave').types('general', '/dr six');
    await people.waitFor('six attempts', () => slack.record.calls.some(({ outcome }) => outcome === 'http 404'));
    expect(people.channel('general').map(({ text }) => text)).toEqual([1, 2, 3, 4, 5].map((i) => `answer ${i}`));
  });

  it('fails as told, once, and counts the calls', async () => {
    const before = slack.record.count('chat.postMessage');
    const post = (text: string) => app.client.chat.postMessage({ channel: incidents, text });
    const { faults } = slack;

    faults.next('chat.postMessage', { is: 'rate-limited', retryAfter: 7 });
    await expect(post('limited')).rejects.toMatchObject({ retryAfter: 7 });
    faults.next('chat.postMessage', { is: 'refused', error: 'is_archived' });
    await expect(post('archived')).rejects.toThrow('is_archived');
    faults.next('chat.postMessage', { is: 'http', status: 503 });
    await expect(post('down')).rejects.toThrow();
    faults.next('chat.postMessage', { is: 'reset' });
    await expect(post('reset')).rejects.toThrow();
    faults.next('chat.postMessage', { is: 'lost-reply' });
    await expect(post('posted, though its answer was lost')).rejects.toThrow();
    faults.next('chat.postMessage', { is: 'stall', ms: 300 });
    const asked = Date.now();
    await post('late');

    expect(Date.now() - asked).toBeGreaterThanOrEqual(295);
    expect(slack.record.count('chat.postMessage') - before).toBe(6);
    expect(slack.record.calls.slice(-6).map(({ outcome }) => outcome)).toEqual([
      ...['rate-limited', 'refused', 'http', 'reset', 'lost-reply', 'ok'],
    ]);
    const texts = people.channel('incidents').map(({ text }) => text);
    expect(texts.slice(-2)).toEqual(['posted, though its answer was lost', 'late']);
  });

  it('carries a file from the bot to the channel', async () => {
    const file = { filename: 'report.txt', file: Buffer.from('all good'), channel_id: incidents };
    await app.client.filesUploadV2({ ...file, initial_comment: 'The report' });
    expect(await incidentsHas('The report')).toMatchObject({ files: ['report.txt'] });
  });

  it('is closed to every machine but this one', async () => {
    expect(await isOpenToOthers(slack.innerPort)).toBe(false);
    expect(await isOpenToOthers(Number(new URL(slack.url).port))).toBe(false);
  });

  it('lets nobody in without the token', async () => {
    const answer = await fetch(`${slack.apiUrl}auth.test`, {
      method: 'POST',
      headers: { authorization: 'Bearer xoxb-no' },
    });
    expect(await answer.json()).toEqual({ ok: false, error: 'invalid_auth' });
  });

  it('says what was said when what is waited for never comes', async () => {
    const never = people.waitFor('a miracle', () => false, { timeoutMs: 30 });
    await expect(never).rejects.toThrow(/waited 30 ms for a miracle[\s\S]*#incidents[\s\S]*Queued staging/);
  });

  if (mode === 'http') {
    it('signs as Slack does, and Bolt takes only the right secret', async () => {
      const post = (secret: string) =>
        fetch(requestUrl, { method: 'POST', ...sign(slashCommandBody('alice', '/dr', 'x'), { secret }) });
      expect((await post(slack.bot.signingSecret)).status).toBe(200);
      expect((await post('guessed')).status).toBe(401);
    });

    it('tells the person when the bot takes longer than three seconds', async () => {
      await people.as('alice').types('incidents', '/dr slow');
      expect(await incidentsHas('/dr failed with the error "operation_timeout"')).toMatchObject({
        ephemeralTo: 'alice',
      });
      expect(slack.record.deliveries.at(-1)).toMatchObject({ status: undefined });
    });
  } else {
    it('is found again by the bot after Slack cut the connection', async () => {
      slack.cutSocketMode();
      const said = () => people.channel('incidents').some(({ text }) => text.includes('still there'));
      const askUntilSaid = async () => {
        if (!said()) await people.as('bob').types('incidents', '/dr still there');
        return said();
      };
      await expect.poll(askUntilSaid, { timeout: 8_000, interval: 200 }).toBe(true);
    });
  }
});
