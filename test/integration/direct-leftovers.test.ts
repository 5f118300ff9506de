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
