// The watch over a real store, at short intervals: two processes at once, a restart, one telling for each change.
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import type { Facts } from '../../src/core/facts.ts';
import { sleep } from '../../src/lib/clock.ts';
import { within } from '../../src/lib/within.ts';
import { narrateAlert } from '../../src/progress/narrate-alert.ts';
import { createWatch } from '../../src/watch/watch.ts';
import { factsOf, NOW, nightly } from '../support/facts.ts';
import { type OpenStore, silentLog, startStores } from '../support/stores.ts';
import { systemOf } from '../support/system.ts';

const server = await startStores();
// A look every 60 ms.
const system = systemOf({ watch: { everyMinutes: 0.001 }, backups: { ...systemOf().backups, provenWithinDays: 1 } });
const gone = factsOf({ production: { backups: nightly(8).slice(2) } });
const good = factsOf();

let store: OpenStore;
const running: { stop(): Promise<void> }[] = [];
let facts: () => Promise<Facts>;

beforeEach(async () => {
  store = await server.open({ narrateAlert });
  facts = async () => good;
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});
afterAll(() => server.stop());

/** As another process would. */
function start() {
  const { alerts, incidents, operations } = store;
  const watch = createWatch({
    systems: { all: [system], platformOf: () => ({}), facts: () => facts(), offsite: async () => null },
    alerts,
    incidents,
    operations,
    held: async () => ({ proven: [], inUse: [] }),
    healthNow: async () => ({ ok: true, text: 'answered 200 in 3 ms' }),
    within,
    sleep,
    now: () => new Date(NOW.getTime() + performance.now()),
    random: () => 0,
    log: silentLog,
  });
  const one = watch.start();
  running.push(one);
  return one;
}

const open = async () => (await store.alerts.open(system.name)).map(({ kind }) => kind).sort();
const raised = () => store.sql('select id, kind, over_at from holdfast.alerts order by number');

async function until(isSo: () => Promise<boolean>) {
  const end = Date.now() + 15_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`it was not so in time: ${JSON.stringify(await raised())}`);
    await wait(20);
  }
}

it('of two processes raises each alert once, tells it once, and ends it once', async () => {
  facts = async () => gone;
  start();
  start();
  await until(async () => (await open()).length === 3);
  await wait(500);
  expect(await open()).toEqual(['missing', 'restore-test', 'retention']);
  expect(await raised()).toHaveLength(3);
  const cards = await store.outbox.take(10);
  expect(cards.map(({ subject, telling }) => `${subject} ${telling.kind}`).sort()).toEqual([
    'al-1 card',
    'al-2 card',
    'al-3 card',
  ]);
  facts = async () => good;
  await until(async () => (await open()).length === 1);
  expect(await open()).toEqual(['restore-test']);
  expect(await raised()).toHaveLength(3);
});

it('goes on with the same alerts after a restart, and ends what is over by then', async () => {
  facts = async () => gone;
  const first = start();
  await until(async () => (await open()).length === 3);
  await first.stop();
  await wait(200);
  const before = await raised();
  start();
  await wait(500);
  expect(await raised()).toEqual(before);
  facts = async () => good;
  await until(async () => (await open()).length === 1);
});

it('leaves alone what a platform that is away cannot tell, and what others have raised', async () => {
  facts = async () => gone;
  const schedule = { kind: 'schedule', environment: 'production', about: 'daily', severity: 'warning' } as const;
  await store.alerts.reconcile(system.name, ['schedule'], [{ ...schedule, text: 'It was missed.', remedy: null }]);
  start();
  await until(async () => (await open()).length === 4);
  facts = () => Promise.reject(new Error('no route to host'));
  await until(async () => (await open()).includes('unreadable'));
  expect(await open()).toEqual(['missing', 'restore-test', 'retention', 'schedule', 'unreadable']);
});
