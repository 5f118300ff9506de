// One table recovered on a platform whose PostgreSQL is reached: what becomes of it when the world breaks at the worst moment.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { dropBeside } from '../../src/postgres/table/beside.ts';
import { type Ground, type Office, startGround } from './direct-fixture.ts';
import { refusedWith } from './table-fixture.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground.stop());

const LEDGER = `
  create table entries (id int primary key, memo text);
  insert into entries select n, 'memo ' || n from generate_series(1, 500) n;`;

/** A ledger that has lost a tenth of its entries since its backup, which lies beside it. */
async function damaged(name: string, file: Parameters<Ground['office']>[2] = {}): Promise<Office> {
  await ground.database(name, LEDGER);
  await ground.backup(name, name, 'backup_1.dump');
  await ground.query(name, 'delete from entries where id % 10 = 0');
  return await ground.office(name, { production: name }, file);
}

const entriesOf = async (name: string) =>
  Number((await ground.query(name, 'select count(*)::int as n from entries'))[0]?.['n']);

/** Every commit waits for a standby that there is not: by then it has taken place. */
async function whileCommitsWait(work: () => Promise<void>): Promise<void> {
  const standbys = async (names: string) => {
    await ground.query('postgres', `alter system set synchronous_standby_names = '${names}'`);
    await ground.query('postgres', 'select pg_reload_conf()');
  };
  await standbys('nobody');
  try {
    await work();
  } finally {
    await standbys('');
  }
}

async function killAtCommit(purpose: string): Promise<void> {
  const waiting = `from pg_stat_activity where application_name = '${purpose}' and wait_event = 'SyncRep'`;
  const patience = Date.now() + 20_000;
  while ((await ground.query('postgres', `select ${waiting}`)).length === 0) {
    if (Date.now() > patience) throw new Error('the commit never waited');
    await sleep(20);
  }
  await ground.query('postgres', `select pg_terminate_backend(pid) ${waiting}`);
}

describe('a merge whose session is killed at its COMMIT', () => {
  it('is found to have happened, and nothing of its pre-image is thrown away', async () => {
    const office = await damaged('killed');
    const asked = await office.ask('restore production backup_1.dump --table entries');
    await office.work(asked.id);
    await office.agree(asked);
    const working: Promise<boolean>[] = [];
    await whileCommitsWait(async () => {
      working.push(office.work(asked.id));
      await killAtCommit(`holdfast ${asked.id} s3`);
    });
    await Promise.all(working);
    expect(await entriesOf('killed')).toBe(500);
    expect(await office.state(asked.id)).toBe('succeeded');
    const beside = asked.id.replace('-', '_');
    expect(await ground.query('killed', `select from pg_namespace where nspname = 'holdfast_${beside}'`)).toHaveLength(
      1,
    );
  });
});

describe('an invariant that does not hold', () => {
  const rows = (equals: number) => ({
    invariants: [{ name: 'all there', sql: 'select count(*) from entries', expect: { equals } }],
  });
  const checkOf = (operation: Awaited<ReturnType<Office['run']>>) => {
    const step = operation.plan.steps.find(({ action }) => action === 'database.check');
    const outcome = operation.steps[step?.id ?? '']?.outcome;
    return outcome?.evidence.checks.find(({ name }) => name === 'all there');
  };

  it('before a merge and behind it is told, and what could be recovered stays', async () => {
    // More is gone than the backup holds.
    const office = await damaged('partly', rows(600));
    const merged = await office.run('restore production backup_1.dump --table entries');
    expect(merged.state).toBe('succeeded');
    expect(checkOf(merged)).toMatchObject({ status: 'warn', figure: expect.stringMatching(/, as it was before$/) });
    expect(await entriesOf('partly')).toBe(500);
  });

  it('since the merge takes it back', async () => {
    const office = await damaged('worse', rows(450));
    expect((await office.run('restore production backup_1.dump --table entries')).state).toBe('failed');
    expect(await entriesOf('worse')).toBe(450);
  });

  it('since the damage is back is what an undo has to end with', async () => {
    const office = await damaged('returned', rows(500));
    const { id } = await office.run('restore production backup_1.dump --table entries');
    const undone = await office.run(`undo ${id}`);
    expect(undone.state).toBe('succeeded');
    expect(checkOf(undone)).toMatchObject({ status: 'warn' });
    expect(await entriesOf('returned')).toBe(450);
  });
});

describe('what was put beside the live table', () => {
  it('is not removed while it is all that a merge can be taken back from', async () => {
    const office = await damaged('kept');
    const { id, state } = await office.run('restore production backup_1.dump --table entries');
    expect(state).toBe('succeeded');
    const beside = `holdfast_${id.replace('-', '_')}`;
    const options = { purpose: `holdfast ${id} s2`, signal: AbortSignal.timeout(20_000) };
    expect(await refusedWith(dropBeside(new Secret(ground.server.urlOf('kept')), beside, options))).toBe(
      `preimage-kept: ${beside} keeps the rows as they were before a merge that was not taken back. It is left as it is. Take the merge back first, or remove it with \`/dr cleanup\`.`,
    );
    expect((await office.run(`cleanup ${id}`)).state).toBe('succeeded');
    expect(await ground.query('kept', `select from pg_namespace where nspname = '${beside}'`)).toEqual([]);
  });
});

describe('a table for which there is too little disk', () => {
  const besides = (name: string) => ground.query(name, `select nspname from pg_namespace where nspname ~ '^holdfast'`);

  it('is refused by what the backup holds of it, before a row is loaded', async () => {
    const office = await damaged('tight');
    ground.disk.free = 1_000_000;
    const { id } = await office.ask('restore production backup_1.dump --table entries');
    await office.work(id);
    ground.disk.free = 10 ** 12;
    const { state, steps } = await office.useCases.find(id);
    expect(state).toBe('failed');
    expect(steps['s2']?.outcome).toMatchObject({
      is: 'failed',
      why: 'public.entries takes about 38 kB (by what the backup holds); 256 MB are needed to merge it, but only 1.0 MB are free on the server of the live database. Nothing was loaded. Free space there (what is kept for undo goes with `/dr cleanup`), then ask again.',
    });
    expect(await besides('tight')).toEqual([]);
  });

  it('is measured by the live table where it comes from a candidate, and said', async () => {
    const office = await damaged('measured');
    expect((await office.run('warm production backup_1.dump')).state).toBe('succeeded');
    const { id } = await office.ask('restore production backup_1.dump --table entries');
    await office.work(id);
    const { steps } = await office.useCases.find(id);
    expect(steps['s1']?.outcome?.evidence.says[0]).toMatch(
      /^public\.entries takes about \d+ kB \(as large as the live one\); 256 MB are needed to merge it, 1000\.0 GB are free\.$/,
    );
  });

  it('is loaded where nobody can say how much there is, and that is said', async () => {
    const office = await damaged('unknown');
    ground.disk.free = null;
    const { id } = await office.ask('restore production backup_1.dump --table entries');
    await office.work(id);
    ground.disk.free = 10 ** 12;
    const { steps } = await office.useCases.find(id);
    expect(steps['s2']?.outcome?.evidence.says[0]).toMatch(/ How much is free could not be read\.$/);
  });
});
