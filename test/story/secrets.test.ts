// No secret of a world is ever written: after work that succeeds, that fails, and that is told; and the search itself can find.
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretsIn } from '../../sandbox/secrets-in.ts';
import { OVER, STAGING, type Story, startStory } from '../support/story.ts';

let story: Story;
beforeAll(async () => {
  story = await startStory({ env: { METRICS_TOKEN: 'a-token-for-metrics' } });
});
afterAll(() => story?.end());

it('no secret is written by work that succeeds, that is refused, or that breaks', async () => {
  const deep = await story.asks('alice', '/dr verify --deep');
  expect(await story.until(deep, OVER)).toMatch(/SUCCEEDED/);
  const restored = await story.asks('alice', '/dr restore staging a001');
  await story.confirms('alice', restored, STAGING);
  expect(await story.until(restored, OVER)).toMatch(/SUCCEEDED/);
  const { control } = story.world.heroku;
  await control.fault({ match: { method: 'POST', path: '/restores$' }, do: { kind: 'status', status: 500 } });
  const broken = await story.asks('alice', '/dr restore staging a002');
  await story.confirms('alice', broken, STAGING);
  await story.until(broken, OVER);
  await control.clearFaults();
  await control.fault({ match: { path: '.*' }, do: { kind: 'status', status: 401 } });
  await story.types('alice', '/dr verify');
  await control.clearFaults();
  await story.types('alice', '/dr incident declare the checkout answers 500');
  expect(await secretsIn(story.world)).toEqual([]);
});

it('one would be found in a log, in a table, in a job, in a file, and in a message', async () => {
  const { world } = story;
  const key = world.env['HEROKU_API_KEY'] ?? '';
  const log = join(world.dir, 'holdfast-1.log');
  const written = await readFile(log, 'utf8');
  await appendFile(log, `{"reason":"${key}"}\n`);
  await story.sql(`insert into holdfast.schedules values ($1, 'planted', now())`, [`p${'0'.repeat(64)}`]);
  const redis = new Redis(world.queue.url);
  await redis.hset('bull:planted', 'data', world.env['SLACK_BOT_TOKEN'] ?? '');
  world.slack.record.calls.push({ method: 'planted', at: 0, args: { text: 'a-token-for-metrics' }, outcome: 'ok' });
  await mkdir(world.slack.files, { recursive: true });
  await writeFile(join(world.slack.files, 'report.md'), `# Report\n${world.env['SLACK_APP_TOKEN']}`);
  const found = await secretsIn(world);
  await rm(join(world.slack.files, 'report.md'));
  world.slack.record.calls.pop();
  await writeFile(log, written);
  await story.sql(`delete from holdfast.schedules where definition = 'planted'`);
  await redis.del('bull:planted');
  redis.disconnect();
  expect(found.toSorted()).toEqual([
    'the file report.md: SLACK_APP_TOKEN',
    'the log holdfast-1.log: HEROKU_API_KEY',
    "the queue's bull:planted: SLACK_BOT_TOKEN",
    'the table holdfast.schedules: the password of a database',
    'what was sent with planted: METRICS_TOKEN',
  ]);
});
