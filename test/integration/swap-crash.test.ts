// A swap that breaks off between any two statements: what happened can be read, nobody is kept out for good, and it can be repeated.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { Secret } from '../../src/core/secret.ts';
import { databaseFacts } from '../../src/postgres/database-facts.ts';
import { reversed, type Swap } from '../../src/postgres/swap/databases.ts';
import { promote, swapState } from '../../src/postgres/swap/promote.ts';
import { answerOf, ask, cutAfter, options, pairOf } from './swap-fixture.ts';

let server: PostgresServer;
let admin: Secret;
beforeAll(async () => {
  server = await startPostgres();
  admin = new Secret(server.url);
  await ask(server.url, 'create role swapper login createdb in role pg_signal_backend');
});
afterAll(() => server.stop());

const undo = async (swap: Swap) => {
  const way = reversed(swap);
  if (way !== null) await promote(admin, way, options);
  expect(await answerOf(server.urlOf(swap.live))).toBe('old 200');
};
const untilOurSessionsAreGone = () =>
  expect.poll(async () => (await databaseFacts(admin, 'postgres'))?.sessions, { timeout: 10_000 }).toBe(0);

/** A superuser has connections held back; who may less has them refused. */
describe.each([
  ['connections held back', 'postgres'],
  ['connections refused', 'swapper'],
] as const)('when the session is ended between two statements, with %s', (_how, role) => {
  it('the worker puts it right by itself: the live one is as it was', async () => {
    const swap = await pairOf(server, `broken_${role}`, role);
    for (let statements = 0; ; statements += 1) {
      const cut = await cutAfter(server, statements, { thenDead: false, role });
      const ended = await promote(new Secret(cut.url), swap, options).then(
        () => 'promoted',
        () => 'not_promoted',
      );
      await cut.stop();
      expect(await swapState(admin, swap, options)).toBe(ended);
      expect(await answerOf(server.urlOf(swap.live))).toBe(ended === 'promoted' ? 'new 300' : 'old 200');
      expect(ended).toBe(cut.made() ? 'not_promoted' : 'promoted');
      if (ended === 'promoted') return;
    }
  });

  it('and the worker is gone too, a repetition completes it and the way back opens the door', async () => {
    const swap = await pairOf(server, `orphaned_${role}`, role);
    const shut: boolean[] = [];
    for (let statements = 0; ; statements += 1) {
      const cut = await cutAfter(server, statements, { thenDead: true, role });
      let finished = false;
      // Not awaited where it was cut: that worker is dead.
      void promote(new Secret(cut.url), swap, options).then(
        () => {
          finished = true;
        },
        () => {},
      );
      await expect.poll(() => cut.made() || finished, { timeout: 10_000 }).toBe(true);
      await untilOurSessionsAreGone();
      await cut.stop();
      if (!cut.made()) break;
      expect(await swapState(admin, swap, options)).toBe('not_promoted');
      shut.push((await databaseFacts(admin, swap.live))?.allowsConnections === false);
      if (statements % 2 === 0) await undo(swap);
      await promote(admin, swap, options);
      expect(await answerOf(server.urlOf(swap.live))).toBe('new 300');
      await undo(swap);
    }
    expect(shut.length).toBeGreaterThan(15);
    expect(new Set(shut)).toEqual(new Set(role === 'postgres' ? [false] : [false, true]));
  });
});

it('when only the worker dies behind the closed door, the server carries the swap through', async () => {
  const swap = await pairOf(server, 'abandoned', 'swapper');
  const cut = await cutAfter(server, null, { thenDead: true, role: 'swapper' });
  promote(new Secret(cut.url), swap, options).catch(() => {});
  await expect.poll(() => cut.made(), { timeout: 10_000 }).toBe(true);
  await untilOurSessionsAreGone();
  await cut.stop();
  expect(await swapState(admin, swap, options)).toBe('promoted');
  expect(await answerOf(server.urlOf(swap.live))).toBe('new 300');
});

it('when only the connection breaks behind the closed door, the worker finds that it happened', async () => {
  const swap = await pairOf(server, 'unheard', 'swapper');
  const cut = await cutAfter(server, null, { thenDead: false, role: 'swapper' });
  const promoted = await promote(new Secret(cut.url), swap, options);
  await cut.stop();
  expect(promoted).toMatchObject({ identity: swap.identities.candidate, endedSessions: null });
  expect(promoted.unavailableMs).toBeGreaterThan(0);
});

it('when the server crashes meanwhile, it is completed after its restart', async () => {
  const swap = await pairOf(server, 'crashed');
  let fences = 0;
  const fence = async () => {
    fences += 1;
    // Behind the second one the door is closed.
    if (fences === 2) setTimeout(() => void server.kill(), 2);
  };
  const ended = promote(admin, swap, { ...options, fence }).then(
    () => 'promoted',
    () => 'broke off',
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  await server.restart();
  await ended;
  await promote(admin, swap, options);
  expect(await answerOf(server.urlOf(swap.live))).toBe('new 300');
});
