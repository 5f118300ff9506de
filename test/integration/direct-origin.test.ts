// A backup of another system whose tables are called alike: refused, or told where people look before they agree.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ActionName } from '../../src/core/action.ts';
import { readArchive } from '../../src/postgres/archive/read.ts';
import { type Ground, type Office, startGround } from './direct-fixture.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
  await ground.database('stranger', ledger('theirs'));
});
afterAll(() => ground.stop());

function ledger(memo: string): string {
  return `create table entries (id int primary key, memo text);
          insert into entries select n, '${memo} ' || n from generate_series(1, 100) n;`;
}

/** A live database of ours, and the dump of `from` among its backups. */
async function given(name: string, from: string, args?: readonly string[]): Promise<Office> {
  await ground.database(name, ledger('ours'));
  await ground.backup(name, from, 'backup_1.dump', args);
  return await ground.office(name, { production: name });
}

/** What people see before they agree: the checks of this kind, or why it failed. */
async function shownOf(office: Office, command: string) {
  const { id } = await office.ask(command);
  await office.work(id);
  const { state, plan, steps } = await office.useCases.find(id);
  const outcomes = plan.steps.map(({ id: step }) => steps[step]?.outcome).filter((outcome) => outcome != null);
  const checks = outcomes.flatMap(({ evidence }) => evidence.checks.filter(({ name }) => name === 'same system'));
  const failedAt: ActionName | undefined = plan.steps.find(
    ({ id: step }) => steps[step]?.outcome?.is === 'failed',
  )?.action;
  if (state !== 'failed') {
    await office.answer(`cancel ${id}`);
    await office.work(id);
  }
  return { state, failedAt, shown: checks.map(({ status, figure }) => `${status}: ${figure}`) };
}

const RESTORE = 'restore production backup_1.dump';
const NAMED = 'the backup is of the database stranger, not of';

describe('a restore', () => {
  it('of a backup that names another database and has not a row in common is refused before anybody may agree', async () => {
    const office = await given('alone', 'stranger');
    expect(await shownOf(office, RESTORE)).toEqual({
      state: 'failed',
      failedAt: 'candidate.check',
      shown: [
        `warn: ${NAMED} alone: is it of another system?`,
        `fail: ${NAMED} alone, and not one row of entries is as in the live database: it is of another system`,
      ],
    });
    expect((await ground.beside()).filter((name) => name.startsWith('alone'))).toEqual(['alone']);
  });

  it('of a backup that does not name its database and has not a row in common is told', async () => {
    const office = await given('silent', 'stranger', []);
    expect(await shownOf(office, RESTORE)).toMatchObject({
      state: 'awaiting_approval',
      shown: [
        'warn: the backup does not say of which database it is, and not one row of entries is as in the live database: is it of another system?',
      ],
    });
  });

  it('of a database that was renamed since is told and goes on', async () => {
    await ground.database('former', ledger('ours'));
    const office = await given('renamed', 'former');
    expect(await shownOf(office, RESTORE)).toMatchObject({
      state: 'awaiting_approval',
      shown: [
        'warn: the backup is of the database former, not of renamed: is it of another system?',
        'warn: the backup is of the database former, not of renamed, and 100 rows of entries are as in the live database: is it of another system?',
      ],
    });
  });

  it('of its own backup says so, and a live database that lost everything does not speak against it', async () => {
    const office = await given('own', 'own');
    expect(await shownOf(office, RESTORE)).toMatchObject({
      state: 'awaiting_approval',
      shown: [
        'pass: the backup is of the database own',
        'pass: the backup is of the database own, and 100 rows of entries are as in the live database',
      ],
    });
    await ground.query('own', 'truncate entries');
    const { state, shown } = await shownOf(office, RESTORE);
    expect([state, shown.at(-1)]).toEqual(['awaiting_approval', 'pass: the backup is of the database own']);
  });
});

describe('one table', () => {
  it('of a backup of another database without a row in common is refused', async () => {
    const office = await given('one', 'stranger');
    expect(await shownOf(office, `${RESTORE} --table entries`)).toEqual({
      state: 'failed',
      failedAt: 'table.extract',
      shown: [`fail: ${NAMED} one, and not one row of entries is as in the live database: it is of another system`],
    });
    expect(await ground.query('one', `select from pg_namespace where nspname ~ '^holdfast'`)).toEqual([]);
  });

  it('from a candidate that is kept warm is judged likewise', async () => {
    const office = await given('kept', 'kept');
    expect((await office.run('warm production backup_1.dump')).state).toBe('succeeded');
    const { shown } = await shownOf(office, `${RESTORE} --table entries`);
    expect(shown).toEqual([
      'pass: the backup is of the database kept, and 100 rows of entries are as in the live database',
    ]);
  });
});

it.each<[form: string, args: string[], told: string | null]>([
  ['custom', ['-Fc'], 'stranger'],
  ['tar', ['-Ft'], 'stranger'],
  ['directory', ['-Fd'], 'stranger'],
  ['plain SQL that creates the database', ['--create'], 'stranger'],
  ['plain SQL', [], null],
  ['custom, compressed as a whole', ['-Fc', '-Z0'], 'stranger'],
])('the name of the database is read from what pg_dump writes: %s', async (form, args, told) => {
  const file = await ground.backup('forms', 'stranger', `form-${form.replaceAll(/\W/g, '')}`, args);
  const read = await readArchive(file, { path: '/usr/bin:/bin', workDir: join(ground.dir) });
  expect(read.database).toBe(told);
});
