// What is told outside of Slack: each notice once, per notifier and incident in order, and taken up when its process died.
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { AddressedNotice, NoticeItem } from '../../src/core/incident-ports.ts';
import { declaredOf } from '../support/incidents.ts';
import { type OpenStore, startStores } from '../support/stores.ts';

const server = await startStores();
let store: OpenStore;
beforeEach(async () => {
  store = await server.open();
  for (const command of ['c1', 'c2']) await store.incidents.declare(declaredOf(), command);
});
afterAll(() => server.stop());

const notice = (
  seq: number,
  is: AddressedNotice['is'] = 'updated',
  notifier: AddressedNotice['notifier'] = 'email',
) => {
  return { is, seq, notifier };
};
const add = async (...notices: AddressedNotice[]) => {
  for (const one of notices) await store.notices.add('inc-1', one);
};
const seqs = (items: readonly NoticeItem[]) => items.map((item) => item.notice.seq);
const takeOne = async () => {
  const [item, ...more] = await store.notices.take(10);
  if (item === undefined || more.length > 0) throw new Error(`took ${more.length + (item ? 1 : 0)}`);
  return item;
};
const later = (seconds: number) =>
  store.sql(
    `update holdfast.notices set due_at = due_at - $1 * interval '1 second', begun_at = begun_at - $1 * interval '1 second'`,
    [seconds],
  );

it('gives a notice out once, however often it was added', async () => {
  await add(notice(1), notice(1));
  expect(await takeOne()).toMatchObject({
    incident: 'inc-1',
    notifier: 'email',
    notice: { is: 'updated', seq: 1 },
    attempts: 1,
    receipt: null,
    uncertain: false,
  });
  expect(await store.notices.take(10)).toEqual([]);
});

it('tells an entry and a period of the same number apart', async () => {
  await add(notice(1), notice(1, 'ongoing'));
  expect(await store.sql('select count(*)::int as rows from holdfast.notices')).toEqual([{ rows: 2 }]);
});

it('gives out the next one only when the one before it is settled, with what that was answered', async () => {
  await add(notice(1), notice(2), notice(3));
  const first = await takeOne();
  expect(first.notice.seq).toBe(1);
  await store.notices.sent(first.id, 'page-7');
  const second = await takeOne();
  expect(second).toMatchObject({ notice: { seq: 2 }, receipt: 'page-7' });
  await store.notices.drop(second.id, 'refused');
  expect(await takeOne()).toMatchObject({ notice: { seq: 3 }, receipt: 'page-7' });
});

it('lets neither another notifier nor another incident wait', async () => {
  await add(notice(1), notice(1, 'declared', 'pagerduty'));
  await store.notices.add('inc-2', notice(1));
  expect(await store.notices.take(10)).toHaveLength(3);
});

it('waits before it tries again, and nothing overtakes it', async () => {
  await add(notice(1), notice(2));
  const { id } = await takeOne();
  await store.notices.retry(id, 30, 'connection refused');
  expect(await store.notices.take(10)).toEqual([]);
  expect(await store.notices.of('inc-1')).toMatchObject([
    { state: 'due', why: 'connection refused' },
    { state: 'due' },
  ]);
  await later(31);
  expect(await takeOne()).toMatchObject({ id, attempts: 2, uncertain: false });
});

it('gives out after 60 seconds what was begun and never settled, as uncertain until it is sent', async () => {
  await add(notice(1));
  const { id } = await takeOne();
  await later(59);
  expect(await store.notices.take(10)).toEqual([]);
  await later(2);
  expect(await takeOne()).toMatchObject({ id, uncertain: true });
  await store.notices.retry(id, 0, 'refused');
  expect(await takeOne()).toMatchObject({ id, uncertain: true, attempts: 3 });
});

it('says how each notice fared', async () => {
  await add(notice(1), notice(1, 'declared', 'pagerduty'), notice(1, 'declared', 'statuspage'));
  const taken = await store.notices.take(10);
  const idOf = (notifier: string) => taken.find((item) => item.notifier === notifier)?.id ?? '';
  await store.notices.sent(idOf('email'), null);
  await store.notices.drop(idOf('statuspage'), 'no such page');
  const states = await store.notices.of('inc-1');
  expect(states.map(({ notifier, state, why }) => [notifier, state, why])).toEqual([
    ['email', 'sent', null],
    ['pagerduty', 'due', null],
    ['statuspage', 'dropped', 'no such page'],
  ]);
  expect(states.map(({ at }) => at === null)).toEqual([false, true, false]);
});

it('leaves what is settled as it is', async () => {
  await add(notice(1));
  const { id } = await takeOne();
  await store.notices.sent(id, 'r1');
  await store.notices.retry(id, 0, 'late');
  await store.notices.drop(id, 'late');
  expect(await store.notices.of('inc-1')).toMatchObject([{ state: 'sent', why: null }]);
});

it('gives each notice to one of many takers', async () => {
  for (const id of ['inc-1', 'inc-2']) {
    for (const notifier of ['email', 'pagerduty', 'statuspage'] as const) {
      await store.notices.add(id, notice(1, 'declared', notifier));
      await store.notices.add(id, notice(2, 'resolved', notifier));
    }
  }
  const taken = (await Promise.all(Array.from({ length: 12 }, () => store.notices.take(2)))).flat();
  expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
  expect(seqs(taken)).toEqual(Array(6).fill(1));
});
