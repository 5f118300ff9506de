// The provote chapters: a compose project is restored beside the live database, one table is recovered, and a lost server is made anew.
import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ProvoteWorld } from '../provote-world.ts';
import { operationIn, type Stage } from './stage.ts';

type Provote = Stage<ProvoteWorld>;

const END = ['SUCCEEDED', 'FAILED', 'UNVERIFIED', 'NEEDS A PERSON', 'CANCELLED'];
const REHEARSED = ['The rehearsal is done', ...END];
const PATIENCE = 180_000;
const ALL_RUN = { celery: 'running', 'celery-beat': 'running', db: 'running', web: 'running' };

export async function provote(stage: Provote): Promise<void> {
  for (const chapter of [look, corruption, partialLoss, momentInTime, totalLoss]) await chapter(stage);
}

async function look(stage: Provote): Promise<void> {
  stage.chapter('Provote, a compose project: anybody may look');
  const scenarios = await stage.types('dave', '/dr scenarios');
  await stage.proves('the disasters of the written runbook are there, each with its objectives', () => {
    for (const title of ['Database corruption', 'Complete database loss', 'Complete system failure']) {
      assert.match(scenarios, new RegExp(title));
    }
    assert.match(scenarios, /RTO 4 h, RPO 1 h/);
  });
  const verified = operationIn(await stage.types('dave', '/dr verify'));
  const card = await stage.until(verified, END);
  await stage.proves(
    'the promised recovery point of 1 h is kept: by the archive of the log, not by the daily dumps',
    () => {
      assert.match(card, /RPO 1 h.*any moment until/);
    },
  );
  const backups = await stage.types('dave', '/dr backups');
  await stage.proves('every file of the backup directory is listed', () => {
    const { backups: daily, preMigration } = stage.world.provote;
    for (const name of [...daily, preMigration]) assert.ok(backups.includes(name), name);
  });
}

async function corruption(stage: Provote): Promise<void> {
  const { provote } = stage.world;
  const backup = latestOf(stage);
  stage.chapter('Provote: a script has damaged rows; the newest daily backup is restored');
  await provote.control.damageRows();
  const damaged = { votes: await rowsIn(stage, 'polls_vote'), polls: await rowsIn(stage, 'polls_poll') };
  const backed = await backedUp(stage, backup);

  const id = operationIn(await stage.types('alice', `/dr restore production ${backup}`));
  const card = await stage.until(id, REHEARSED, PATIENCE);
  await stage.proves(
    'the restore was built and compared before anybody is asked: what it loses, what it brings back',
    () => {
      assert.match(card, /WAITING FOR APPROVAL/);
      assert.match(card, /Lost by this.*polls_poll \d+ rows?/s);
      assert.match(card, /promoting loses \d+ rows?, brings back \d+ and changes 1?\d/);
    },
  );
  await stage.proves('until then production is what it was', async () => {
    assert.equal(await rowsIn(stage, 'polls_vote'), damaged.votes);
    assert.deepEqual(await containers(stage), ALL_RUN);
  });
  await agree(stage, id);
  await stage.until(id, END, PATIENCE);
  await stage.proves('production has the rows of the backup, asked of itself', async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    assert.equal(await rowsIn(stage, 'polls_vote'), backed.votes);
    assert.equal(await rowsIn(stage, 'polls_poll'), backed.polls);
    assert.equal(await emptyQuestions(stage), 0);
  });
  await stage.proves('the pending migration was run, and the application answers with the old rows', async () => {
    assert.deepEqual(await webHealth(stage), { status: 200, polls: backed.polls });
    assert.deepEqual(await containers(stage), ALL_RUN);
  });
  await stage.proves('it is said for how many milliseconds the database was unavailable', () => {
    assert.match(stage.cardText(id), /Unavailable for \d+ ms/);
  });

  const undo = operationIn(await stage.types('alice', `/dr undo ${id}`));
  await agree(stage, undo);
  await stage.until(undo, END, PATIENCE);
  await stage.proves('undone, production has the rows that it had before, damage included', async () => {
    assert.match(stage.cardText(undo), /SUCCEEDED/);
    assert.equal(await rowsIn(stage, 'polls_vote'), damaged.votes);
    assert.equal(await rowsIn(stage, 'polls_poll'), damaged.polls);
    assert.equal((await webHealth(stage)).status, 200);
  });
}

async function partialLoss(stage: Provote): Promise<void> {
  const { provote } = stage.world;
  stage.chapter('Provote: only votes are gone; only they are brought back');
  const inBackup = await backedUpIds(stage, latestOf(stage), 'polls_vote');
  await provote.query('delete from polls_vote where id % 7 = 0');
  const before = await idsIn(stage, 'polls_vote');
  const missing = inBackup.filter((vote) => !before.has(vote));
  const polls = await rowsIn(stage, 'polls_poll');

  const id = operationIn(await stage.types('alice', '/dr restore production latest --table polls_vote'));
  const card = await stage.until(id, REHEARSED, PATIENCE);
  await stage.proves('the missing rows are counted before anybody approves', () => {
    assert.match(card, /WAITING FOR APPROVAL/);
    assert.match(card, new RegExp(`\\b${missing.length.toLocaleString('en-US')}\\b.*(?:gone|missing)`));
  });
  await agree(stage, id);
  await stage.until(id, END, PATIENCE);
  await stage.proves('exactly the missing votes are back, and every other row is what it was', async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    const now = await idsIn(stage, 'polls_vote');
    assert.deepEqual(now, new Set([...before, ...missing]));
    assert.equal(await rowsIn(stage, 'polls_poll'), polls);
  });
}

