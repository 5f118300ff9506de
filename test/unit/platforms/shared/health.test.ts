// The health check against a real HTTP server that answers well, late, wrongly or not at all.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Run } from '../../../../src/core/action.ts';
import { System } from '../../../../src/core/system.ts';
import { checkHealth } from '../../../../src/platforms/shared/health.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function runFor(url: string, withinSeconds: number, signal = new AbortController().signal): Run & { notes: string[] } {
  const notes: string[] = [];
  const production = {
    consent: { kind: 'none' },
    health: { url, withinSeconds },
    settings: {},
  };
  const system = System.parse({
    name: 'ledger',
    title: 'Ledger',
    platform: 'none',
    channel: 'C0123ABCD',
    roles: { lead: { users: ['U0123ABCD'] } },
    operators: ['lead'],
    environments: { production },
    backups: { of: 'production', maxAgeHours: 26, sizeTolerancePercent: 20, retentionDays: 7 },
    tables: [{ name: 'entries' }],
    updates: {},
    logs: { watchSeconds: 1 },
  });
  const progress: Run['progress'] = ({ note }) => notes.push(note);
  return {
    system,
    operation: 'op-1',
    step: 's1',
    signal,
    before: null,
    outputs: {},
    progress,
    fence: async () => {},
    neededBy: async () => null,
    notes,
  };
}

const ask = (run: Run, options = {}, required = true) =>
  checkHealth({ pauseMs: 20, ...options }).do({ environment: 'production', required }, run);

describe('the health check', () => {
  it('is done with the right answer, and tells how long it took, without what stands in the query', async () => {
    const url = await serve((_request, response) => response.end('ok'));
    const outcome = await ask(runFor(`${url}/health?token=hunter2`, 1));
    expect(outcome.is).toBe('done');
    expect(outcome.evidence.says).toHaveLength(1);
    expect(outcome.evidence.says[0]).toMatch(
      /^GET http:\/\/127\.0\.0\.1:\d+\/health answered 200 in \d+ ms, 1st attempt$/,
    );
  });

  it('only tells what the answer was where health is not required', async () => {
    const url = await serve((_request, response) => response.writeHead(500).end('broken'));
    const outcome = await ask(runFor(`${url}/`, 0.05), {}, false);
    expect(outcome.is).toBe('done');
    expect(outcome.evidence.checks).toMatchObject([{ name: 'Health', status: 'warn' }]);
    expect(outcome.evidence.checks[0]?.figure).toMatch(/answered 500/);
  });

  it('asks again until the application is up', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.writeHead(asked < 3 ? 503 : 200).end();
    });
    const run = runFor(`${url}/`, 5);
    expect((await ask(run)).evidence.says[0]).toMatch(/answered 200 in \d+ ms, 3rd attempt$/);
    expect(run.notes).toHaveLength(2);
  });

  it('fails with the last answer and the beginning of what it said, cleaned', async () => {
    const url = await serve((_request, response) =>
      response.writeHead(500).end(`\x1b[31mno\n\u202edatabase\0 ${'x'.repeat(9999)}`),
    );
    const outcome = await ask(runFor(`${url}/`, 0.1));
    if (outcome.is !== 'failed') throw new Error(`it is ${outcome.is}`);
    expect(outcome.why).toMatch(
      /answered 500 in \d+ ms, \d+(st|nd|rd|th) attempt; 200 was expected within 0.1 s\. It said: \[31mno database x+$/,
    );
    expect(outcome.why.split('It said: ')[1]).toHaveLength(200);
    expect(outcome.untouched).toBe(true);
  });

  it('follows no redirect', async () => {
    let followed = false;
    const url = await serve((request, response) => {
      followed ||= request.url === '/elsewhere';
      if (request.url === '/elsewhere') response.end('ok');
      else response.writeHead(302, { location: '/elsewhere' }).end();
    });
    const outcome = await ask(runFor(`${url}/`, 0.05));
    expect(outcome).toMatchObject({ is: 'failed', why: expect.stringContaining('answered 302 to /elsewhere') });
    expect(followed).toBe(false);
  });

  it('gives up on a server that never answers', async () => {
    const url = await serve(() => {});
    const outcome = await ask(runFor(`${url}/`, 0.05), { requestMs: 100 });
    expect(outcome).toMatchObject({
      is: 'failed',
      why: expect.stringContaining('did not answer within 0.1 s, 1st attempt'),
    });
  });

  it('is done by the status alone, however long the body is', async () => {
    const url = await serve((_request, response) => response.writeHead(200).write('still coming'));
    expect((await ask(runFor(`${url}/`, 1))).is).toBe('done');
  });

  it('names the reason when nobody listens', async () => {
    const outcome = await ask(runFor('http://127.0.0.1:1/', 0.05));
    expect(outcome).toMatchObject({ is: 'failed', why: expect.stringMatching(/failed: \S+/) });
  });

  it('stops at once when the work is aborted', async () => {
    const url = await serve((_request, response) => response.writeHead(503).end());
    const run = runFor(`${url}/`, 60, AbortSignal.timeout(100));
    await expect(ask(run, { pauseMs: 30_000 })).rejects.toThrow('aborted');
  });
});
