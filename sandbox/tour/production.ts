// Chapter 4: production is restored beside the live database, approved by two people, promoted, and taken back.
import { strict as assert } from 'node:assert';
import { appOf, healthOf } from './provider.ts';
import { agree, END, operationIn, type Stage } from './stage.ts';

const APP = 'grayledger-production';

export async function production(stage: Stage): Promise<void> {
  const { world } = stage;
  stage.chapter('Production: a new database is built and checked while people decide');
  const before = { ...(await appOf(world, APP)), entries: await entriesIn(stage) };
  const id = operationIn(await stage.types('alice', '/dr restore production a001'));
  const card = await stage.until(id, ['WAITING FOR APPROVAL']);
  await stage.proves('the card says what would be lost, how old the backup is and that undo is possible', () => {
    assert.match(card, /Lost by this.*entries \d+ rows/s);
    assert.match(card, /Age of the backup/);
    assert.match(card, /\/dr undo/);
  });

  const busy = await stage.types('alice', '/dr rollback v255');
  await stage.proves('a second change of production is refused, naming who holds it', () => {
    assert.match(busy, new RegExp(`held by ${id}`));
  });

  const own = await stage.clicks('alice', id, 'Approve');
  await stage.proves('alice, who asked, cannot approve', () => assert.match(own, /does not count/));
  const stranger = await stage.clicks('dave', id, 'Approve');
  await stage.proves('dave, who holds no role, cannot approve', () => assert.match(stranger, /do not hold a role/));
  await stage.clicks('bob', id, 'Approve');
  const again = await stage.clicks('bob', id, 'Approve');
  await stage.proves('a second click of bob counts once', () => assert.match(again, /counts once/));
  await stage.proves('with one approval nothing of production has changed', async () => {
    const now = await appOf(world, APP);
    assert.equal(now.live, before.live);
    assert.equal(now.maintenance, false);
  });
  await stage.proves('the channel gets a status update although nothing happens', () => stage.nextUpdate(id));
  await stage.crash();
  await stage.proves('and goes on getting them after Holdfast was killed and started again', () =>
    stage.nextUpdate(id),
  );
  await stage.clicks('carol', id, 'Approve');
  await stage.until(id, END, 120_000);
  await stage.proves('production runs on the new database with the rows of a001, open to customers', async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    const now = await appOf(world, APP);
    assert.match(now.live, new RegExp(`^${APP}-${id.replace('-', '')}-`));
    assert.equal(now.maintenance, false);
    assert.equal(await entriesIn(stage), 4000);
  });
  await stage.proves('the previous database is still there', async () => {
    const { addons } = await appOf(world, APP);
    assert.ok(addons.some(({ name }) => name === before.live));
  });
  await stage.proves('the channel gets a last update, and no update came twice', async () => {
    // It comes behind the notes of all steps, one a second.
    const isLast = (text: string) => /^Last update/.test(text);
    await stage.people.waitFor('the last update', () => stage.updatesOn(id).some(isLast), { timeoutMs: 60_000 });
    const numbers = stage.updatesOn(id).map((text) => /^(?:Update \d+|Last update)/.exec(text)?.[0]);
    assert.equal(new Set(numbers).size, numbers.length);
  });

  stage.chapter('Production: taken back');
  const undo = operationIn(await stage.types('alice', `/dr undo ${id}`));
  await agree(stage, undo);
  await stage.until(undo, END, 120_000);
  await stage.proves('production runs on its previous database, with every row it had', async () => {
    assert.match(stage.cardText(undo), /SUCCEEDED/);
    assert.equal((await appOf(world, APP)).live, before.live);
    assert.equal(await entriesIn(stage), before.entries);
  });
}

/** The number of entries in production's live database, asked of itself. */
async function entriesIn({ world }: Stage): Promise<number> {
  const { live, addons } = await appOf(world, APP);
  const database = addons.find(({ name }) => name === live)?.database ?? '';
  return world.countRows(database, 'entries');
}

export async function rollback(stage: Stage): Promise<void> {
  const { world } = stage;
  stage.chapter("Rollback: production returns to v255's code, and forward again");
  await stage.proves('production is broken: v256 answers 500', async () => {
    assert.equal((await healthOf(world, APP)).status, 500);
  });
  const id = operationIn(await stage.types('alice', '/dr rollback v255'));
  const card = await stage.until(id, ['WAITING FOR APPROVAL']);
  await stage.proves('the plan says what differs: code, release phase, a migration that v255 does not know', () => {
    assert.match(card, /abc1234/);
    assert.match(card, /def5678/);
    assert.match(card, /Release phase.*db:migrate/s);
    assert.match(card, /1 migration younger than v255/);
  });
  await agree(stage, id);
  await stage.until(id, END, 120_000);
  await stage.proves("the new current release has v255's code and answers 200", async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    const health = await healthOf(world, APP);
    assert.equal(health.status, 200);
    assert.equal(health.commit, 'def5678');
  });

  const denied = operationIn(await stage.types('alice', `/dr undo ${id}`));
  await stage.until(denied, ['WAITING FOR APPROVAL']);
  await stage.clicks('bob', denied, 'Deny');
  await stage.until(denied, ['CANCELLED']);
  await stage.proves('a denied operation changes nothing', async () => {
    assert.equal((await healthOf(world, APP)).commit, 'def5678');
  });
  const audit = await stage.types('dave', `/dr audit ${id}`);
  await stage.proves('the journal shows who approved, and its chain holds', () => {
    assert.match(audit, /chain holds/i);
    assert.match(audit, /@bob/);
    assert.match(audit, /@carol/);
  });

  stage.chapter('Rollback: forward again to v256, and back, since v256 is broken');
  const undo = operationIn(await stage.types('alice', `/dr undo ${id}`));
  await agree(stage, undo);
  const forward = await stage.until(undo, END, 120_000);
  await stage.proves("v256's code is released again, and the card says that it is not healthy", async () => {
    assert.match(forward, /SUCCEEDED, verdict WARN/);
    assert.equal((await healthOf(world, APP)).status, 500);
  });
  const again = operationIn(await stage.types('alice', `/dr undo ${undo}`));
  await agree(stage, again);
  await stage.until(again, END, 120_000);
  await stage.proves('an undo can be undone: production is healthy', async () => {
    assert.equal((await healthOf(world, APP)).status, 200);
  });
}
