// Which requests come through the door: only what Slack signed, lately, and of a sensible size.
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SignedRequest, sign, slashCommandBody } from '../../../sandbox/slack/sign.ts';
import { type Bolt, startBolt } from './bolt-over-http.ts';
import { recordedUseCases } from './recorded-use-cases.ts';

const { useCases, asked } = recordedUseCases();
const body = () => slashCommandBody('alice', '/dr', 'status');
const seconds = (from: number) => Math.floor(Date.now() / 1000) + from;

let bolt: Bolt;
beforeAll(async () => {
  bolt = await startBolt(useCases);
});
afterAll(() => bolt.stop());
beforeEach(() => {
  asked.length = 0;
});

async function statusOf(request: SignedRequest): Promise<number> {
  return (await bolt.post(request)).status;
}

function without(header: string): SignedRequest {
  const signed = sign(body());
  const headers = Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name !== header));
  return { body: signed.body, headers };
}

describe('the door', () => {
  it('lets through what Slack signed', async () => {
    expect(await statusOf(sign(body()))).toBe(200);
    expect(asked[0]?.what).toBe('accept');
  });

  it.each<[string, () => SignedRequest]>([
    ['a signature made with another secret', () => sign(body(), { secret: 'another' })],
    ['a body that was changed after signing', () => ({ ...sign(body()), body: body().replace('status', 'statuz') })],
    ['no signature', () => without('x-slack-signature')],
    ['no timestamp', () => without('x-slack-request-timestamp')],
    ['a timestamp of 301 seconds ago', () => sign(body(), { timestamp: seconds(-301) })],
    ['a timestamp of 301 seconds ahead', () => sign(body(), { timestamp: seconds(301) })],
    ['a timestamp of tomorrow', () => sign(body(), { timestamp: seconds(86_400) })],
    ['a timestamp that is no number', () => sign(body(), { timestamp: Number.NaN })],
  ])('answers 401 to %s', async (_, request) => {
    expect(await statusOf(request())).toBe(401);
    expect(asked).toEqual([]);
  });

  it('answers 401 to every single flipped bit of a signature', async () => {
    const signed = sign(body());
    const good = signed.headers['x-slack-signature'] ?? '';
    for (let at = 3; at < good.length; at += 1) {
      const flipped = String.fromCharCode(good.charCodeAt(at) ^ 1);
      const signature = good.slice(0, at) + flipped + good.slice(at + 1);
      expect(await statusOf({ ...signed, headers: { ...signed.headers, 'x-slack-signature': signature } })).toBe(401);
    }
    expect(asked).toEqual([]);
  });

  it.each([-299, 290])('lets through a timestamp that is %i seconds off', async (off) => {
    expect(await statusOf(sign(body(), { timestamp: seconds(off) }))).toBe(200);
  });

  it('answers 400 to an empty body at once', async () => {
    const started = performance.now();
    expect(await statusOf(sign(''))).toBe(400);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it.each(['/', '/slack/event', '/slack/events/../events2'])('answers 404 under %s', async (path) => {
    const { headers, body: sent } = sign(body());
    const response = await fetch(new URL(path, bolt.url), { method: 'POST', headers, body: sent });
    expect(response.status).toBe(404);
  });

  it('answers 404 to anything but a POST', async () => {
    expect((await fetch(bolt.url)).status).toBe(404);
  });

  it.each([true, false])('answers 413 to 10 MB without keeping them, with a declared length: %s', async (declared) => {
    const before = process.memoryUsage();
    const answers = [];
    for (let times = 0; times < 5; times += 1) answers.push(await sendTenMegabytes(bolt.url, declared));
    // Whoever goes on sending may be hung up on before the answer has reached them.
    expect(answers.filter((answer) => answer !== 413 && answer !== 'hung up')).toEqual([]);
    expect(answers).toContain(413);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(12_000_000);
    expect(asked).toEqual([]);
  });
});

/** Streams the same 64 kB again and again, so that the sender keeps no 10 MB either. */
function sendTenMegabytes(url: string, declared: boolean): Promise<number | 'hung up'> {
  const part = Buffer.alloc(65_536, 'a');
  const parts = 160;
  const { headers } = sign('a');
  return new Promise((resolve, reject) => {
    const length = declared ? { 'content-length': String(part.length * parts) } : {};
    const sending = httpRequest(url, { method: 'POST', headers: { ...headers, ...length } }, (response) => {
      response.resume();
      sending.destroy();
      resolve(response.statusCode ?? 0);
    });
    sending.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
      resolve('hung up');
    });
    let sent = 0;
    const send = () => {
      while (sent < parts && !sending.destroyed) {
        sent += 1;
        if (!sending.write(part)) return sending.once('drain', send);
      }
      return sending.destroyed ? undefined : sending.end();
    };
    send();
  });
}
