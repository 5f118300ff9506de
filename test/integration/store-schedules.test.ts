// Schedules: counted from when they were defined, each time taken by one process, and found again when that one died.
import { afterAll, beforeEach, expect, it } from 'vitest';
import { type OpenStore, startStores } from '../support/stores.ts';

const server = await startStores();
let store: OpenStore;
beforeEach(async () => {
  store = await server.open();
});
afterAll(() => server.stop());

const KEY = 'grayledger/daily';
const hour = (number: number) => new Date(Date.parse('2999-01-01T00:00:00.000Z') + number * 3_600_000).toISOString();
const PAST = '2020-01-01T00:00:00.000Z';

it('counts from when it is first seen, and keeps that moment', async () => {
  const first = await store.schedules.begin(KEY, 'a');
  expect(Math.abs(Date.parse(first.since) - Date.now())).toBeLessThan(5_000);
  expect(first.last).toBeNull();
  expect(await store.schedules.begin(KEY, 'a')).toEqual(first);
});

it('counts anew when its definition changes, and forgets the times of the former one', async () => {
  const first = await store.schedules.begin(KEY, 'a');
  await store.schedules.claim(KEY, first.since);
  expect((await store.schedules.begin(KEY, 'a')).last).toBe(first.since);
  const second = await store.schedules.begin(KEY, 'b');
  expect(Date.parse(second.since)).toBeGreaterThan(Date.parse(first.since));
  expect(second.last).toBeNull();
});

it('is defined once when several processes start at the same time', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => store.schedules.begin(KEY, 'a')));
  expect(new Set(all.map(({ since }) => since)).size).toBe(1);
});

it('gives each time to one process, and remembers the last', async () => {
  await store.schedules.begin(KEY, 'a');
  const claims = await Promise.all(Array.from({ length: 10 }, () => store.schedules.claim(KEY, hour(2))));
  expect(claims.filter((claimed) => claimed)).toHaveLength(1);
  await store.schedules.claim(KEY, hour(1));
  expect((await store.schedules.begin(KEY, 'a')).last).toBe(hour(2));
});

it('gives out once more what was taken and never settled', async () => {
  for (const due of [hour(2), hour(1), hour(3)]) await store.schedules.claim(KEY, due);
  await store.schedules.settle(KEY, hour(3), { operation: 'op-1', note: '' });
  expect(await store.schedules.unsettled(60)).toEqual([]);
  await store.sql(`update holdfast.schedule_runs set taken_at = now() - interval '61 seconds'`);
  const given = (await Promise.all([1, 2, 3].map(() => store.schedules.unsettled(60)))).flat();
  expect(given).toEqual([
    { key: KEY, due: hour(1) },
    { key: KEY, due: hour(2) },
  ]);
});

it('shows the newest run of each schedule of the system', async () => {
  for (const due of [PAST, hour(1)]) await store.schedules.claim(KEY, due);
  await store.schedules.claim('grayledger/weekly', PAST);
  await store.schedules.claim('grayledger-two/daily', hour(5));
  await store.schedules.settle(KEY, hour(1), { operation: 'op-7', note: 'made up: \0' });
  expect(await store.schedules.latest('grayledger')).toEqual([
    { key: KEY, due: hour(1), operation: 'op-7', note: 'made up: \0' },
    { key: 'grayledger/weekly', due: PAST, operation: null, note: '' },
  ]);
});
