// `npm start -- doctor` on a real installation, sound and broken in every way that it looks for; it changes nothing.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startWorld, type World } from '../../sandbox/world.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1RkyhZ1rJOhpwgYrzWyQ0hG6qjNHJrZ6o0sFqKsEXA bob';
const DURABLE = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };

let world: World;
let dir: string;
beforeAll(async () => {
  world = await startWorld({ mode: 'http', storeSettings: DURABLE });
  dir = await mkdtemp(join(tmpdir(), 'holdfast-doctor-'));
});
afterEach(async () => {
  await world.heroku.control.clearFaults();
  world.slack.directory.setMembers('engineering-leads', ['bob']);
});
afterAll(async () => {
  await world?.stop();
  await rm(dir, { recursive: true, force: true });
});

function doctor(env: Record<string, string> = {}): Promise<{ code: number | null; lines: string[] }> {
  const all = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', ...world.env, ...env };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, 'doctor'],
      { env: all, cwd: world.dir },
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode, lines: `${stdout}${stderr}`.trimEnd().split('\n') });
      },
    );
  });
}

const problems = (lines: readonly string[]) => lines.filter((line) => line.startsWith('problem'));

it('finds nothing in the way of a sound installation, and says what it has looked at', async () => {
  const files = { CODES_FILE: join(dir, 'codes'), SIGNERS_FILE: join(dir, 'signers') };
  await writeFile(files.CODES_FILE, `U02BOB ${'A'.repeat(32)}\n`, { mode: 0o600 });
  await writeFile(files.SIGNERS_FILE, `U02BOB ${KEY}\nU03CAROL ${KEY}\n`);
  const { code, lines } = await doctor({ ...files, AUDIT_FILE: join(dir, 'audit.jsonl') });
  expect(problems(lines)).toEqual([]);
  expect(code).toBe(0);
  for (const look of [
    /^ok +Slack: .* is signed in to Holdfast sandbox$/,
    /^ok +approvers: every protected environment has enough people/,
    /^ok +channels: the bot is in all channels that are told: 1$/,
    /^ok +store: PostgreSQL 15\S* .*answers$/,
    /^ok +store: what is committed outlasts a power cut$/,
    /^ok +store: its clock and ours agree$/,
    /^ok +queue: Redis answers/,
    /^ok +PostgreSQL programs: version \d+ is here/,
    /^ok +WORK_DIR: .* are free/,
    /^ok +AUDIT_FILE: .* can be written/,
    /^ok +CODES_FILE: .* holds the keys of 1 approver$/,
    /^ok +SIGNERS_FILE: .* holds the keys of 2 approvers$/,
    /^ok +SIGNERS_FILE: ssh-keygen can verify them$/,
    /^ok +Heroku CLI: it is the pinned one$/,
    /^ok +grayledger, production: grayledger-production and its database answer$/,
    /^ok +grayledger, production: its newest backup \w+ is .* old$/,
    /^ok +grayledger, staging: grayledger-staging and its database answer$/,
    /^nothing stands in the way$/,
  ]) {
    expect(lines).toContainEqual(expect.stringMatching(look));
  }
});

it('tells each thing that is broken with what to do, and one of them hides no other', async () => {
  world.slack.directory.setMembers('engineering-leads', []);
  await world.heroku.control.fault({
    match: { method: 'GET', path: '^/apps/grayledger-staging/' },
    do: { kind: 'status', status: 503 },
  });
  const redis = new Redis(world.env['REDIS_URL'] ?? '');
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  try {
    const { code, lines } = await doctor({ AUDIT_FILE: join(dir, 'none', 'audit.jsonl') });
    expect(code).toBe(1);
    const told = problems(lines).join('\n');
    expect(told).toMatch(/^problem +approvers: systems\/grayledger/m);
    expect(told).toMatch(/^problem +queue: .*noeviction/m);
    expect(told).toMatch(/^problem +AUDIT_FILE: .*ENOENT/m);
    expect(told).toMatch(/^problem +grayledger, staging: /m);
    expect(new Set(problems(lines).map((line) => line.split(':')[0])).size).toBe(4);
    expect(lines).toContainEqual(expect.stringMatching(/^ok +grayledger, production: grayledger-production/));
    expect(lines.at(-1)).toBe(`${problems(lines).length} problems: Holdfast does not work as it should`);
  } finally {
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    redis.disconnect();
  }
});

it('tells a store that loses what was acknowledged, and one that is not there, without its password', async () => {
  const client = new pg.Client({ connectionString: world.store.url });
  await client.connect();
  await client.query('alter role current_user set synchronous_commit = off');
  await client.end();
  const { lines } = await doctor();
  expect(problems(lines)).toEqual([expect.stringMatching(/^problem +store: synchronous_commit is off: a power cut/)]);
  const away = await doctor({ DATABASE_URL: 'postgres://holdfast:a-secret-word@127.0.0.1:9/holdfast' });
  expect(problems(away.lines)).toEqual([expect.stringMatching(/^problem +store: .*ECONNREFUSED/)]);
  expect(away.lines.join('\n')).not.toContain('a-secret-word');
});

it('tells its problems with the configuration before everything else', async () => {
  const { code, lines } = await doctor({ SLACK_BOT_TOKEN: 'wrong' });
  expect(code).toBe(1);
  expect(lines.join('\n')).toMatch(/SLACK_BOT_TOKEN: must look like xoxb-/);
});
