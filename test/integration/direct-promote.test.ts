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
