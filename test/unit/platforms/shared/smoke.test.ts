// The smoke tests against a real HTTP server that answers well, late, wrongly, endlessly or not at all.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { Check } from '../../../../src/core/check.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { SmokeTest } from '../../../../src/core/smoke.ts';
import { runSmokeTests, type SmokeOptions } from '../../../../src/platforms/shared/smoke.ts';

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

const answering = (status: number, body: string, headers: Record<string, string> = {}) =>
  serve((_request, response) => response.writeHead(status, headers).end(body));

type Given = Partial<z.input<typeof SmokeTest>>;

function run(tests: readonly Given[], options: Partial<SmokeOptions> = {}): Promise<Check[]> {
  return runSmokeTests(
    tests.map((test) => SmokeTest.parse({ name: 'health', ...test })),
    { signal: new AbortController().signal, secretOf: () => new Secret('unused'), ...options },
  );
}

async function figureOf(test: Given, options: Partial<SmokeOptions> = {}): Promise<[Check['status'], string]> {
  const [check] = await run([test], options);
  if (check === undefined) throw new Error('there is no check');
  return [check.status, check.figure.replace(/in [\d,]+ ms/, 'in N ms')];
}

const SAMPLES = JSON.stringify({
  ok: true,
  samples: [{ value: 12 }, { value: 0.5 }],
  checks: { database: { ok: true } },
});

