// What operations leave beside the live database, and how it goes away: never by a claim that nobody has read.
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
