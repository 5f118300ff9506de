// Reports: one per drill or incident, told once, newest first.
import { afterAll, beforeEach, expect, it } from 'vitest';
import { Report } from '../../src/core/report.ts';
import { type OpenStore, startStores } from '../support/stores.ts';

const server = await startStores();
let store: OpenStore;
beforeEach(async () => {
  store = await server.open();
});
afterAll(() => server.stop());

const reportOf = (overrides: Partial<Report> = {}): Omit<Report, 'id'> => ({
  system: 'grayledger',
  kind: 'drill',
  of: 'op-1',
  at: '2025-11-07T10:30:00.000Z',
  title: 'Monthly drill',
  result: 'pass',
  figures: {
    drill: 'monthly',
    backup: { id: 'a001', at: null, bytes: 245_000_000 },
    downloadSeconds: 12.5,
    restoreSeconds: null,
    totalSeconds: 900,
    recoverySeconds: 1200,
    rtoMinutes: 60,
    rpoMinutes: null,
    rows: { entries: 4812 },
    smoke: { passed: 3, of: 3 },
    leaks: null,
    participants: ['U01ALICE'],
    people: {},
    parts: [],
    issues: [],
    recommendations: [],
    nextAt: null,
  },
  markdown: '# Monthly drill\n',
  ...overrides,
});

it('stores a report as it is, and has its files told', async () => {
  const saved = await store.reports.save(reportOf());
  expect(saved).toEqual({ id: 'rep-1', ...reportOf() });
  expect(Report.parse(saved)).toEqual(saved);
  expect(await store.reports.load('rep-1')).toEqual(saved);
  expect(await store.reports.of('op-1')).toEqual(saved);
  expect(await store.outbox.take(10)).toMatchObject([{ subject: 'rep-1', telling: { kind: 'files' }, card: null }]);
});

it('stores and tells one per operation, whoever writes it', async () => {
  const all = await Promise.all(
    Array.from({ length: 6 }, (_, n) => store.reports.save(reportOf({ title: `By process ${n}` }))),
  );
  expect(new Set(all.map(({ title }) => title)).size).toBe(1);
  expect(await store.sql('select count(*)::int as rows from holdfast.outbox')).toEqual([{ rows: 1 }]);
});

it('lists newest first, by system and kind', async () => {
  const drill = (of: string, day: number) => {
    return store.reports.save(reportOf({ of, at: `2025-11-0${day}T10:00:00.000Z` }));
  };
  await drill('op-1', 3);
  await drill('op-2', 5);
  await drill('op-3', 4);
  await store.reports.save(reportOf({ of: 'op-4', system: 'provote' }));
  await store.reports.save(reportOf({ of: 'inc-1', kind: 'post-mortem', result: 'none', figures: null }));
  const ids = async (kind: Report['kind'], limit: number) => {
    return (await store.reports.list('grayledger', kind, limit)).map(({ of }) => of);
  };
  expect(await ids('drill', 9)).toEqual(['op-2', 'op-3', 'op-1']);
  expect(await ids('drill', 2)).toEqual(['op-2', 'op-3']);
  expect(await ids('post-mortem', 9)).toEqual(['inc-1']);
});

it('keeps hostile text unchanged, and figures that there are none of', async () => {
  const markdown = "\0 \ud800 '; drop table holdfast.reports; -- <script>";
  const saved = await store.reports.save(reportOf({ markdown, title: 'A\0B', figures: null }));
  expect(await store.reports.load(saved.id)).toMatchObject({ markdown, title: 'A\0B', figures: null });
});

it('knows no report that was never written', async () => {
  expect(await store.reports.load('rep-9')).toBeNull();
  expect(await store.reports.of('op-9')).toBeNull();
});
