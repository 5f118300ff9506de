// The exchange as an action, where it breaks off behind the closed door and the door cannot be opened again at once.
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Ground, startGround } from './direct-fixture.ts';
import { answerOf, ask, pairOf } from './swap-fixture.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await startGround();
  await ask(ground.server.url, 'create role swapper login createdb in role pg_signal_backend');
});
afterAll(() => ground.stop());

async function connected(database: string, user = 'postgres'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: ground.server.urlOf(database, user) });
  client.on('error', () => {});
  await client.connect();
  return client;
}

it('is taken back when the door was left closed: the live database takes connections again', {
  timeout: 90_000,
}, async () => {
  const { server } = ground;
  await pairOf(server, 'shut', 'swapper');
  const address = server.urlOf('postgres', 'swapper');
  const { act, runOf } = await ground.office('shut', { production: 'shut' }, { address });
  const action = act('database.promote');
  const args = { environment: 'production', promote: 'shut_candidate', previous: 'shut_before_op41' };
  const run = runOf({ before: (await action.before?.(args, runOf())) ?? null });
  // A session that hears nothing keeps the names as they are.
  const deaf = await connected('shut', 'swapper');
  const [backend] = (await deaf.query<{ pid: number }>('select pg_backend_pid() as pid')).rows;
  process.kill(Number(backend?.pid), 'SIGSTOP');
  const swapping = action.do(args, run);
  const catalog = await connected('postgres');
  await expect
    .poll(() => ask(server.url, "select datallowconn as open from pg_database where datname = 'shut'"), { interval: 5 })
    .toEqual([{ open: false }]);
  await catalog.query('begin; lock table pg_database in share mode');
  expect(await swapping).toMatchObject({ is: 'failed', untouched: false });
  expect(await answerOf(server.urlOf('shut', 'swapper'))).toMatch(/not currently accepting connections/);
  await catalog.query('commit');
  process.kill(Number(backend?.pid), 'SIGCONT');
  await Promise.all([catalog.end(), deaf.end()]);
  if (!('run' in action.undo)) throw new Error('it has no undo');
  const { says } = await action.undo.run(args, null, run);
  expect(says).toEqual(['shut is the database that it was before, read back by its identity.']);
  expect(await answerOf(server.urlOf('shut'))).toBe('old 200');
});

const SHOP = `
  create role clerk; create table entries (id int primary key, memo text); alter table entries owner to swapper;
  grant select on entries to clerk; insert into entries select n, 'memo' from generate_series(1, 20) n;
  create function total() returns bigint security definer begin atomic select count(*) from entries; end;`;

async function ownersOf(database: string) {
  const sql = `select tableowner, proowner::regrole::text as definer, has_table_privilege('clerk', 'entries', 'select') as granted
                 from pg_tables, pg_proc where tablename = 'entries' and proname = 'total'`;
  return (await ground.query(database, sql))[0];
}

it('gives what was loaded the owners and grants of the live database when people have agreed, and not before', async () => {
  await ground.database('owned', SHOP);
  await ground.backup('owned', 'owned', 'backup_1.dump');
  const office = await ground.office('owned', { production: 'owned' });
  const { id } = await office.ask('restore production backup_1.dump');
  await office.work(id);
  const [candidate = ''] = await ground.beside('owned', 'shut', 'shut_candidate');
  const role = expect.stringMatching(/^holdfast_load_/);
  expect(await ownersOf(candidate)).toEqual({ tableowner: role, definer: role, granted: false });
  const { steps, plan } = await office.useCases.find(id);
  const load = plan.steps.find(({ action }) => action === 'candidate.load');
  expect(steps[load?.id ?? '']?.outcome?.evidence.says).toContain(
    'Owners and grants of 3 objects will be those of owned.',
  );
  await office.agree(await office.useCases.find(id));
  await office.work(id);
  expect(await office.state(id)).toBe('succeeded');
  expect(await ownersOf('owned')).toEqual({ tableowner: 'swapper', definer: 'postgres', granted: true });
  expect(await ground.query('postgres', `select rolname from pg_roles where rolname ~ '^holdfast_load'`)).toEqual([]);
});
