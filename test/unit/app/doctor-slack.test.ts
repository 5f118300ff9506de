// What the doctor says of the channels that are to be told: each case that Slack can answer.
import { afterEach, describe, expect, it } from 'vitest';
import { channels } from '../../../src/app/doctor-slack.ts';
import { Secret } from '../../../src/core/secret.ts';
import { slackClient } from '../../../src/notify/slack-client.ts';
import { quiet } from '../notify/quiet.ts';
import { type Given, startWebApi, type WebApi } from '../people/slack-server.ts';

let slack: WebApi | undefined;
afterEach(() => slack?.close());

async function looked(answers: Readonly<Record<string, Given>>, systems = [{ name: 'ledger', channel: 'C01' }]) {
  slack = await startWebApi(({ args }) => answers[args.get('channel') ?? ''] ?? { ok: false, error: 'no_channel' });
  const client = slackClient({ token: new Secret('xoxb-test'), apiUrl: slack.url, logger: quiet, redact: String });
  return { judged: channels(systems, client), asked: () => slack?.count('conversations.info') };
}

const found = (more: object) => ({ ok: true, channel: { id: 'C01', ...more } });

describe('a channel that is to be told', () => {
  it('is well when the bot is in it, and is asked about once, whoever tells there', async () => {
    const both = [
      { name: 'ledger', channel: 'C01' },
      { name: 'votes', channel: 'C01' },
      { name: 'field', channel: 'C02' },
    ];
    const { judged, asked } = await looked({ C01: found({ is_member: true }), C02: found({ is_member: true }) }, both);
    expect(await judged).toEqual([{ is: 'ok', says: 'the bot is in all channels that are told: 2' }]);
    expect(asked()).toBe(2);
  });

  it.each<[string, object, 'problem' | 'warning', RegExp]>([
    ['lacks the bot', found({ is_member: false }), 'problem', /C01, the channel of ledger, .*\/invite @/],
    ['is archived', found({ is_member: true, is_archived: true }), 'problem', /is archived: unarchive it/],
    ['is not shown to us', { ok: false, error: 'channel_not_found' }, 'warning', /says channel_not_found: .*private/],
  ])('%s', async (_, answer, is, says) => {
    const { judged } = await looked({ C01: answer });
    expect(await judged).toEqual([{ is, says: expect.stringMatching(says) }]);
  });

  it('is not judged while Slack does not answer', async () => {
    const { judged } = await looked({ C01: (response) => response.destroy() });
    await expect(judged).rejects.toThrow();
  });
});
