// The chapter "first Friday": the drill of the runbook, started by its schedule, with report and picture.
import { strict as assert } from 'node:assert';
import type { World } from '../world.ts';
import { appOf, healthOf } from './provider.ts';
import { END, type Stage } from './stage.ts';

const PRODUCTION = 'grayledger-production';

export async function firstFriday(stage: Stage<World>): Promise<void> {
  const { world } = stage;
  stage.chapter('First Friday: the drill starts by itself, by the same recipes as the real thing');
  const before = await appOf(world, PRODUCTION);
  const schedules = await stage.types('dave', '/dr schedules');
  await stage.proves('anybody may see what runs by itself and when it is next', () => {
    assert.match(schedules, /drill-soon/);
    assert.match(schedules, /drill monthly/);
  });
  const id = await stage.appears(/^op-\d+ .*First-Friday drill/i, 180_000);
  await stage.proves('its schedule has started it: nobody has asked, and people are asked to join', () => {
    assert.match(stage.cardText(id), /join/i);
  });
  await stage.clicks('alice', id, 'Join');
  await stage.clicks('carol', id, 'Join');
  const card = await stage.until(id, END, 240_000);
  await stage.proves('every part ran to its end', () => assert.match(card, /SUCCEEDED/));
  await stage.proves('staging has the backup and is well, production was only read', async () => {
    assert.equal((await healthOf(world, 'grayledger-staging')).status, 200);
    const after = await appOf(world, PRODUCTION);
    assert.equal(after.live, before.live);
    assert.deepEqual(after.releases, before.releases);
  });
  await stage.proves('the report is uploaded as text, as PDF and as a picture', async () => {
    const has = (ending: string) =>
      stage.filesSaid().some((file) => file.startsWith('drill-') && file.endsWith(ending));
    await stage.people.waitFor('the report', () => has('.md') && has('.pdf') && has('.png'), { timeoutMs: 60_000 });
  });
  const report = await stage.types('dave', `/dr report ${id}`);
  await stage.proves('the report says PASS or FAIL for each part, with figures and who took part', () => {
    assert.match(report, /PASS/);
    assert.match(report, /@alice/);
    assert.match(report, /@carol/);
  });
  const status = await stage.types('alice', '/dr status');
  await stage.proves('and from now on everybody sees when a restore was last proven', () => {
    assert.match(status, /proven/i);
  });
}
