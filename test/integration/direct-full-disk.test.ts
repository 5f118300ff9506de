// A disk of the database server that fills up in the middle of a load: the live database goes on, and nothing of the candidate is left.
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { postgresUser } from '../../sandbox/servers/postgres-binaries.ts';
import type { ActionName } from '../../src/core/action.ts';
import { type Ground, type Office, startGround } from './direct-fixture.ts';

const run = promisify(execFile);

let ground: Ground;
let disk: string;
beforeAll(async () => {
  ground = await startGround();
  disk = await mkdtemp(join(tmpdir(), 'holdfast-small-disk-'));
  await chmod(disk, 0o711);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'holdfast-small-disk', disk]);
  const space = join(disk, 'space');
  await mkdir(space, { mode: 0o700 });
  const user = await postgresUser();
  if (user !== undefined) await chown(space, user.uid, user.gid);
  await ground.query('postgres', `create tablespace small location '${space}'`);
});
afterAll(async () => {
  await ground?.stop();
  await run('umount', [disk]);
  await rm(disk, { recursive: true, force: true });
});

/** What is on the small disk: one directory for each database there. */
const databasesOnDisk = async () => {
  const [version = ''] = await readdir(join(disk, 'space'));
  return (await readdir(join(disk, 'space', version))).filter((name) => /^\d+$/.test(name));
};

const rowsOf = async (database: string) =>
  (await ground.query(database, 'select count(*)::int as n, min(memo) as memo from entries'))[0];

const FULL =
  /^The disk of the database server is full \(.*No space left on device.*\)\. The live database was not touched\. Free space on the server \(what is kept for undo goes with `\/dr cleanup`\), then ask again\.$/;

/** A live database on the small disk, and a backup of a larger one under its name. */
async function small(name: string, args: readonly string[] = ['-Fc']): Promise<Office> {
  const table = 'create table entries (id int primary key, memo text)';
  await ground.database(name, `${table}; insert into entries values (1, 'live')`);
  await ground.query('postgres', `alter database ${name} set tablespace small`);
  await ground.database(
    'larger',
    `${table}; insert into entries select n, repeat(md5(n::text), 8) from generate_series(1, 200000) n`,
  );
  await ground.backup(name, 'larger', 'backup_1.dump', args);
  return await ground.office(name, { production: name });
}

/** Rehearses it while the application goes on writing. Why it failed, and how many rows there are then. */
async function rehearsed(office: Office, name: string, command: string, step: ActionName) {
  const { id } = await office.ask(command);
  let written = 1;
  let working = true;
  const writing = (async () => {
    while (working) {
      await ground.query(name, `insert into entries select -count(*), 'live' from entries`);
      written += 1;
    }
  })();
  await office.work(id);
  working = false;
  await writing;
  const { state, plan, steps } = await office.useCases.find(id);
  const outcome = steps[plan.steps.find(({ action }) => action === step)?.id ?? '']?.outcome;
  return { state, written, why: outcome?.is === 'failed' ? outcome.why : `it is ${outcome?.is}` };
}

it.each<[form: string, args: string[]]>([
  ['a custom archive', ['-Fc', '-Z1']],
  ['plain SQL', []],
])('of %s fails with what to do, while the live database is read and written', async (form, args) => {
  const name = `full${form.split(' ').at(-1)?.toLowerCase()}`;
  const office = await small(name, args);
  const before = await databasesOnDisk();
  const { state, why, written } = await rehearsed(office, name, 'restore production backup_1.dump', 'candidate.load');
  expect(state).toBe('failed');
  expect(why).toMatch(FULL);
  expect(await ground.beside(name, 'larger')).toEqual([]);
  expect(await databasesOnDisk()).toEqual(before);
  expect(await ground.query('postgres', `select from pg_roles where rolname ~ '^holdfast_load'`)).toEqual([]);
  expect(await rowsOf(name)).toEqual({ n: written, memo: 'live' });
  await ground.query('postgres', `drop database ${name}`);
});

it('of one table fails likewise, and nothing of it is left in the live database', async () => {
  const office = await small('fulltable');
  const command = 'restore production backup_1.dump --table entries';
  const { state, why, written } = await rehearsed(office, 'fulltable', command, 'table.extract');
  expect(state).toBe('failed');
  expect(why).toMatch(FULL);
  expect(await ground.query('fulltable', `select from pg_namespace where nspname ~ '^holdfast'`)).toEqual([]);
  expect(await rowsOf('fulltable')).toEqual({ n: written, memo: 'live' });
});
