// Who is told what about this process: it answers in time, names what is away, and keeps its figures from strangers.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { type HealthServer, serveHealth, type Watched } from '../../../src/lib/health-server.ts';

let server: HealthServer;
afterEach(() => server.close());

const well = async () => {};
const away = async () => {
  throw new Error('postgres://holdfast:open-sesame@store/holdfast does not answer');
};

const figures = { type: 'text/plain', text: async () => 'figures' };

async function asks(path: string, watched: Partial<Watched> = {}, init: RequestInit = {}) {
  const pages = { '/metrics': figures };
  server = await serveHealth('127.0.0.1', 0, { alive: well, needs: {}, pages, token: null, ...watched });
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { status: answer.status, body: await answer.text() };
}

it('is alive, or is not', async () => {
  expect(await asks('/healthz')).toEqual({ status: 200, body: 'ok\n' });
  await server.close();
  expect(await asks('/healthz', { alive: away })).toEqual({ status: 503, body: 'not ready\n' });
});

it('names what is away or does not answer in time, and no reason', async () => {
  const needs = { store: away, queue: well, slack: () => sleep(60_000, undefined, { ref: false }) };
  expect(await asks('/readyz', { needs })).toEqual({ status: 503, body: 'store: away\nqueue: ok\nslack: away\n' });
  await server.close();
  expect(await asks('/readyz', { needs: { queue: well } })).toEqual({ status: 200, body: 'queue: ok\n' });
});

it('tells its figures on this machine, and where there is a token to whoever has it', async () => {
  expect(await asks('/metrics')).toEqual({ status: 200, body: 'figures' });
  await server.close();
  const token = { open: () => 'a-token-of-ours' };
  for (const authorization of ['', 'Bearer', 'Bearer a-token-of-theirs', 'Bearer a-token-of-our']) {
    expect(await asks('/metrics', { token }, { headers: { authorization } })).toMatchObject({ status: 401 });
    await server.close();
  }
  const headers = { authorization: 'Bearer a-token-of-ours' };
  expect(await asks('/metrics', { token }, { headers })).toEqual({ status: 200, body: 'figures' });
});

it('fails a scrape whose figures cannot be had, and answers nothing else', async () => {
  expect(
    await asks('/metrics', { pages: { '/metrics': { ...figures, text: async () => await away().then(String) } } }),
  ).toMatchObject({ status: 503 });
  await server.close();
  for (const path of ['/', '/constructor']) {
    expect(await asks(path)).toMatchObject({ status: 404 });
    await server.close();
  }
  expect(await asks('/healthz', {}, { method: 'POST' })).toMatchObject({ status: 404 });
});
