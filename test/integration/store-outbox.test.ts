// The outbox: every telling once and in order, a card at most every 3 seconds with the newest state.
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutboxItem, Telling } from '../../src/core/ports.ts';
import { lookOf } from '../support/plans.ts';
import { type OpenStore, startStores } from '../support/stores.ts';

const server = await startStores();
let store: OpenStore;
beforeEach(async () => {
  store = await server.open();
  for (const id of ['op-1', 'op-2'])
    await store.operations.create(lookOf({ operation: id }), { by: 'U1', command: id });
});
afterAll(() => server.stop());

const card: Telling = { kind: 'card' };
const note = (seq: number): Telling => ({ kind: 'note', seq });
const update = (period: number | 'last'): Telling => ({ kind: 'update', period });
const add = async (...tellings: Telling[]) => {
  for (const telling of tellings) await store.outbox.add('op-1', telling);
};
const tellings = (items: readonly OutboxItem[]) => items.map(({ telling }) => telling);
const takeOne = async () => {
  const [item, ...more] = await store.outbox.take(10);
  if (item === undefined || more.length > 0) throw new Error(`took ${more.length + (item ? 1 : 0)}`);
  return item;
};
const posted = (ts = '1.1') => ({ channel: 'C1', ts, seq: 1 });
/** As if so much time had gone by for all rows. */
const later = (seconds: number) =>
  store.sql(
    `update holdfast.outbox set due_at = due_at - $1 * interval '1 second', begun_at = begun_at - $1 * interval '1 second',
      sent_at = sent_at - $1 * interval '1 second'`,
    [seconds],
  );
const sendCard = async (ts?: string) => {
  await add(card);
  await store.outbox.sent((await takeOne()).id, posted(ts));
};

describe('a card', () => {
  it('is one telling, however often it was added while it waited', async () => {
    await add(card, card, card);
    expect(await takeOne()).toMatchObject({ telling: card, attempts: 1, card: null, uncertain: false });
    expect(await store.outbox.take(10)).toEqual([]);
  });

  it('is due again 3 seconds after it was sent, with its place, if something was added since', async () => {
    await sendCard();
    await add(card);
    await later(2.5);
    expect(await store.outbox.take(10)).toEqual([]);
    await later(1);
    expect(await takeOne()).toMatchObject({ telling: card, card: { channel: 'C1', ts: '1.1' } });
  });

  it('is sent at once when the last time was long ago', async () => {
    await sendCard();
    await later(60);
    await add(card);
    expect(tellings(await store.outbox.take(10))).toEqual([card]);
  });

  it('is due again when something was added while it was being sent', async () => {
    await add(card);
    const item = await takeOne();
    await add(card);
    expect(await store.outbox.take(10)).toEqual([]);
    await store.outbox.sent(item.id, posted());
    await later(3.5);
    expect(tellings(await store.outbox.take(10))).toEqual([card]);
  });

  it('is not due again when nothing was added', async () => {
    await sendCard();
    await later(3600);
    expect(await store.outbox.take(10)).toEqual([]);
  });

  it('is posted anew when its message is gone, and replies wait for that', async () => {
    await sendCard('1.1');
    await store.outbox.forgetCard('op-1');
    await add(note(1));
    const again = await takeOne();
    expect(again).toMatchObject({ telling: card, card: null });
    await store.outbox.sent(again.id, posted('2.2'));
    expect(await takeOne()).toMatchObject({ telling: note(1), card: { ts: '2.2' } });
  });

  it('that was given up is tried again with the next news', async () => {
    await add(card);
    await store.outbox.drop((await takeOne()).id, 'archived');
    await add(card);
    expect(tellings(await store.outbox.take(10))).toEqual([card]);
  });
});

