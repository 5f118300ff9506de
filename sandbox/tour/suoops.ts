// The chapter of suoops: its scenarios, a bad deploy with a human step, a moment in time by Heroku's rollback, one table from a backup.
import { strict as assert } from 'node:assert';
import { appOf, healthOf } from './provider.ts';
import { agree, END, operationIn, type Stage } from './stage.ts';

const APP = 'suoops-backend';
const HOUR_MS = 3_600_000;

export async function suoops(stage: Stage): Promise<void> {
  await scenarios(stage);
  await badDeploy(stage);
  await pointInTime(stage);
  await oneTable(stage);
}

async function scenarios(stage: Stage): Promise<void> {
  stage.chapter('suoops: the scenarios of its runbook');
  const listed = await stage.types('dave', '/dr scenarios --system suoops');
  await stage.proves('every scenario is listed with its RTO, its RPO and the command for it', () => {
    for (const scenario of ['corruption <backup>', 'bad-deploy', 'point-in-time --at', 'heroku-outage']) {
      assert.ok(listed.includes(`/dr recover ${scenario}`), scenario);
    }
    assert.match(listed, /RTO 30 min, RPO 24 h, 1 human step/);
  });
  const which = await stage.types('alice', '/dr recover corruption --system suoops');
  await stage.proves('nobody is given the newest backup of damaged data: one from before has to be named', () =>
    assert.match(which, /one from before the damage/),
  );
}

async function badDeploy(stage: Stage): Promise<void> {
  const { world } = stage;
  stage.chapter('suoops: every request fails since a deploy, and the releases after it changed configuration only');
  await stage.proves('production is broken, and so is the code of the release before', async () => {
    assert.equal((await healthOf(world, APP)).status, 500);
    const { releases } = await appOf(world, APP);
    const [last, before] = releases.toReversed();
    assert.equal(last?.commit, before?.commit);
  });
  const id = operationIn(await stage.types('alice', '/dr recover bad-deploy --system suoops'));
  const card = await stage.until(id, ['WAITING FOR APPROVAL']);
  await stage.proves('the plan goes past them to the last release with other code, then to two processes', () => {
    assert.match(card, /v41/);
    assert.match(card, /RTO 30 min/);
    assert.match(card, /Look at status\.heroku\.com/);
    assert.match(card, /Run web 2 times/);
  });
  await agree(stage, id);
  await stage.until(id, ['NEEDS A PERSON', 'FAILED']);
  await stage.proves('before anybody has looked at status.heroku.com nothing is changed', async () => {
    const now = await appOf(world, APP);
    assert.equal(now.currentRelease, 44);
    assert.equal(now.formation['web'], 1);
  });
  await stage.clicks('bob', id, 'Done');
  await stage.until(
    id,
    END.filter((word) => word !== 'NEEDS A PERSON'),
    120_000,
  );
  await stage.proves("production runs v40's code with two web processes, and answers 200", async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    const now = await appOf(world, APP);
    assert.equal(now.formation['web'], 2);
    assert.equal(now.releases.find(({ version }) => version === now.currentRelease)?.description, 'Rollback to v41');
    assert.deepEqual(await healthOf(world, APP), { status: 200, entries: undefined, commit: 'ba7c3d1' });
  });
  const audit = await stage.types('dave', `/dr audit ${id}`);
  await stage.proves('the journal names bob, who has looked', () => assert.match(audit, /@bob/));
}

