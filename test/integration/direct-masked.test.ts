// Masked environments on a PostgreSQL that is reached: restored and kept warm by whole operations, and never with clear text.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ActionName } from '../../src/core/action.ts';
import { clearTextIn } from '../support/clear-text-in.ts';
import { type Ground, type Office, startGround } from './direct-fixture.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground.stop());

const BACKUP = 'backup_1.dump';
const CLEAR = ['Annabel7 Kellerhals7', 'annabel.kellerhals7@firma.ch', 'session-of-7'];
const PEOPLE = `
  create table entries (id int primary key, name text, email text unique, notes text);
  create table sessions (token text primary key, entry_id int references entries);
  insert into entries select n, 'Annabel' || n || ' Kellerhals' || n, 'annabel.kellerhals' || n || '@firma.ch'
    from generate_series(1, 100) n;
  insert into sessions select 'session-of-' || n, n from generate_series(1, 20) n;`;
const masking = {
  columns: [
    { table: 'entries', column: 'name', as: 'name' as const },
    { table: 'entries', column: 'email', as: 'email' as const },
  ],
  empty: ['sessions'],
};

/** `left`: what happened to production's data before its backup. */
async function people(name: string, left = 'select 1'): Promise<Office> {
  await ground.database(name, `${PEOPLE} ${left};`);
  await ground.database(
    `${name}_staging`,
    `create table entries (id int primary key, name text, email text, notes text); insert into entries values (1, 'old')`,
  );
  await ground.backup(name, name, BACKUP);
  const databases = { production: name, staging: `${name}_staging` };
  return await ground.office(name, databases, { masked: ['staging'], masking });
}

/** In the files of this database. */
async function clearTextOf(database: string): Promise<string[]> {
  const [row] = await ground.query('postgres', `select oid from pg_database where datname = '${database}'`);
  await ground.query('postgres', 'checkpoint');
  return await clearTextIn(join(ground.server.dir, 'data', 'base', String(row?.['oid'])), CLEAR);
}

async function mustBeMasked(database: string): Promise<void> {
  const [row] = await ground.query(
    database,
    `select count(*)::int as rows, count(*) filter (where name = 'Test Customer ' || id and email = 'test-' || id || '@example.com')::int as masked,
            (select count(*)::int from sessions) as sessions from entries`,
  );
  expect(row).toEqual({ rows: 100, masked: 100, sessions: 0 });
  expect(await clearTextOf(database)).toEqual([]);
}

const stepsOf = (plan: { steps: readonly { action: ActionName }[] }) => plan.steps.map(({ action }) => action);

it('a restore masks, searches, and only then exchanges', async () => {
  const office = await people('masked');
  const { state, plan } = await office.run(`restore staging ${BACKUP}`);
  expect(state).toBe('succeeded');
  expect(stepsOf(plan)).toEqual([
    ...(['backup.fetch', 'candidate.preflight', 'candidate.create', 'candidate.load'] as const),
    ...(['candidate.scan', 'candidate.check', 'database.promote', 'health.check'] as const),
  ]);
  await mustBeMasked('masked_staging');
  expect(await clearTextOf('masked')).toEqual(CLEAR);
});

it('one that is kept warm is masked and searched, and an emergency takes it as it is', async () => {
  const office = await people('ready');
  const warm = await office.run(`warm staging ${BACKUP}`);
  expect(warm.state).toBe('succeeded');
  const candidate = (await ground.beside('ready_staging')).find((name) => name.startsWith('ready_staging')) ?? '';
  await mustBeMasked(candidate);
  const { state, plan } = await office.run(`restore staging ${BACKUP}`);
  expect(state).toBe('succeeded');
  expect(stepsOf(plan)).toEqual(['candidate.check', 'database.promote', 'health.check']);
  await mustBeMasked('ready_staging');
});

it('where personal data is left, nobody ever gets at it, and staging is as it was', async () => {
  const office = await people('leaking', `update entries set notes = 'write to ' || email where id = 7`);
  for (const command of [`restore staging ${BACKUP}`, `warm staging ${BACKUP}`]) {
    const { state, plan, steps } = await office.run(command);
    expect(state).toBe('failed');
    const scan = plan.steps.find(({ action }) => action === 'candidate.scan');
    expect(steps[scan?.id ?? '']?.outcome).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/^personal data is left: .*entries\.notes.*it is dropped$/),
    });
    expect((await ground.beside()).filter((name) => name.startsWith('leaking'))).toEqual([
      'leaking',
      'leaking_staging',
    ]);
  }
  expect(await ground.query('leaking_staging', 'select id, name from entries')).toEqual([{ id: 1, name: 'old' }]);
});

it('one that was loaded, but not searched before its worker died, never counts as ready', async () => {
  const office = await people('unsearched');
  const { id } = await office.ask(`warm staging ${BACKUP}`);
  const stop = new AbortController();
  const { systems } = office.deps;
  const scan = office.act('candidate.scan');
  const dying = { ...scan, do: async () => Promise.reject(stop.abort(new Error('killed'))) };
  office.deps.systems = {
    ...systems,
    actionsOf: (system) => ({ ...systems.actionsOf(system), 'candidate.scan': dying }),
  };
  expect(await office.work(id, { stop })).toBe(true);
  office.deps.systems = systems;
  const other = await office.ask(`restore staging ${BACKUP}`);
  expect(stepsOf(other.plan)).toContain('candidate.load');
  await office.answer(`cancel ${other.id}`);
  await office.lapse(id);
  await office.work(id);
  expect(await office.state(id)).toBe('succeeded');
});
