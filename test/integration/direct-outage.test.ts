// Several systems whose databases are away at once: each can be recovered, since none of them is taken for another.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Ground, type Office, startGround } from './direct-fixture.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
  await ground.database('source', 'create table entries (id int primary key); insert into entries values (1)');
});
afterAll(() => ground.stop());

async function officeOf(name: string, file: Parameters<Ground['office']>[2] = {}): Promise<Office> {
  await ground.backup(name, 'source', 'backup_1.dump');
  return await ground.office(name, { production: 'lost' }, file);
}

it.each([
  ['gone', {}],
  ['unreachable', { address: 'postgresql://postgres@127.0.0.1:1/postgres' }],
] as const)('two systems whose databases are %s are recovered side by side', async (what, file) => {
  const offices = [await officeOf(`first-${what}`, file), await officeOf(`second-${what}`, file)];
  const targets = [];
  for (const office of offices) {
    const { id } = await office.ask('restore production backup_1.dump');
    targets.push((await office.useCases.find(id)).plan.target.identity);
  }
  expect(targets).toEqual([`${what}: production of first-${what}`, `${what}: production of second-${what}`]);
});
