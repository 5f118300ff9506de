// A typed command: committed, then acknowledged, then answered, and never silently lost.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { sign, slashCommandBody } from '../../../sandbox/slack/sign.ts';
import { bot, channels, persons, team } from '../../../sandbox/slack/workspace.ts';
import { Fault, Refusal } from '../../../src/core/errors.ts';
import type { UseCases } from '../../../src/operations/use-cases.ts';
import type { Given } from '../people/slack-server.ts';
import { type Bolt, startBolt } from './bolt-over-http.ts';
import { recordedUseCases } from './recorded-use-cases.ts';

let bolt: Bolt;
afterEach(() => bolt.stop());

async function start(instead: Partial<UseCases> = {}, slack: Readonly<Record<string, Given>> = {}) {
  const recorded = recordedUseCases(instead);
  bolt = await startBolt(recorded.useCases, slack);
  return recorded;
}

async function answersUntil(count: number): Promise<string[]> {
  for (let waited = 0; bolt.answers().length < count && waited < 3_000; waited += 10) await sleep(10);
  return bolt.answers();
}

describe('a command', () => {
  it('reaches the use cases as it was typed, by whom and where', async () => {
    const { asked } = await start();
    expect((await bolt.dr('restore staging a001')).status).toBe(200);
    expect(asked[0]).toMatchObject({
      what: 'accept',
      about: {
        text: 'restore staging a001',
        user: persons.alice.id,
        channel: channels.incidents.id,
        team: team.id,
        key: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });

  it('is acknowledged only after it is committed', async () => {
    let commit = () => {};
    const committed = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const { useCases } = recordedUseCases();
    await start({ accept: async (intake) => committed.then(() => useCases.accept(intake)) });
    let acknowledged = false;
    const response = bolt.dr('status').then((given) => {
      acknowledged = true;
      return given;
    });
    await sleep(200);
    expect(acknowledged).toBe(false);
    commit();
    expect((await response).status).toBe(200);
  });

  it('is answered so that only the person who typed it sees it', async () => {
    await start();
    await bolt.dr('restore staging a001');
    const [answer] = await answersUntil(1);
    expect(JSON.parse(answer ?? '')).toMatchObject({ response_type: 'ephemeral', replace_original: false });
    expect(answer).toContain('op-41');
    expect(answer).toContain(channels.incidents.id);
  });

  it('is called NOT queued in the acknowledgement when the store is down', async () => {
    await start({ accept: () => Promise.reject(new Fault('committing a command')) });
    const response = await bolt.dr('restore staging a001');
    expect(await response.json()).toMatchObject({
      response_type: 'ephemeral',
      text: expect.stringContaining('NOT queued'),
    });
    expect(bolt.lines).toContainEqual(expect.objectContaining({ level: 'error' }));
  });

  it('is acknowledged within Slack’s three seconds as not known yet when the store is slow, and answered later', async () => {
    const { useCases } = recordedUseCases();
    await start({ accept: (intake) => sleep(2_600).then(() => useCases.accept(intake)) });
    const started = performance.now();
    const response = await bolt.dr('restore staging a001');
    expect(performance.now() - started).toBeLessThan(2_500);
    expect(await response.text()).toContain('not saved yet');
    expect((await answersUntil(1))[0]).toContain('op-41');
  });

  it('that was never saved by a slow store is called NOT queued in the end', async () => {
    await start({ accept: () => sleep(2_200).then(() => Promise.reject(new Fault('committing a command'))) });
    expect(await (await bolt.dr('restore staging a001')).text()).toContain('not saved yet');
    expect((await answersUntil(1))[0]).toContain('NOT queued');
  });

  it('that is refused is answered with the reason and what to do', async () => {
    await start({ answer: () => Promise.reject(new Refusal('busy', 'op-40 is at it.', 'Wait for op-40.')) });
    await bolt.dr('restore staging a001');
    const [answer] = await answersUntil(1);
    expect(answer).toContain('op-40 is at it.');
    expect(answer).toContain('Wait for op-40.');
  });

  it('that breaks is answered with a reference that the log has as well, and without the cause', async () => {
    await start({ answer: () => Promise.reject(new Error('password=hunter2')) });
    await bolt.dr('restore staging a001');
    const [answer] = await answersUntil(1);
    const reference = /reference ([0-9a-f]{8})/.exec(answer ?? '')?.[1];
    expect(bolt.lines).toContainEqual(expect.objectContaining({ fields: expect.objectContaining({ reference }) }));
    expect(answer).not.toContain('hunter2');
  });

  it('is answered by a message of our own when the response address is worn out', async () => {
    await start({}, { '/response': (response) => response.writeHead(404).end('used_url') });
    await bolt.dr('restore staging a001');
    for (
      let waited = 0;
      waited < 2_000 && !bolt.calls.some(({ method }) => method === 'chat.postEphemeral');
      waited += 10
    )
      await sleep(10);
    const own = bolt.calls.find(({ method }) => method === 'chat.postEphemeral');
    expect(own?.args.get('user')).toBe(persons.alice.id);
    expect(own?.args.get('text')).toContain('op-41');
  });
});

describe('the same signed request', () => {
  it('delivered a hundred times at once starts one thing and shows the same operation each time', async () => {
    const { asked, started } = await start();
    const request = sign(
      slashCommandBody('alice', '/dr', 'restore staging a001', {
        response_url: bolt.url.replace('/slack/events', '/nowhere'),
        trigger_id: 'the-same',
      }),
    );
    const responses = await Promise.all(Array.from({ length: 100 }, () => bolt.post(request)));
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
    for (let waited = 0; waited < 4_000 && answers().length < 100; waited += 20) await sleep(20);
    expect(started).toEqual(['restore staging a001']);
    expect(new Set(asked.filter(({ what }) => what === 'accept').map(({ about }) => JSON.stringify(about))).size).toBe(
      1,
    );
    expect(answers().filter((text) => text.includes('op-41'))).toHaveLength(100);

    function answers(): string[] {
      return bolt.calls
        .filter(({ method }) => method === 'chat.postEphemeral')
        .map(({ args }) => args.get('text') ?? '');
    }
  });

  it('delivered again while its answer is being made waits for that answer', async () => {
    const recorded = recordedUseCases();
    const { started } = await start({
      accept: recorded.useCases.accept,
      async answer(accepted) {
        if (accepted.answer === null) await sleep(300);
        return recorded.useCases.answer(accepted);
      },
    });
    await bolt.dr('backup', { trigger_id: 'the-same' });
    await bolt.dr('backup', { trigger_id: 'the-same' });
    const answers = await answersUntil(2);
    expect(answers.filter((text) => text.includes('op-41'))).toHaveLength(2);
    expect([...started, ...recorded.started]).toEqual(['backup']);
  });

  it('typed twice by a person is two commands', async () => {
    const { started } = await start();
    await bolt.dr('backup');
    await bolt.dr('backup');
    await answersUntil(2);
    expect(started).toEqual(['backup', 'backup']);
  });

  it('that was shown before is not worked on again', async () => {
    const { started } = await start({
      accept: async (intake) => ({
        first: false,
        accepted: { id: '1', intake, receivedAt: '2026-11-20T14:00:00.000Z', answer: { is: 'shown' } },
      }),
    });
    await bolt.dr('status');
    expect((await answersUntil(1))[0]).toContain('answered before');
    expect(started).toEqual([]);
  });
});

describe('a stranger', () => {
  it.each([
    ['of another team', { team_id: 'T02OTHER' }],
    ['that is the bot itself', { user_id: bot.userId }],
    ['that is Slackbot', { user_id: 'USLACKBOT' }],
  ])('%s is refused before anything is committed', async (_, fields) => {
    const { asked } = await start();
    const response = await bolt.dr('restore production a001', fields);
    expect(response.status).toBe(200);
    expect((await response.text()).length).toBeGreaterThan(20);
    expect(asked).toEqual([]);
    expect(bolt.lines).toContainEqual(expect.objectContaining({ sentence: 'request refused' }));
  });
});

describe('a request without what identifies it', () => {
  it('is refused calmly', async () => {
    const { asked } = await start();
    const response = await bolt.dr('status', { trigger_id: '' });
    expect(await response.text()).toContain('cannot read');
    expect(asked).toEqual([]);
  });
});
