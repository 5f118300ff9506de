// The smoke tests of systems/fieldservice.yml against the simulated application: they pass when it is well, and fail when it is not.
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Secret } from '../../src/core/secret.ts';
import { SmokeTest } from '../../src/core/smoke.ts';
import { runSmokeTests } from '../../src/platforms/shared/smoke.ts';
import { type SupabaseBench, startSupabaseBench } from '../support/supabase.ts';

const File = z.object({ environments: z.object({ staging: z.object({ smoke: z.array(z.unknown()) }) }) });

let bench: SupabaseBench;
let tests: SmokeTest[];
beforeAll(async () => {
  bench = await startSupabaseBench();
  const written = await readFile(new URL('../../systems/fieldservice.yml', import.meta.url), 'utf8');
  const here = written.replaceAll('https://staging.fieldservice.example', bench.production.url);
  tests = z.array(SmokeTest).parse(File.parse(parse(here)).environments.staging.smoke);
});
afterAll(() => bench.stop());
afterEach(() => bench.production.control.clearFaults());

async function told(): Promise<string[]> {
  const secretOf = () => new Secret('unused');
  const checks = await runSmokeTests(tests, { signal: new AbortController().signal, secretOf });
  return checks.map(({ name, status, figure }) => `${status} ${name}: ${figure.replace(/in [\d,]+ ms/, 'in N ms')}`);
}

const failing = async () => (await told()).filter((line) => line.startsWith('fail'));
const breaking = (path: string, what: Parameters<typeof bench.production.control.fault>[0]['do']) =>
  bench.production.control.fault({ match: { path }, do: what });

describe('the smoke tests of fieldservice', () => {
  it('pass when the application is well', async () => {
    expect(await told()).toEqual([
      'pass health: 200 in N ms',
      'pass ready: 200 in N ms',
      'pass samples: 200 in N ms',
      'pass upcoming reminders: 200 in N ms',
      'pass uploads closed: 401 in N ms',
    ]);
  });

  it.each([
    [
      'an inner error',
      '/api/health',
      { kind: 'answer', status: 500 },
      /^fail health: 500 in N ms; 200 was expected\. It said: /,
    ],
    [
      'a lie about its health',
      '/api/health',
      { kind: 'answer', status: 200, body: { ok: false } },
      'fail health: 200 in N ms; ok is false instead of true',
    ],
    [
      'a sample that is no number',
      '/api/ops/samples',
      { kind: 'answer', status: 200, body: { samples: [{ value: null }] } },
      'fail samples: 200 in N ms; samples.*.value is null instead of a finite number',
    ],
    ['half of a report', '/api/reports', { kind: 'truncate', cut: true }, /^fail upcoming reminders: no answer: /],
    [
      'a page instead of a report',
      '/api/reports',
      { kind: 'answer', status: 200, body: '<html>' },
      /its first line has no column "reminder_id", "customer_id", "channel", "due_at"$/,
    ],
    [
      'an open door',
      '/api/uploads/sign',
      { kind: 'answer', status: 200, body: {} },
      'fail uploads closed: 200 in N ms; 401 or 403 was expected. It said: {}',
    ],
    ['a slow answer', '/api/ready', { kind: 'stall', ms: 2_100 }, 'fail ready: 200 in N ms; more than 2 s'],
  ] as const)('fail with %s, and with nothing else', async (_what, path, what, figure) => {
    await breaking(path, what);
    expect(await failing()).toEqual([typeof figure === 'string' ? figure : expect.stringMatching(figure)]);
  });

  it('fail when jobs have lost their customers', async () => {
    await bench.production.control.damage('orphans');
    expect(await failing()).toEqual([
      expect.stringMatching(/^fail ready: 503 in N ms; 200 was expected\. It said: .*"relations":\{"ok":false\}/),
    ]);
  });
});
