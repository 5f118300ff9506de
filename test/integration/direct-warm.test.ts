// Candidates that are kept warm on a server that several systems and environments share: each takes its own, and only that.
import { rename, utimes } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Ground, type Office, startGround } from './direct-fixture.ts';
import { refusal } from './operations-fixture.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground.stop());

const BACKUP = 'backup_1.dump';
const ledger = (memo: string) => `
  create table entries (id int primary key, memo text, email text);
  insert into entries select n, '${memo} ' || n, 'person' || n || '@firma.ch' from generate_series(1, 100) n;`;
const masking = { columns: [{ table: 'entries', column: 'email', as: 'email' as const }] };

async function systemOf(name: string, more: Parameters<Ground['office']>[2] = {}): Promise<Office> {
  await ground.database(name, ledger(name));
  await ground.database(`${name}_staging`, ledger('staging'));
  await ground.backup(name, name, BACKUP);
  return await ground.office(name, { production: name, staging: `${name}_staging` }, more);
}

/** The plan is looked at and cancelled. */
async function actionsOf(office: Office, command: string): Promise<string[]> {
  const { id, plan } = await office.ask(command);
  await office.answer(`cancel ${id}`);
  return plan.steps.map(({ action }) => action);
}

const built = ['backup.fetch', 'candidate.preflight', 'candidate.create', 'candidate.load'];

async function warm(office: Office, environment: string): Promise<string> {
  const { id, state } = await office.run(`warm ${environment} ${BACKUP}`);
  expect(state).toBe('succeeded');
  return id;
}

it('one of production is not taken for staging, where only masked data may stand', async () => {
  const office = await systemOf('bank', { masked: ['staging'], masking });
  await warm(office, 'production');
  expect(await actionsOf(office, `restore staging ${BACKUP}`)).toEqual(expect.arrayContaining(built));
  expect((await office.run(`restore staging ${BACKUP}`)).state).toBe('succeeded');
  expect(await ground.query('bank_staging', `select from entries where email like '%@firma.ch'`)).toEqual([]);
  expect(await actionsOf(office, `restore production ${BACKUP}`)).toEqual([
    'candidate.check',
    'database.promote',
    'health.check',
  ]);
});

it('one of another system with a backup of the same name is neither taken nor removed', async () => {
  const ours = await systemOf('ours');
  const theirs = await systemOf('theirs');
  await warm(theirs, 'production');
  expect(await actionsOf(ours, `restore production ${BACKUP}`)).toEqual(expect.arrayContaining(built));
  await warm(ours, 'production');
  expect(await actionsOf(theirs, `restore production ${BACKUP}`)).not.toContain('candidate.load');
});

it('one of the same system is replaced by a newer one', async () => {
  const office = await systemOf('newer');
  await warm(office, 'production');
  await ground.backup('newer', 'newer', 'backup_2.dump');
  const before = await ground.beside();
  const { state, plan } = await office.run('warm production backup_2.dump');
  expect(state).toBe('succeeded');
  expect(plan.steps.at(-1)?.action).toBe('candidate.drop');
  expect(await ground.beside()).toHaveLength(before.length);
});

it('one that an open restore is about to use is not removed, neither for a newer one nor by a cleanup', async () => {
  const office = await systemOf('awaited');
  const standing = await warm(office, 'production');
  const restore = await office.ask(`restore production ${BACKUP}`);
  await office.work(restore.id);
  await ground.backup('awaited', 'awaited', 'backup_2.dump');
  const before = await ground.beside();

  const newer = await office.run('warm production backup_2.dump');
  expect(newer.state).toBe('succeeded');
  expect(newer.steps[newer.plan.steps.at(-1)?.id ?? '']?.outcome).toMatchObject({
    evidence: { says: [expect.stringContaining(`stays: ${restore.id} is about to use it`)] },
  });
  const cleanup = await office.run(`cleanup ${standing}`);
  expect(cleanup.state).toBe('failed');
  expect(cleanup.stopped?.why).toContain(`${restore.id} is about to use`);
  expect(await ground.beside()).toHaveLength(before.length + 1);

  await office.agree(restore);
  await office.work(restore.id);
  expect(await office.state(restore.id)).toBe('succeeded');
});

it('one goes live while the store of backups is away, and nothing else does', async () => {
  const office = await systemOf('cutoff');
  await warm(office, 'production');
  await ground.query('cutoff', 'delete from entries');
  const store = `${ground.dir}/backups/cutoff`;
  await rename(store, `${store}-away`);
  try {
    expect(await refusal(office.ask('restore production backup_0.dump'))).toBe('backups-unknown');
    expect(await refusal(office.ask('restore staging latest'))).toBe('backups-unknown');
    const { state, plan } = await office.run('restore production latest');
    expect(state).toBe('succeeded');
    expect(plan.statements.find(({ label }) => label === 'Backups')?.text).toContain('cannot be listed now');
    expect(await ground.query('cutoff', 'select from entries')).toHaveLength(100);
  } finally {
    await rename(`${store}-away`, store);
  }
});

it('one of a backup that was written over since is not taken', async () => {
  const office = await systemOf('over');
  await warm(office, 'production');
  await ground.query('over', 'delete from entries where id > 50');
  await ground.backup('over', 'over', BACKUP);
  expect(await actionsOf(office, `restore production ${BACKUP}`)).toEqual(expect.arrayContaining(built));
});

it('one of a backup that has another moment is not taken, as large as it may be', async () => {
  const office = await systemOf('moved');
  await warm(office, 'production');
  const then = new Date(Date.now() - 1_800_000);
  await utimes(`${ground.dir}/backups/moved/${BACKUP}`, then, then);
  expect(await actionsOf(office, `restore production ${BACKUP}`)).toEqual(expect.arrayContaining(built));
});

it('one that was masked by other rules is not taken', async () => {
  const office = await systemOf('rules', { masked: ['staging'], masking });
  await warm(office, 'staging');
  expect(await actionsOf(office, `restore staging ${BACKUP}`)).not.toContain('candidate.load');
  const stricter = { ...masking, empty: ['sessions'] };
  const later = await ground.office(
    'rules',
    { production: 'rules', staging: 'rules_staging' },
    { masked: ['staging'], masking: stricter },
  );
  expect(await actionsOf(later, `restore staging ${BACKUP}`)).toEqual(expect.arrayContaining(built));
});

it('one whose mark does not say for whom it is, as earlier versions wrote it, is not taken', async () => {
  const office = await systemOf('old');
  await ground.query('postgres', 'create database old_op1_aaaa');
  const mark = {
    ...{ holdfast: 'candidate', operation: 'op-1', backup: BACKUP, sha256: null },
    ...{ state: 'checked', checkedAt: new Date().toISOString() },
  };
  await ground.query('postgres', `comment on database old_op1_aaaa is '${JSON.stringify(mark)}'`);
  expect(await actionsOf(office, `restore production ${BACKUP}`)).toEqual(expect.arrayContaining(built));
});
