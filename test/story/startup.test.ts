// Holdfast refuses to start where it could not be relied upon, and says everything that is wrong at once.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis } from '../../sandbox/servers/redis.ts';
import { startWorld, type World } from '../../sandbox/world.ts';
import { eventually } from '../support/story.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const SYSTEMS = fileURLToPath(new URL('../../systems', import.meta.url));

type Ended = { code: number | null; said: string };

let dir: string;
let world: World;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-startup-'));
  world = await startWorld();
});

afterAll(async () => {
  await world?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Runs it until it ends by itself. */
function start(env: Record<string, string>, args: readonly string[] = []): Promise<Ended> {
  const options = { env: { PATH: process.env['PATH'] ?? '', ...env }, cwd: dir, timeout: 20_000 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, said: `${stdout}${stderr}` });
    });
  });
}

describe('a wrong configuration', () => {
  it('is told completely, each problem with its place, and nothing is contacted', async () => {
    let contacts = 0;
    const anything = createServer((socket) => {
      contacts += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(anything, 'listening');
    const { port } = anything.address() as AddressInfo;
    const systems = join(dir, 'systems');
    await cp(SYSTEMS, systems, { recursive: true });
    await writeFile(join(systems, 'second.yml'), 'name: Second System\nplatform: mainframe\n');
    const { code, said } = await start({
      DATABASE_URL: 'mysql://user:open-sesame@127.0.0.1/holdfast',
      REDIS_URL: `redis://127.0.0.1:${port}`,
      SLACK_BOT_TOKEN: 'xoxb-sandbox-bot',
      SLACK_API_URL: `http://127.0.0.1:${port}/api/`,
      HEROKU_HOST: `http://127.0.0.1:${port}`,
      SYSTEMS_DIR: systems,
    });
    anything.close();
    expect(code).toBe(1);
    expect(said).toMatch(/cannot start: there are \d+ problems/);
    for (const place of [
      /DATABASE_URL: must be an address that begins with postgres:/,
      /SLACK_APP_TOKEN: is not set, nor is SLACK_SIGNING_SECRET/,
      /HEROKU_API_KEY: is not set/,
      /grayledger\.yml: channel: C0REPLACE stands for an id/,
      /grayledger\.yml: roles\.product-lead\.group: S0REPLACE/,
      /second\.yml: name: /,
      /second\.yml: platform: /,
    ]) {
      expect(said).toMatch(place);
    }
    expect(said).not.toContain('open-sesame');
    expect(contacts).toBe(0);
  });

  it('of the command line is answered with the usage', async () => {
    const { code, said } = await start({}, ['--role', 'king']);
    expect(code).toBe(1);
    expect(said).toMatch(/Usage: npm start .*--role bot\|worker/);
  });
});

describe('surroundings that cannot be relied upon', () => {
  it('are refused when Redis may throw accepted work away', async () => {
    const evicting = await startRedis({ kind: 'redis-server', maxmemory: '64mb', policy: 'allkeys-lru' });
    const { code, said } = await start({ ...world.env, REDIS_URL: evicting.url });
    await evicting.stop();
    expect(code).toBe(1);
    expect(said).toMatch(/maxmemory-policy allkeys-lru.*Set `maxmemory-policy noeviction`/s);
  });

  it('are refused when too few people could approve', async () => {
    const { directory } = world.slack;
    directory.setMembers('product-leads', []);
    const { code, said } = await start(world.env);
    directory.setMembers('product-leads', ['carol']);
    expect(code).toBe(1);
    expect(said).toMatch(/production\/consent: .*2 approvals are needed, but 1 of .* could give one/);
  });

  it('are refused when Slack refuses to say who could approve', async () => {
    world.slack.faults.always('usergroups.users.list', { is: 'refused', error: 'missing_scope' });
    const { code, said } = await start(world.env);
    world.slack.faults.clear();
    expect(code).toBe(1);
    expect(said).toMatch(/asking Slack who is in S\w+/);
  });

  it.each(['both', 'worker'] as const)('keep nobody from working while Slack is away: %s', async (role) => {
    const { faults } = world.slack;
    faults.always('*', { is: 'http', status: 503 });
    // It is well by its own health check.
    const holdfast = await world.holdfast(role === 'both' ? undefined : role);
    const log = () => readFile(holdfast.logFile, 'utf8');
    expect(await log()).toMatch(/holdfast started/);
    faults.clear();
    if (role === 'both') await eventually('the door to be open', async () => /people are heard/.test(await log()));
    await holdfast.stop();
    expect(await log()).toMatch(/holdfast stops/);
  });
});
