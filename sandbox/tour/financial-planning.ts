// The chapters of financial-planning: units behind ssh, a dump, a moment in time, one table, a warm candidate, and the ways back.
import { strict as assert } from 'node:assert';
import pg from 'pg';
import type { FinancialPlanningWorld } from '../financial-planning-world.ts';
import { agree, END, operationIn, type Stage } from './stage.ts';

type Scene = Stage<FinancialPlanningWorld>;

export async function momentInTime(stage: Scene): Promise<void> {
  const { host } = stage.world;
  stage.chapter('financial-planning: rows are deleted; the database goes back to the moment before');
  const scenarios = await stage.types('dave', '/dr recover');
  await stage.proves('the scenarios of the runbook are listed with RTO and RPO', () => {
    assert.match(scenarios, /Accidental deletion/);
    assert.match(scenarios, /RTO 1 h, RPO 15 min/);
  });
  const verified = operationIn(await stage.types('dave', '/dr verify'));
  const card = await stage.until(verified, ['SUCCEEDED']);
  await stage.proves('verify says whether the recovery point can be met, from the archive itself', () => {
    assert.match(card, /RPO 15 min.*any moment until/);
  });

  const before = await rows(stage, 'transactions');
  const moment = await now(stage);
  const gone = await host.control.deleteTransactions();
  await stage.proves(`somebody deletes ${gone} transactions`, async () => {
    assert.equal(await rows(stage, 'transactions'), before - gone);
  });
  const early = await stage.types('alice', '/dr restore production --at "2020-01-01 00:00 UTC"');
  await stage.proves('a moment outside of the archive is refused with the window', () => {
    assert.match(early, /can be recovered from .* to/);
  });
  const id = operationIn(await stage.types('alice', `/dr restore production --at "${moment}"`));
  const waiting = await stage.until(id, ['WAITING FOR APPROVAL']);
  await stage.proves('the card names the moment and what would be lost', () => assert.match(waiting, /Moment/));
  await agree(stage, id);
  const done = await stage.until(id, END, 180_000);
  await stage.proves('every deleted row is back, the application is well, and the gap was measured', async () => {
    assert.match(done, /SUCCEEDED/);
    assert.equal(await rows(stage, 'transactions'), before);
    assert.equal((await fetch(host.app.health)).status, 200);
    assert.match(stage.threadText(id), /Unavailable for \d+ ms/);
  });
  await stage.proves('the moment that was reached was read back from the server', () =>
    assert.match(stage.threadText(id), /read back from the server: .*was committed/),
  );
  await stage.proves('nothing of the recovered cluster is left on the host', async () => {
    assert.deepEqual(await clusters(stage), []);
  });

  stage.chapter('financial-planning: taken back, and the rows brought back alone');
  const undo = operationIn(await stage.types('alice', `/dr undo ${id}`));
  await agree(stage, undo);
  await stage.until(undo, END, 120_000);
  await stage.proves('the database before it is live again', async () => {
    assert.match(stage.cardText(undo), /SUCCEEDED/);
    assert.equal(await rows(stage, 'transactions'), before - gone);
  });
}

export async function oneTable(stage: Scene): Promise<void> {
  stage.chapter('financial-planning: one table, from last night’s dump');
  const before = await rows(stage, 'transactions');
  const id = operationIn(await stage.types('alice', '/dr restore production latest --table transactions'));
  await stage.people.waitFor('the comparison', () => /missing/.test(stage.threadText(id)), { timeoutMs: 60_000 });
  await stage.proves('the missing rows are counted before anybody approves', () => {
    assert.match(stage.threadText(id), /missing/);
    assert.match(stage.cardText(id), /WAITING FOR APPROVAL/);
  });
  await agree(stage, id);
  const done = await stage.until(id, END, 120_000);
  await stage.proves('only rows that were gone have come back', async () => {
    assert.match(done, /SUCCEEDED/);
    assert.ok((await rows(stage, 'transactions')) > before);
  });
  const undo = operationIn(await stage.types('alice', `/dr undo ${id}`));
  await agree(stage, undo);
  await stage.until(undo, END, 120_000);
  await stage.proves('and can be taken out again, exactly', async () => {
    assert.match(stage.cardText(undo), /SUCCEEDED/);
    assert.equal(await rows(stage, 'transactions'), before);
  });
}

export async function warmRestore(stage: Scene): Promise<void> {
  const { host } = stage.world;
  stage.chapter('financial-planning: a candidate is kept warm, and the restore is only the exchange');
  const warm = operationIn(await stage.types('alice', '/dr warm production'));
  await stage.until(warm, ['SUCCEEDED', 'FAILED'], 120_000);
  const id = operationIn(await stage.types('alice', '/dr restore production latest'));
  const card = await stage.until(id, ['WAITING FOR APPROVAL']);
  await stage.proves('the plan uses the candidate that stands ready', () =>
    assert.match(card, /Prepared.*stands ready/),
  );
  await agree(stage, id);
  await stage.until(id, END, 120_000);
  await stage.proves('it is live and the application is well', async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    assert.equal((await fetch(host.app.health)).status, 200);
  });
  const cleanup = operationIn(await stage.types('alice', `/dr cleanup ${id}`));
  const plan = await stage.until(cleanup, ['WAITING FOR APPROVAL']);
  await stage.proves('what was live is kept until it is removed by a plan of its own', () => {
    assert.match(plan, /financial_planning_before_op/);
  });
  await agree(stage, cleanup);
  await stage.until(cleanup, END, 60_000);
  await stage.proves('then it is gone', async () => {
    assert.match(stage.cardText(cleanup), /SUCCEEDED/);
    assert.ok(!(await databases(stage)).some((name) => name === `financial_planning_before_${id.replace('-', '')}`));
  });
}

/** Asked of the server itself, past Holdfast. */
async function ask<T extends pg.QueryResultRow>({ world }: Scene, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: world.host.database.url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function rows(stage: Scene, table: string): Promise<number> {
  const [row] = await ask<{ n: number }>(stage, `select count(*)::int as n from ${table}`);
  return row?.n ?? -1;
}

async function databases(stage: Scene): Promise<string[]> {
  return (await ask<{ name: string }>(stage, 'select datname as name from pg_database')).map(({ name }) => name);
}

/** A moment after which the next change is committed. */
async function now(stage: Scene): Promise<string> {
  const [row] = await ask<{ at: string }>(
    stage,
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') || ' UTC' as at, pg_sleep(1.1)`,
  );
  return row?.at ?? '';
}

async function clusters({ world }: Scene): Promise<string[]> {
  const { readdir } = await import('node:fs/promises');
  return await readdir(`${world.host.dir}/recovered`);
}
