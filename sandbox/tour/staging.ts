// Chapter 3: staging is overwritten with production's backup, and gets its own data back.
import { strict as assert } from 'node:assert';
import { healthOf } from './provider.ts';
import { operationIn, type Stage } from './stage.ts';

const APP = 'grayledger-staging';

export async function staging(stage: Stage): Promise<void> {
  stage.chapter('Staging: restored from production, then given its own data back');
  const before = await healthOf(stage.world, APP);
  const id = operationIn(await stage.types('alice', '/dr restore staging a001'));
  const plan = await stage.until(id, ['PLANNED']);
  await stage.proves("the plan names production as the source, so staging's own a001 cannot be meant", () => {
    assert.match(plan, /grayledger-production::a001/);
    assert.match(plan, /Last proven restore/);
  });

  await confirm(stage, id, 'grayledger-production');
  await stage.proves('a wrong name does not confirm', () => assert.match(stage.cardText(id), /PLANNED/));
  await confirm(stage, id, APP);
  await stage.until(id, ['SUCCEEDED', 'FAILED', 'UNVERIFIED', 'NEEDS A PERSON']);
  await stage.proves("staging has the rows of production's a001 and is healthy", async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    assert.deepEqual(await healthOf(stage.world, APP), { ...before, status: 200, entries: 4000 });
  });

  const undo = operationIn(await stage.types('alice', `/dr undo ${id}`));
  await stage.until(undo, ['PLANNED']);
  await confirm(stage, undo, APP);
  await stage.until(undo, ['SUCCEEDED', 'FAILED', 'UNVERIFIED', 'NEEDS A PERSON']);
  await stage.proves('staging has its own rows again', async () => {
    assert.equal((await healthOf(stage.world, APP)).entries, before.entries);
  });
  await stage.until(id, ['UNDONE']);
}

/** Presses Confirm… and types a name into the dialog. */
async function confirm(stage: Stage, id: string, name: string): Promise<void> {
  await stage.clicks('alice', id, 'Confirm…');
  await stage.submits('alice', name);
}