describe('a smoke test', () => {
  it('passes with the status, the body and the time that it asks for', async () => {
    const url = await answering(200, SAMPLES);
    const json = { ok: true, 'checks.*.ok': true, 'samples.0.value': 12 };
    const [check] = await run([{ url: `${url}/?token=x`, json, numbers: ['samples.*.value'], contains: 'samples' }]);
    expect(check).toMatchObject({ name: 'health', status: 'pass', source: 'B8' });
    expect(check?.figure).toMatch(/^200 in \d+ ms$/);
  });

  it('takes any status of its list, so that a closed door is what passes', async () => {
    const url = await answering(403, '{"error":"forbidden"}');
    expect(await figureOf({ url, method: 'POST', status: [401, 403] })).toEqual(['pass', '403 in N ms']);
    expect(await figureOf({ url: await answering(200, 'come in'), status: [401, 403] })).toEqual([
      'fail',
      '200 in N ms; 401 or 403 was expected. It said: come in',
    ]);
  });

  it('shows what a failure says without what could steer a terminal or break a message', async () => {
    const url = await answering(500, `\x1b[31mno\n\u202edatabase\0 ${'x'.repeat(9_999)}`);
    const [, figure] = await figureOf({ url });
    expect(figure).toMatch(/^500 in N ms; 200 was expected\. It said: \[31mno database x+$/);
    expect(figure.split('It said: ')[1]).toHaveLength(200);
  });

  it('fails when the answer takes longer than allowed, and tells how long it took', async () => {
    const url = await serve((_request, response) => setTimeout(() => response.end('ok'), 120));
    const [status, figure] = await figureOf({ url, withinSeconds: 0.05 });
    expect([status, figure]).toEqual(['fail', '200 in N ms; more than 0.05 s']);
  });

  it('counts the time until the last byte', async () => {
    const url = await serve((_request, response) => {
      response.write('ok');
      setTimeout(() => response.end(), 120);
    });
    expect((await figureOf({ url, withinSeconds: 0.05 }))[1]).toContain('more than 0.05 s');
  });

  it('follows no redirect, and shows where it leads without its query', async () => {
    let followed = false;
    const url = await serve((request, response) => {
      followed ||= request.url === '/login?token=abc';
      response.writeHead(302, { location: '/login?token=abc' }).end();
    });
    expect(await figureOf({ url })).toEqual(['fail', `302 to ${url}/login in N ms; 200 was expected`]);
    expect(followed).toBe(false);
  });

  it('names the reason when nobody listens', async () => {
    expect(await figureOf({ url: 'http://127.0.0.1:1/' })).toEqual(['fail', expect.stringMatching(/^no answer: \S+/)]);
  });

  it.each([
    ['a wrong value', '{"ok":false}', { json: { ok: true } }, 'ok is false instead of true'],
    ['a missing value', '{"fine":true}', { json: { ok: true } }, 'ok is missing'],
    ['an inherited name', '{}', { json: { 'constructor.name': 'Object' } }, 'constructor.name is missing'],
    [
      'a value that is one of several',
      '{"c":[{"ok":true},{"ok":null}]}',
      { json: { 'c.*.ok': true } },
      'c.*.ok is null instead of true',
    ],
    ['a page instead of JSON', '<html>', { json: { ok: true } }, 'it is no JSON'],
    [
      'a number that is null',
      '{"s":[{"v":1},{"v":null}]}',
      { numbers: ['s.*.v'] },
      's.*.v is null instead of a finite number',
    ],
    ['a number in quotes', '{"v":"1"}', { numbers: ['v'] }, 'v is "1" instead of a finite number'],
    ['a number without an end', '{"v":1e999}', { numbers: ['v'] }, 'v is Infinity instead of a finite number'],
    ['no number at all', '{"s":[]}', { numbers: ['s.*.v'] }, 's.*.v is missing'],
    ['a path through a number', '{"v":1}', { numbers: ['v.w'] }, 'v.w is missing'],
    ['another text', 'Welcome', { contains: 'Ready' }, 'it does not say "Ready"'],
    [
      'too few columns',
      'id,due\n1,2\n',
      { csvHeaders: ['id', 'due', 'channel'] },
      'its first line has no column "channel"',
    ],
    ['several things', '{"a":1}', { json: { b: 1 }, contains: 'z' }, 'it does not say "z" and b is missing'],
  ])('fails with %s', async (_what, body, test, problem) => {
    expect(await figureOf({ url: await answering(200, body), ...test })).toEqual(['fail', `200 in N ms; ${problem}`]);
  });

  it('reads columns in quotes, after a byte order mark, and before Windows line ends', async () => {
    const url = await answering(200, '\uFEFFid,"due, at","the ""name"""\r\n1,2,3\r\n');
    expect((await figureOf({ url, csvHeaders: ['due, at', 'the "name"', 'id'] }))[0]).toBe('pass');
  });

  it('reads no more than a megabyte of a body without an end', async () => {
    let sent = 0;
    const url = await serve((_request, response) => {
      const chunk = Buffer.alloc(100_000, 'x');
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    expect(await figureOf({ url, json: { ok: true } })).toEqual(['fail', '200 in N ms; it is too long to be read']);
    expect(sent).toBeLessThan(20_000_000);
  });

  it('sends its secret header, and shows the secret neither in what the answer repeats nor in an error', async () => {
    const url = await serve((request, response) =>
      response
        .writeHead(request.headers['x-ops-token'] === 'hunter22' ? 200 : 401)
        .end(`token ${request.headers['x-ops-token']}`),
    );
    const asked: string[] = [];
    const secretOf = (value: string) => (variable: string) => {
      asked.push(variable);
      return new Secret(value);
    };
    const test = { url, secretHeader: { name: 'X-Ops-Token', from: 'OPS_TOKEN' } };
    expect(await figureOf(test, { secretOf: secretOf('hunter22') })).toEqual(['pass', '200 in N ms']);
    expect(asked).toEqual(['OPS_TOKEN']);
    const wrong = await figureOf(test, { secretOf: secretOf('wrong-secret') });
    expect(wrong).toEqual(['fail', '401 in N ms; 200 was expected. It said: token [secret]']);
    const broken = await figureOf(test, { secretOf: secretOf('two\nlines') });
    expect(broken[0]).toBe('fail');
    expect(broken[1]).not.toMatch(/two|lines/);
  });

  it('fails when its secret is not set', async () => {
    const secretOf = () => {
      throw new Error('OPS_TOKEN is not set');
    };
    const test = { url: 'http://127.0.0.1:1/', secretHeader: { name: 'X-Ops-Token', from: 'OPS_TOKEN' } };
    expect(await figureOf(test, { secretOf })).toEqual(['fail', 'no answer: OPS_TOKEN is not set']);
  });
});

describe('the smoke tests together', () => {
  it('are all asked though one fails, and told in their order', async () => {
    const good = await answering(200, 'ok');
    const checks = await run([
      { name: 'dead', url: 'http://127.0.0.1:1/' },
      { name: 'good', url: good },
    ]);
    expect(checks.map(({ name, status }) => `${name} ${status}`)).toEqual(['dead fail', 'good pass']);
  });

  it('end when the time for all of them is over: what was not asked has failed', async () => {
    const url = await serve(() => {});
    const checks = await run([{ url }, { url }], { totalSeconds: 0.2 });
    expect(checks.map(({ status, figure }) => `${status}: ${figure}`)).toEqual([
      'fail: no whole answer within 0.2 s',
      'fail: not asked: the 0.2 s for all tests were over',
    ]);
  });

  it('stop at once when the work is aborted', async () => {
    const url = await serve(() => {});
    await expect(run([{ url }], { signal: AbortSignal.timeout(50) })).rejects.toThrow('aborted');
  });
});

describe('a smoke test as written in a system file', () => {
  it.each([
    ['another scheme', { url: 'file:///etc/passwd' }],
    ['no status', { status: [] }],
    ['a path with an empty part', { json: { 'a..b': 1 } }],
    ['a header name with a line break', { secretHeader: { name: 'X\nY', from: 'TOKEN' } }],
    ['a variable in lower case', { secretHeader: { name: 'X', from: 'token' } }],
    ['a member that nobody knows', { timeout: 3 }],
  ])('is refused with %s', (_what, part) => {
    expect(SmokeTest.safeParse({ name: 'x', url: 'http://127.0.0.1/', ...part }).success).toBe(false);
  });
});
