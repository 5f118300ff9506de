// Alerts: raised once for as long as the same thing lasts, told when they change, over when they are over.
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { Finding } from '../../src/core/alert.ts';
import { narrateAlert } from '../../src/progress/narrate-alert.ts';
import { type OpenStore, startStores } from '../support/stores.ts';

const server = await startStores();
let store: OpenStore;
beforeEach(async () => {
  store = await server.open({ narrateAlert });
});
afterAll(() => server.stop());

const finding = (overrides: Partial<Finding> = {}): Finding => ({
  kind: 'old',
  environment: 'production',
  about: '',
  severity: 'critical',
  text: 'The newest backup is 30 h old.',
  remedy: { label: 'Back up now', command: 'backup' },
  ...overrides,
});
const look = (...findings: Finding[]) => store.alerts.reconcile('grayledger', ['old', 'size'], findings);
const wanted = async () => {
  return (await store.sql('select subject, wanted from holdfast.outbox order by id')).map(({ subject, wanted: n }) => [
    subject,
    n,
  ]);
};

it('raises what was found, with its card', async () => {
  const [alert] = await look(finding());
  expect(alert).toMatchObject({ ...finding(), id: 'al-1', system: 'grayledger', overAt: null });
  expect(await store.alerts.load('al-1')).toEqual(alert);
  expect(await store.alerts.open(null)).toEqual([alert]);
  expect(await wanted()).toEqual([['al-1', 1]]);
});

it('keeps it without a word for as long as the same is found', async () => {
  const [first] = await look(finding());
  const [again] = await look(finding());
  expect(again?.id).toBe(first?.id);
  expect(again?.raisedAt).toBe(first?.raisedAt);
  expect(again?.seenAt).not.toBe(first?.seenAt);
  expect(await wanted()).toEqual([['al-1', 1]]);
});

it.each<[string, Partial<Finding>]>([
  ['text', { text: 'The newest backup is 31 h old.' }],
  ['severity', { severity: 'warning' }],
  ['remedy', { remedy: null }],
])('tells a changed %s on the same card', async (_, change) => {
  await look(finding());
  expect(await look(finding(change))).toMatchObject([{ id: 'al-1', ...change }]);
  expect(await store.alerts.load('al-1')).toMatchObject(change);
  expect(await wanted()).toEqual([['al-1', 2]]);
});

it('that gets worse is heard, not only edited, and once for each rise', async () => {
  const kinds = async () => (await store.sql('select kind from holdfast.outbox order by id')).map(({ kind }) => kind);
  await look(finding({ severity: 'warning' }));
  expect(await kinds()).toEqual(['card']);
  await look(finding({ severity: 'critical' }));
  await look(finding({ severity: 'critical' }));
  expect(await kinds()).toEqual(['card', 'note']);
});

it('ends what is not found any more, and raises it anew when it comes back', async () => {
  await look(finding());
  expect(await look()).toEqual([]);
  expect((await store.alerts.load('al-1'))?.overAt).not.toBeNull();
  expect(await store.alerts.open(null)).toEqual([]);
  await look(finding());
  expect(await wanted()).toEqual([
    ['al-1', 2],
    ['al-2', 1],
  ]);
});

it('leaves those alone that were not looked for, and those of other systems', async () => {
  await store.alerts.reconcile('grayledger', ['disk'], [finding({ kind: 'disk' })]);
  await store.alerts.reconcile('provote', ['old'], [finding()]);
  expect(await look()).toMatchObject([{ kind: 'disk' }]);
  expect((await store.alerts.open('provote')).map(({ kind }) => kind)).toEqual(['old']);
});

it('tells several of a kind apart by what they are about', async () => {
  await look(finding({ about: 'a001' }), finding({ about: 'a002' }), finding({ environment: 'staging' }));
  expect(await store.alerts.open('grayledger')).toHaveLength(3);
  expect(await look(finding({ about: 'a002' }))).toMatchObject([{ about: 'a002' }]);
});

it('lists what was raised within a month, over or not', async () => {
  await look(finding({ about: 'a001' }), finding({ about: 'a002' }));
  await look(finding({ about: 'a002' }));
  const [from, to] = ['2000-01-01T00:00:00.000Z', '2100-01-01T00:00:00.000Z'];
  expect(await store.alerts.raised('grayledger', from, to)).toMatchObject([{ about: 'a001' }, { about: 'a002' }]);
  expect(await store.alerts.raised('grayledger', from, '2000-02-01T00:00:00.000Z')).toEqual([]);
  expect(await store.alerts.raised('suoops', from, to)).toEqual([]);
});

it('raises a thing once when two look at the same time', async () => {
  await Promise.all(Array.from({ length: 6 }, () => look(finding())));
  expect(await store.alerts.open(null)).toHaveLength(1);
});

it('keeps hostile text unchanged', async () => {
  const text = "\0 \ud800 '; drop table holdfast.alerts; -- <!channel>";
  await look(finding({ text }));
  expect((await store.alerts.load('al-1'))?.text).toBe(text);
});

it('knows no alert that was never raised', async () => {
  expect(await store.alerts.load('al-9')).toBeNull();
});
