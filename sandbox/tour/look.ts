// Chapter 1: looking. Anybody may; nothing is changed. And wrong inputs, each with a clear answer.
import { strict as assert } from 'node:assert';
import { appOf } from './provider.ts';
import { operationIn, type Stage } from './stage.ts';

const RULES = [
  'Daily backup present',
  'Backups finished',
  'Newest within 24 h',
  'Size within 10 %',
  'Retention 7 days',
];

export async function look(stage: Stage): Promise<void> {
  stage.chapter('Anybody may look: help, systems, backups, verify');
  const help = await stage.types('dave', '/dr help');
  await stage.proves('help names every command of the story', () => {
    for (const verb of ['verify', 'restore', 'rollback', 'undo', 'backups', 'audit', 'cancel', 'status']) {
      assert.match(help, new RegExp(`/dr ${verb}`));
    }
  });
  await stage.types('dave', '/dr systems');
  const backups = await stage.types('dave', '/dr backups');
  await stage.proves('the backups shown are those that Heroku has', async () => {
    const { transfers } = await appOf(stage.world, 'grayledger-production');
    for (const { name } of transfers) assert.ok(backups.includes(name), name);
  });
  const verified = operationIn(await stage.types('dave', '/dr verify'));
  const card = await stage.until(verified, ['SUCCEEDED']);
  await stage.proves('every rule of the daily verification passed, each with its figure', () => {
    for (const rule of RULES) assert.match(card, new RegExp(`PASS.*${rule}: .*\\d`));
  });
}

const WRONG: readonly [string, RegExp][] = [
  ['/dr restor staging a001', /Did you mean/],
  ['/dr restore staging', /backup is missing/],
  ['/dr restore moon a001', /no environment/],
  ['/dr restore staging a999', /no backup a999/],
  ['/dr restore staging r001', /restore/],
  ['/dr restore staging https://evil.example/x.dump', /never possible/],
  ['/dr rollback v999', /no release v999/],
  ['/dr rollback v256', /runs now/],
  ['/dr verify --system moon', /no system/],
  ['/dr undo op-999', /no operation op-999/],
];

export async function wrongInputs(stage: Stage): Promise<void> {
  stage.chapter('Wrong inputs get a clear answer');
  for (const [line, answer] of WRONG) {
    const text = await stage.types('alice', line);
    await stage.proves(`“${line}” is refused with what to do next`, () => {
      assert.match(text, answer);
      assert.match(text, /Next:/);
    });
  }
  const refused = await stage.types('dave', '/dr restore staging a001');
  await stage.proves('dave, who may only look, cannot ask for a restore', () => assert.match(refused, /look, not act/));
}
