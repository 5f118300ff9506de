// Which failed calls certainly did nothing, told by a real client over real connections.
import { WebClient } from '@slack/web-api';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { failureOf } from '../../../src/notify/failure-of.ts';
import { slackClient } from '../../../src/notify/slack-client.ts';
import { type Given, startWebApi, type WebApi } from '../people/slack-server.ts';
import { quiet } from './quiet.ts';

let slack: WebApi | undefined;
afterEach(() => slack?.close());

async function failure(given: Given) {
  slack = await startWebApi(() => given);
  return failureOver(slackClient({ token: new Secret('xoxb-test'), apiUrl: slack.url, logger: quiet, redact: String }));
}

async function failureOver(client: WebClient) {
  try {
    await client.chat.postMessage({ channel: 'C01INCIDENTS', text: 'hello' });
  } catch (thrown) {
    return failureOf(thrown);
  }
  throw new Error('the call did not fail');
}

const http =
  (status: number, headers = {}): Given =>
  (response) =>
    response.writeHead(status, headers).end('no');

describe('a message certainly did not arrive when', () => {
  it('Slack asks to wait, and how long is known', async () => {
    const { is, scope, retryAfter } = await failure(http(429, { 'retry-after': '7' }));
    expect({ is, scope, retryAfter }).toEqual({ is: 'not_delivered', scope: 'channel', retryAfter: 7 });
    expect(slack?.count('chat.postMessage')).toBe(1);
  });

  it('Slack asks to wait without saying how long', async () => {
    expect(await failure(http(429))).toMatchObject({ is: 'not_delivered', retryAfter: 30 });
  });

  it.each([500, 502, 503])('Slack answers with HTTP %i', async (status) => {
    expect(await failure(http(status))).toMatchObject({ is: 'not_delivered', code: null, scope: 'slack' });
    expect(slack?.count('chat.postMessage')).toBe(1);
  });

  it.each([
    ['invalid_blocks', 'message'],
    ['channel_not_found', 'channel'],
    ['is_archived', 'channel'],
    ['not_in_channel', 'channel'],
    ['token_revoked', 'slack'],
  ])('Slack refuses it with %s, which is about the %s', async (error, scope) => {
    expect(await failure({ ok: false, error })).toMatchObject({ is: 'not_delivered', code: error, scope });
  });

  it('nobody listens where Slack should be', async () => {
    slack = await startWebApi(() => ({ ok: true }));
    const client = slackClient({ token: new Secret('xoxb-test'), apiUrl: slack.url, logger: quiet, redact: String });
    await slack.close();
    expect(await failureOver(client)).toMatchObject({ is: 'not_delivered', scope: 'slack' });
  });
});

describe('nobody knows whether a message arrived when', () => {
  it.each<[string, Given]>([
    ['the line is cut before an answer', (response) => response.destroy()],
    [
      'the answer is cut off in the middle',
      (response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"ok":tr');
        setTimeout(() => response.destroy(), 20);
      },
    ],
    ['the answer is a page of something in between', (response) => response.writeHead(200).end('<html>busy</html>')],
    ['Slack broke while at it', { ok: false, error: 'fatal_error' }],
  ])('%s', async (_, given) => {
    expect(await failure(given)).toMatchObject({ is: 'unknown' });
    expect(slack?.count('chat.postMessage')).toBe(1);
  });

  it('no answer comes in time', async () => {
    slack = await startWebApi(() => () => {});
    const client = new WebClient('xoxb-test', {
      slackApiUrl: slack.url,
      timeout: 50,
      retryConfig: { retries: 0 },
      logger: quiet,
    });
    expect(await failureOver(client)).toMatchObject({ is: 'unknown', scope: 'slack' });
  });

  it('something else was thrown', () => {
    expect(failureOf('a string')).toMatchObject({ is: 'unknown', why: 'a string' });
  });
});