async function momentInTime(stage: Provote): Promise<void> {
  const { provote } = stage.world;
  stage.chapter('Provote: all votes are deleted by mistake; the database goes back to the moment before');
  const before = await rowsIn(stage, 'polls_vote');
  const [row] = await provote.query(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') || ' UTC' as at, pg_sleep(1.1)`,
  );
  await provote.query('delete from polls_vote');

  const id = operationIn(await stage.types('alice', `/dr recover point-in-time --at "${String(row?.['at'])}"`));
  await agree(stage, id);
  await stage.until(id, END, PATIENCE);
  await stage.proves('every vote is back, and the application runs on it', async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    assert.equal(await rowsIn(stage, 'polls_vote'), before);
    assert.equal((await webHealth(stage)).status, 200);
    assert.deepEqual(await containers(stage), ALL_RUN);
  });
  await stage.proves('the moment that was reached was read back from a server in a container of its own', () =>
    assert.match(stage.threadText(id), /read back from the server: .*was committed/),
  );
}

async function totalLoss(stage: Provote): Promise<void> {
  const { provote } = stage.world;
  stage.chapter('Provote: the container and the volume of the database are gone');
  await provote.control.loseDatabase();
  await stage.proves('nothing is left of it', async () => {
    assert.equal(await volumes(stage, provote.volume), 0);
    assert.equal((await webHealth(stage)).status, 503);
  });
  const backed = await backedUp(stage, latestOf(stage));
  const id = operationIn(await stage.types('alice', '/dr recover total-loss'));
  await agree(stage, id);
  await stage.until(id, END, PATIENCE);
  await stage.proves('a new server has the rows of the newest daily backup', async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    assert.equal(await volumes(stage, provote.volume), 1);
    assert.equal(await rowsIn(stage, 'polls_vote'), backed.votes);
  });
  await stage.proves('and the application runs on it', async () => {
    assert.deepEqual(await webHealth(stage), { status: 200, polls: backed.polls });
    assert.deepEqual(await containers(stage), ALL_RUN);
  });
}

async function agree(stage: Provote, id: string): Promise<void> {
  await stage.until(id, ['WAITING FOR APPROVAL', ...END], PATIENCE);
  await stage.clicks('bob', id, 'Approve');
  await stage.clicks('carol', id, 'Approve');
}

function latestOf({ world }: Provote): string {
  return world.provote.backups.at(-1) ?? '';
}

async function rowsIn({ world }: Provote, table: string): Promise<number> {
  const [row] = await world.provote.query(`select count(*)::int as n from ${table}`);
  return Number(row?.['n']);
}

async function idsIn({ world }: Provote, table: string): Promise<Set<string>> {
  const rows = await world.provote.query(`select id::text from ${table}`);
  return new Set(rows.map(({ id }) => String(id)));
}

async function emptyQuestions({ world }: Provote): Promise<number> {
  const [row] = await world.provote.query(`select count(*)::int as n from polls_poll where question = ''`);
  return Number(row?.['n']);
}

/** What the file itself holds, read without PostgreSQL. */
async function backedUpIds({ world }: Provote, backup: string, table: string): Promise<string[]> {
  const text = gunzipSync(await readFile(join(world.provote.backupsDir, backup))).toString();
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.startsWith(`COPY public.${table} `)) + 1;
  return lines.slice(first, lines.indexOf('\\.', first)).map((line) => line.split('\t')[0] ?? '');
}

async function backedUp(stage: Provote, backup: string): Promise<{ votes: number; polls: number }> {
  const [votes, polls] = await Promise.all([
    backedUpIds(stage, backup, 'polls_vote'),
    backedUpIds(stage, backup, 'polls_poll'),
  ]);
  return { votes: votes.length, polls: polls.length };
}

async function webHealth({ world }: Provote): Promise<{ status: number; polls?: unknown }> {
  const page = await fetch(`${world.provote.webUrl}/health/`, { signal: AbortSignal.timeout(10_000) });
  const body: unknown = await page.json();
  return page.ok ? { status: page.status, polls: Object(body).polls } : { status: page.status };
}

/** The state of every service, as Docker itself has it. */
async function containers({ world }: Provote): Promise<Record<string, string>> {
  const format = '{{.Label "com.docker.compose.service"}} {{.State}}';
  const said = await world.engine.docker(['ps', '--all', '--format', format]);
  const lines = said.trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(' ')));
}

async function volumes({ world }: Provote, name: string): Promise<number> {
  const said = await world.engine.docker(['volume', 'ls', '--quiet']);
  return said.split('\n').filter((line) => line === name).length;
}
