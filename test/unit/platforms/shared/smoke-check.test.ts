// The action smoke.check: all tests are asked, and those that failed are named.
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Secret } from '../../../../src/core/secret.ts';
import { SmokeTest } from '../../../../src/core/smoke.ts';
import { checkSmoke } from '../../../../src/platforms/shared/check-smoke.ts';
import { runOf } from '../../../support/heroku-platform.ts';
import { systemOf } from '../../../support/system.ts';

const server = createServer((request, response) => {
  response.statusCode = request.url === '/broken' ? 500 : 200;
  response.end('{"ok":true}');
});
let base: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  base = `http://127.0.0.1:${address.port}`;
});
afterAll(() => void server.close());

async function outcomeOf(paths: readonly string[]) {
  const system = systemOf();
  const staging = system.environments['staging'];
  if (staging === undefined) throw new Error('no staging');
  const smoke = paths.map((path) => SmokeTest.parse({ name: path.slice(1), url: `${base}${path}` }));
  const run = runOf(null, { system: { ...system, environments: { staging: { ...staging, smoke } } } });
  return await checkSmoke({ secretOf: () => new Secret('unused') }).do({ environment: 'staging' }, run);
}

it('says how many passed', async () => {
  expect(await outcomeOf(['/health', '/ready'])).toMatchObject({
    is: 'done',
    evidence: { says: ['Smoke tests: 2/2 passed.'], checks: [{ status: 'pass' }, { status: 'pass' }] },
  });
});

it('fails with those that failed, after asking all', async () => {
  expect(await outcomeOf(['/broken', '/ready'])).toMatchObject({
    is: 'failed',
    why: expect.stringMatching(/^1 of 2 smoke tests failed: broken: 500 in/),
    evidence: { says: ['Smoke tests: 1/2 passed.'], checks: [{ status: 'fail' }, { status: 'pass' }] },
  });
});
