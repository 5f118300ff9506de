// Provote itself: its compose project up on an engine, its database filled, the backups of the past days beside it.
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { freePort } from '../../servers/free-port.ts';
import { workingDirectory } from '../../servers/working-directory.ts';
import { runProgram } from '../docker.ts';
import type { Engine } from '../engine.ts';
import { makeBackup } from './backups.ts';
import { type Control, controlOf } from './control.ts';
import { addPolls, makeSchema } from './seed.ts';

export type Provote = {
  /** Where a person types the runbook's commands: holds `docker/docker-compose.prod.yml`, `.env` and `backups/database`. */
  dir: string;
  project: 'provote';
  /** Relative to `dir`. */
  composeFile: string;
  envFile: string;
  backupsDir: string;
  /** Daily backups, oldest first. */
  backups: string[];
  /** Made after the newest of them. */
  preMigration: string;
  /** Superuser of the live database, over the published port. */
  databaseUrl: string;
  webUrl: string;
  volume: 'provote_postgres_data';
  /** Runs docker-compose as a person would in `dir`. */
  compose(...args: string[]): Promise<string>;
  /** Asks the live database, past everything else. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  control: Control;
  /** Takes the project down; its volume and files go with it. */
  stop(): Promise<void>;
};

const HOUR = 3_600_000;
const DAYS = 5;
const POLLS_A_DAY = 30;
const here = dirname(fileURLToPath(import.meta.url));

/** Brings the project up and returns when its health page is well. `buildImages` must have been called for the engine. */
export async function startProvote(engine: Engine): Promise<Provote> {
  const { path: dir, removeIfOurs } = await workingDirectory('provote');
  const [dbPort, webPort] = await Promise.all([freePort(), freePort()]);
  const password = randomBytes(12).toString('hex');
  const variables = {
    DB_NAME: 'provote',
    DB_USER: 'provote',
    DB_PASSWORD: password,
    DB_PORT: dbPort,
    WEB_PORT: webPort,
  };
  const composeFile = 'docker/docker-compose.prod.yml';
  await mkdir(join(dir, 'docker'));
  await mkdir(join(dir, 'control'));
  await copyFile(join(here, 'docker-compose.prod.yml'), join(dir, composeFile));
  await copyFile(join(here, 'pgbackrest.conf'), join(dir, 'docker', 'pgbackrest.conf'));
  await writeFile(
    join(dir, '.env'),
    Object.entries(variables)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );

  const given = ['--project-name', 'provote', '--project-directory', dir, '--file', join(dir, composeFile)];
  const compose = (...args: string[]) => runProgram(engine.env, 'docker-compose', [...given, ...args], { cwd: dir });
  const databaseUrl = `postgres://provote:${password}@127.0.0.1:${dbPort}/provote`;
  const webUrl = `http://127.0.0.1:${webPort}`;
  const backupsDir = join(dir, 'backups', 'database');
  const stop = async () => {
    await compose('down', '--volumes', '--timeout', '1').catch(() => {});
    await removeIfOurs();
  };
  try {
    await compose('up', '--detach', 'db');
    await untilWell('the database', () => withClient(databaseUrl, (client) => client.query('select 1')));
    const filled = await withClient(databaseUrl, (client) => fill(client, databaseUrl, backupsDir));
    await archiveFrom(compose);
    await compose('up', '--detach');
    await untilWell('the application', () => assertHealthy(webUrl));
    return {
      dir,
      project: 'provote',
      composeFile,
      envFile: '.env',
      backupsDir,
      ...filled,
      databaseUrl,
      webUrl,
      volume: 'provote_postgres_data',
      compose,
      query: (sql) => withClient(databaseUrl, async (client) => (await client.query(sql)).rows),
      control: controlOf(engine, { dir, databaseUrl, compose }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Days of polls with a backup at the end of each; then a migration with its own, and rows that no backup has. */
async function fill(client: pg.Client, url: string, dir: string) {
  const now = Date.now();
  // The newest daily backup is two hours old.
  const ends = Array.from({ length: DAYS }, (_, day) => new Date(now - 2 * HOUR - (DAYS - 1 - day) * 24 * HOUR));
  const backups: string[] = [];
  let last = new Date(now - 2 * HOUR - DAYS * 24 * HOUR);
  await makeSchema(client, last);
  // The first day has most of them, so that backups differ in size from day to day as little as they do in life.
  for (const [day, end] of ends.entries()) {
    await addPolls(client, day === 0 ? POLLS_A_DAY * 5 : POLLS_A_DAY / 5, last, end);
    backups.push(await makeBackup(url, dir, 'backup', end));
    last = end;
  }
  await addPolls(client, 1, last, new Date(now - HOUR));
  const preMigration = await makeBackup(url, dir, 'pre_migration', new Date(now - HOUR));
  await client.query('alter table polls_poll add column is_archived boolean not null default false');
  await client.query(
    `insert into django_migrations (app, name, applied) values ('polls', '0003_poll_is_archived', $1)`,
    [new Date(now - HOUR + 60_000)],
  );
  await addPolls(client, 4, new Date(now - HOUR), new Date(now));
  return { backups, preMigration };
}

/** A first physical backup: from its end on every moment can be had. */
async function archiveFrom(compose: Provote['compose']): Promise<void> {
  const pgbackrest = ['exec', '-T', '--user', 'postgres', 'db', 'pgbackrest', '--stanza=provote'];
  await compose(...pgbackrest, 'stanza-create');
  await compose(...pgbackrest, '--type=full', 'backup');
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end();
  }
}

async function assertHealthy(webUrl: string): Promise<void> {
  const page = await fetch(`${webUrl}/health/`, { signal: AbortSignal.timeout(3_000) });
  if (!page.ok) throw new Error(await page.text());
}

async function untilWell(what: string, probe: () => Promise<unknown>): Promise<void> {
  const patience = Date.now() + 60_000;
  for (;;) {
    try {
      await probe();
      return;
    } catch (cause) {
      if (Date.now() > patience) throw new Error(`waiting for ${what} of provote`, { cause });
    }
    await sleep(100);
  }
}