describe('notes and updates', () => {
  it('are added once for each entry and period', async () => {
    await sendCard();
    await add(note(2), note(2), update(1), update(1), update('last'), update('last'));
    expect(tellings(await store.outbox.take(10))).toEqual([note(2), update(1), update('last')]);
  });

  it('are never sent twice', async () => {
    await sendCard();
    await add(note(2));
    await store.outbox.sent((await takeOne()).id, posted());
    await add(note(2));
    await later(3600);
    expect(await store.outbox.take(10)).toEqual([]);
  });

  it('wait for the card', async () => {
    await add(note(1), update(1), card);
    const first = await takeOne();
    expect(first.telling).toEqual(card);
    await store.outbox.sent(first.id, posted());
    expect(tellings(await store.outbox.take(10))).toEqual([note(1), update(1)]);
  });

  it('come in the order of their making, also when an earlier one has to be tried again', async () => {
    await sendCard();
    await add(note(1), note(2), note(3));
    const [first] = await store.outbox.take(1);
    expect(first?.telling).toEqual(note(1));
    expect(await store.outbox.take(10)).toEqual([]);
    await store.outbox.retry(first?.id ?? '', 30, 'rate limited');
    expect(await store.outbox.take(10)).toEqual([]);
    await later(31);
    expect(tellings(await store.outbox.take(10))).toEqual([note(1), note(2), note(3)]);
  });

  it('that are updates go before everything once they have waited: they are due at a time, however much there is to say', async () => {
    await sendCard();
    await add(note(1), update(1));
    await store.outbox.add('op-2', card);
    expect((await store.outbox.take(1))[0]).toMatchObject({ subject: 'op-2', telling: card });
    await store.sql(`update holdfast.outbox set state = 'due', due_at = clock_timestamp() where subject = 'op-2'`);
    await store.sql(`update holdfast.outbox set due_at = due_at - interval '11 seconds' where kind = 'update'`);
    expect(tellings(await store.outbox.take(10))).toEqual([update(1), card, note(1)]);
  });

  it('are not held up by those of another operation', async () => {
    await sendCard();
    await add(note(1));
    const [stuck] = await store.outbox.take(1);
    await store.outbox.retry(stuck?.id ?? '', 600, 'rate limited');
    await store.outbox.add('op-2', card);
    expect(await takeOne()).toMatchObject({ subject: 'op-2' });
  });

  it('that were dropped make way for the next', async () => {
    await sendCard();
    await add(note(1), note(2));
    const [first] = await store.outbox.take(1);
    await store.outbox.drop(first?.id ?? '', 'msg_too_long');
    expect(tellings(await store.outbox.take(10))).toEqual([note(2)]);
    expect(await store.sql(`select why from holdfast.outbox where state = 'dropped'`)).toEqual([
      { why: 'msg_too_long' },
    ]);
  });
});

describe('subjects', () => {
  it.each(['inc-7', 'al-12'])('of the kind %s have their notes wait for their own card', async (subject) => {
    await sendCard();
    await store.outbox.add(subject, note(1));
    expect(await store.outbox.take(10)).toEqual([]);
    await store.outbox.add(subject, card);
    const item = await takeOne();
    expect(item).toMatchObject({ subject, telling: card });
    expect(await store.outbox.cardOf(subject)).toBeNull();
    await store.outbox.sent(item.id, posted('7.7'));
    expect(await store.outbox.cardOf(subject)).toEqual({ channel: 'C1', ts: '7.7' });
    expect(await takeOne()).toMatchObject({ telling: note(1), card: { ts: '7.7' } });
  });

  it('that are reports have no card: their files wait for none, and are sent once', async () => {
    await store.outbox.add('rep-3', { kind: 'files' });
    await store.outbox.add('rep-3', { kind: 'files' });
    const item = await takeOne();
    expect(item).toMatchObject({ subject: 'rep-3', telling: { kind: 'files' }, card: null });
    await store.outbox.sent(item.id, posted());
    await store.outbox.add('rep-3', { kind: 'files' });
    await later(3600);
    expect(await store.outbox.take(10)).toEqual([]);
    expect(await store.outbox.cardOf('rep-3')).toBeNull();
  });
});

describe('a telling that was taken and never resolved', () => {
  it('is left alone for 30 seconds and then taken again, as uncertain', async () => {
    await add(card);
    await store.outbox.take(10);
    await later(29);
    expect(await store.outbox.take(10)).toEqual([]);
    await later(2);
    expect(await takeOne()).toMatchObject({ uncertain: true, attempts: 2 });
  });

  it('stays uncertain until it is sent', async () => {
    await add(card);
    await store.outbox.take(10);
    await later(31);
    const item = await takeOne();
    await store.outbox.retry(item.id, 0, 'refused');
    const again = await takeOne();
    expect(again).toMatchObject({ uncertain: true, attempts: 3 });
    await store.outbox.sent(again.id, posted());
    await add(card);
    await later(3.5);
    expect(await takeOne()).toMatchObject({ uncertain: false });
  });

  it('is certain when the failed attempts are known to have failed', async () => {
    await add(card);
    await store.outbox.retry((await takeOne()).id, 0, 'refused');
    expect(await takeOne()).toMatchObject({ uncertain: false, attempts: 2 });
  });
});

it('gives each telling to one of many takers', async () => {
  await sendCard();
  await add(...Array.from({ length: 30 }, (_, seq) => note(seq + 1)));
  const taken = (await Promise.all(Array.from({ length: 12 }, () => store.outbox.take(5)))).flat();
  expect(taken).toHaveLength(5);
  expect(tellings(taken)).toEqual([1, 2, 3, 4, 5].map(note));
});

it('does not wait for an operation that is being changed', async () => {
  await add(card);
  const slow = store.sql(`begin; select 1 from holdfast.outbox for update; select pg_sleep(1); commit`);
  await store.sql('select pg_sleep(0.3)');
  const before = performance.now();
  expect(await store.outbox.take(10)).toEqual([]);
  expect(performance.now() - before).toBeLessThan(500);
  await slow;
  expect(tellings(await store.outbox.take(10))).toEqual([card]);
});
