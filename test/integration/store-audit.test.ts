// Everything that was written is read again: what was changed, cut off or taken out is named (fault 58).
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { chain } from '../../src/core/journal.ts';
import { lookOf } from '../support/plans.ts';
import { type OpenStore, startStores } from '../support/stores.ts';

const server = await startStores();
let store: OpenStore;
beforeEach(async () => {
  store = await server.open();
  await store.operations.create(lookOf(), { by: 'U1', command: 'c1' });
  await store.operations.change('op-1', () => [{ type: 'started' }]);
  await store.operations.change('op-1', () => [{ type: 'joined', by: 'U0BOB' }]);
  await store.operations.create(lookOf({ operation: 'op-2' }), { by: 'U1', command: 'c2' });
});
afterAll(() => server.stop());

/** As somebody who owns the database could. */
async function tamper(statement: string): Promise<void> {
  for (const table of ['journal', 'ledger']) await store.sql(`alter table holdfast.${table} disable trigger user`);
  await store.sql(statement);
  for (const table of ['journal', 'ledger']) await store.sql(`alter table holdfast.${table} enable trigger user`);
}

const lines = () => store.sql('select seq::int, subject, entry, hash from holdfast.ledger order by seq');

function audit(...args: string[]): Promise<{ code: number | null; said: string }> {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const env = { PATH: process.env['PATH'], DATABASE_URL: store.url };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, 'audit', ...args], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, said: `${stdout}${stderr}` });
    });
  });
}

it('says that every chain holds, with nothing but the address of the database', async () => {
  expect(await audit('verify')).toEqual({
    code: 0,
    said: '2 operations and 0 incidents with 4 entries were read, and 4 lines of the ledger: every chain holds\n',
  });
});

it.each([
  [
    'changed',
    `update holdfast.journal set event = replace(event::text, 'BOB', 'EVE')::json where seq = 3`,
    'op-1, entry 3: it does not follow from the entries before it',
  ],
  [
    'taken out',
    `delete from holdfast.journal where operation = 'op-1' and seq = 2`,
    'op-1, entry 3: it does not follow from the entries before it',
  ],
  [
    'cut off',
    `delete from holdfast.journal where operation = 'op-1' and seq = 3`,
    'op-1: it has 2 entries of 3: its end is missing',
  ],
])('names what was %s', async (_what, statement, said) => {
  await tamper(statement);
  const result = await audit('verify');
  expect(result).toEqual({ code: 1, said: expect.stringContaining(`${said}\n`) });
});

it('names a plan that is not the one that was proposed', async () => {
  await store.sql(
    `update holdfast.operations set plan = replace(plan::text, 'production', 'staging')::json where id = 'op-2'`,
  );
  expect(await audit('verify')).toEqual({
    code: 1,
    said: expect.stringMatching(/^op-2: it cannot be read: .*the plan is not the one proposed/),
  });
});

it('compares what Slack was told: a chain that was made anew does not help', async () => {
  const [, , last] = await store.operations.journal('op-1');
  const stamp = `op-1:3:${last?.hash.slice(0, 12)}`;
  expect(await audit('verify', stamp)).toMatchObject({
    code: 0,
    said: expect.stringContaining('1 stamps were compared'),
  });
  await tamper(`delete from holdfast.journal where operation = 'op-1' and seq = 3`);
  await store.sql(`update holdfast.operations set last_seq = 2 where id = 'op-1'`);
  await tamper(`delete from holdfast.ledger where subject = 'op-1' and entry = 3`);
  expect((await audit('verify')).code).toBe(1);
  expect(await audit('verify', stamp)).toMatchObject({
    code: 1,
    said: expect.stringContaining(`${stamp}: there is no such entry any more`),
  });
  const other = await audit('verify', 'op-1:2:000000000000', 'op-1');
  expect(other.said).toContain('op-1:2:000000000000: the entry is another one than Slack was told of');
  expect(other.said).toContain('op-1: this is no stamp');
});