async function pointInTime(stage: Stage): Promise<void> {
  const { world } = stage;
  const { control } = world.heroku;
  stage.chapter('suoops: back to a moment before the damage, by a new database of Heroku; the live one is kept');
  const moment = `${new Date(Date.now() - 2 * HOUR_MS).toISOString().slice(0, 16)}:00.000Z`;
  const typed = `${moment.slice(0, 16).replace('T', ' ')} UTC`;
  const then = await control.rowsUntil(APP, moment);
  await control.corrupt(APP);
  const before = { ...(await appOf(world, APP)), invoices: await invoicesIn(stage) };
  const tooOld = await stage.types('alice', '/dr restore production --at "2020-01-01 12:00 UTC" --system suoops');
  await stage.proves('a moment that Heroku does not have any more is refused with those that it has', () =>
    assert.match(tooOld, /can be recovered from \d{4}-\d\d-\d\d \d\d:\d\d UTC to /),
  );
  const id = operationIn(await stage.types('alice', `/dr restore production --at "${typed}" --system suoops`));
  const card = await stage.until(id, ['WAITING FOR APPROVAL', 'FAILED']);
  await stage.proves('the plan says which moment, what would be lost, and that the live database is kept', () => {
    assert.ok(card.includes(`${moment.slice(0, 10)} ${moment.slice(11, 19)} UTC`), 'the moment');
    assert.match(card, /Lost by this.*invoices/s);
    assert.match(card, /is kept until \/dr cleanup op-\d+ removes it/);
  });
  await agree(stage, id);
  await stage.until(id, END, 120_000);
  await stage.proves('Heroku says that the live database is a rollback to that very moment', async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    const { live, addons, maintenance } = await appOf(world, APP);
    assert.deepEqual(addons.find(({ name }) => name === live)?.rollbackOf, {
      addon: before.live,
      to: moment,
      state: moment,
    });
    assert.equal(maintenance, false);
  });
  await stage.proves(
    'it has every invoice of that moment and none of a later one, and the application is well',
    async () => {
      assert.equal(await invoicesIn(stage), then);
      assert.equal((await healthOf(world, APP)).status, 200);
    },
  );

  stage.chapter('suoops: taken back');
  const undo = operationIn(await stage.types('alice', `/dr undo ${id}`));
  await agree(stage, undo);
  await stage.until(undo, END, 120_000);
  await stage.proves('production runs on its previous database, as it was', async () => {
    assert.match(stage.cardText(undo), /SUCCEEDED/);
    assert.equal((await appOf(world, APP)).live, before.live);
    assert.equal(await invoicesIn(stage), before.invoices);
  });
}

async function oneTable(stage: Stage): Promise<void> {
  const { world } = stage;
  stage.chapter('suoops: rows are gone from one table, and come back from the last backup before the damage');
  const { live } = await appOf(world, APP);
  await world.heroku.control.corrupt(APP);
  const damaged = await invoicesIn(stage);
  const typed = '/dr recover accidental-deletion b010 --table invoices --system suoops';
  const id = operationIn(await stage.types('alice', typed));
  await stage.until(id, ['WAITING FOR APPROVAL', 'FAILED']);
  await stage.proves('until it is approved only the backup was read, and not one invoice has come back', async () => {
    assert.match(stage.cardText(id), /WAITING FOR APPROVAL/);
    assert.equal(await invoicesIn(stage), damaged);
  });
  await agree(stage, id);
  await stage.until(id, END, 120_000);
  await stage.proves('invoices are back, in the same live database, and the application is well', async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    assert.ok((await invoicesIn(stage)) > damaged, 'invoices are back');
    assert.equal((await appOf(world, APP)).live, live);
    assert.equal((await healthOf(world, APP)).status, 200);
  });

  stage.chapter('suoops: the rows are taken out again');
  const undo = operationIn(await stage.types('alice', `/dr undo ${id}`));
  await agree(stage, undo);
  await stage.until(undo, END, 120_000);
  await stage.proves('production has as many invoices as before', async () =>
    assert.equal(await invoicesIn(stage), damaged),
  );
}

/** The number of invoices in production's live database, asked of itself. */
async function invoicesIn({ world }: Stage): Promise<number> {
  const { live, addons } = await appOf(world, APP);
  return world.countRows(addons.find(({ name }) => name === live)?.database ?? '', 'invoices');
}
