// What operations leave beside the live database, and how it goes away: never by a claim that nobody has read.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Ground, startGround } from './direct-fixture.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground.stop());

const LEDGER = `
  create table entries (id int primary key, memo text);
  insert into entries select n, 'memo ' || n from generate_series(1, 50) n;`;

it('the rows as they were before a merge are not called gone while the live database does not answer', async () => {
  await ground.database('silent', LEDGER);
  await ground.backup('silent', 'silent', 'backup_1.dump');
  await ground.query('silent', 'delete from entries where id > 40');
  const office = await ground.office('silent', { production: 'silent' });
  const { id } = await office.run('restore production backup_1.dump --table entries');
  const name = `holdfast_${id.replace('-', '_')}`;
  const [schema] = await ground.query('silent', `select oid from pg_namespace where nspname = '${name}'`);
  const args = { environment: 'production', name, identity: `schema/${schema?.['oid']}` };
  const drop = office.act('leftover.drop');

  await ground.query('postgres', 'alter database silent allow_connections false');
  const outcome = await drop.do(args, office.runOf());
  expect(outcome).toMatchObject({
    is: 'failed',
    untouched: true,
    why: expect.stringMatching(/connecting to the data/),
  });
  await expect(drop.probe(args, office.runOf())).rejects.toThrow(/connecting to the database/);
  await ground.query('postgres', 'alter database silent allow_connections true');

  expect(await drop.probe(args, office.runOf())).toEqual({ is: 'not_happened' });
  expect(await drop.do(args, office.runOf())).toMatchObject({
    evidence: { says: [`${name} is dropped; read back: it is gone.`] },
  });
  expect(await drop.do(args, office.runOf())).toMatchObject({ evidence: { says: [`There is no ${name} any more.`] } });
});

const beside = () => ground.beside('silent', 'unwanted', 'hers');

it('a warm candidate that nobody wants any more is removed by the cleanup of its operation', async () => {
  await ground.database('unwanted', LEDGER);
  await ground.backup('unwanted', 'unwanted', 'backup_1.dump');
  const office = await ground.office('unwanted', { production: 'unwanted' });
  const { id } = await office.run('warm production backup_1.dump');
  const [candidate] = await beside();
  const { state, plan } = await office.run(`cleanup ${id}`);
  expect(plan.headline).toBe(`Remove ${candidate}, which ${id} built beside unwanted-production`);
  expect(state).toBe('succeeded');
  expect(await beside()).toEqual([]);
});

it('a candidate of an earlier version, whose mark does not say for whom it is, can be removed so too', async () => {
  await ground.database('hers', LEDGER);
  await ground.backup('hers', 'hers', 'backup_1.dump');
  const office = await ground.office('hers', { production: 'hers' });
  const { id } = await office.run('warm production backup_1.dump');
  const [candidate] = await beside();
  const mark = { holdfast: 'candidate', operation: id, backup: 'backup_1.dump', sha256: null };
  const old = JSON.stringify({ ...mark, state: 'loaded', checkedAt: null });
  await ground.query('postgres', `comment on database ${candidate} is '${old}'`);
  expect((await office.run(`cleanup ${id}`)).state).toBe('succeeded');
  expect(await beside()).toEqual([]);
});

it('a cleanup and an undo need no store of backups', async () => {
  await ground.database('storeless', LEDGER);
  await ground.backup('storeless', 'storeless', 'backup_1.dump');
  await ground.query('storeless', 'delete from entries where id > 40');
  const office = await ground.office('storeless', { production: 'storeless' });
  const warm = await office.run('warm production backup_1.dump');
  const merged = await office.run('restore production backup_1.dump --table entries');
  expect([warm.state, merged.state]).toEqual(['succeeded', 'succeeded']);

  await rename(join(ground.dir, 'backups', 'storeless'), join(ground.dir, 'backups', 'away'));
  expect((await office.run(`undo ${merged.id}`)).state).toBe('succeeded');
  expect(await ground.query('storeless', 'select from entries')).toHaveLength(40);
  expect((await office.run(`cleanup ${warm.id}`)).state).toBe('succeeded');
  await expect(office.run('restore production backup_1.dump')).rejects.toThrow(/listing the backups/);
});

it('a backup that is to be kept says so for ever, and any other says nothing of it', async () => {
  await ground.database('kept', LEDGER);
  const office = await ground.office('kept', { production: 'kept' });
  for (const text of ['backup production --keep', 'backup production']) {
    expect((await office.run(text)).state).toBe('succeeded');
  }
  const [system] = office.deps.systems.all;
  if (system === undefined) throw new Error('there is no system');
  const { environments } = await office.deps.systems.facts(system, ['production']);
  // Newest first.
  expect(environments['production']?.backups.slice(0, 2)).toMatchObject([{ kind: 'manual' }, { keep: 'forever' }]);
  expect(environments['production']?.backups[0]).not.toHaveProperty('keep');
});