describe('the ledger', () => {
  it('has a line for each entry of each log, in the order of their commits', async () => {
    expect((await lines()).map(({ seq, subject, entry }) => [seq, subject, entry])).toEqual([
      [1, 'op-1', 1],
      [2, 'op-1', 2],
      [3, 'op-1', 3],
      [4, 'op-2', 1],
    ]);
    expect(await store.ledger.head()).toMatchObject({ seq: 4, hash: (await lines())[3]?.['hash'] });
  });

  it('stays whole when many write at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        store.operations.change(`op-${1 + (n % 2)}`, () => [{ type: 'joined', by: `U${n}` }]),
      ),
    );
    expect(await lines()).toHaveLength(24);
    expect(await audit('verify')).toMatchObject({ code: 0 });
  });

  it('is refused to be changed', async () => {
    for (const statement of ['update holdfast.ledger set entry = 7', 'delete from holdfast.ledger']) {
      await expect(store.sql(statement)).rejects.toThrow(/only ever appended to/);
    }
  });

  it('tells a whole journal that is gone with its operation, and one that was written past it', async () => {
    await store.sql('alter table holdfast.journal disable trigger user');
    await store.sql(`delete from holdfast.outbox where subject = 'op-2'`);
    await store.sql(`delete from holdfast.journal where operation = 'op-2'`);
    await store.sql(`delete from holdfast.operations where id = 'op-2'`);
    await store.operations.change('op-1', () => [{ type: 'joined', by: 'U0EVE' }]);
    await store.sql('alter table holdfast.journal enable trigger user');
    const { code, said } = await audit('verify');
    expect(code).toBe(1);
    expect(said).toContain('op-2, entry 1: the ledger has it, the log no longer does\n');
    expect(said).toContain('op-1, entry 4: it was written past the ledger\n');
  });

  it('tells a journal that was made anew, chain and all', async () => {
    const [first, second, third] = await store.operations.journal('op-1');
    if (first === undefined || second === undefined || third === undefined) throw new Error('no journal');
    const forged = chain(second, 'op-1', third.at, { type: 'joined', by: 'U0EVE' });
    await tamper(`delete from holdfast.journal where operation = 'op-1' and seq = 3`);
    await tamper(`insert into holdfast.journal values
      ('op-1', 3, '${forged.at}', 'joined', '${JSON.stringify(forged.event)}', '${forged.previous}', '${forged.hash}')`);
    expect(await audit('verify')).toMatchObject({
      code: 1,
      said: expect.stringContaining('op-1, entry 3: it is another one than the ledger was told of\n'),
    });
  });

  it('that is cut off with all that it tells of is told by what Slack has seen of it', async () => {
    const head = await store.ledger.head();
    const stamp = `ledger:4:${head?.hash.slice(0, 12)}`;
    expect((await audit('verify', stamp)).code).toBe(0);
    await tamper(`delete from holdfast.outbox where subject = 'op-2'`);
    await tamper(`delete from holdfast.journal where operation = 'op-2'`);
    await tamper(`delete from holdfast.operations where id = 'op-2'`);
    await tamper('delete from holdfast.ledger where seq = 4');
    expect((await audit('verify')).code).toBe(0);
    expect(await audit('verify', stamp)).toMatchObject({
      code: 1,
      said: expect.stringContaining(`${stamp}: there is no such entry any more`),
    });
  });

  it('whose line was changed is named', async () => {
    await tamper(`update holdfast.ledger set entry = 9 where seq = 2`);
    expect((await audit('verify')).said).toContain('ledger, entry 2: it does not follow from the entries before it\n');
  });
});

it('tells its usage, and what it cannot do', async () => {
  expect(await audit('prove')).toMatchObject({
    code: 1,
    said: expect.stringContaining('Usage: npm start -- audit verify'),
  });
});
