// Commands are committed once, and answered once.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenStore, type StoreServer, startStores } from '../support/stores.ts';

let server: StoreServer;
let store: OpenStore;

beforeAll(async () => {
  server = await startStores();
  store = await server.open();
});
afterAll(() => server.stop());

const intake = (key: string, text = 'verify') => ({ key, text, user: 'U1', channel: 'C1', team: 'T1' });

it('accepts a request once, however often it is delivered at the same time', async () => {
  const deliveries = Array.from({ length: 100 }, () => store.commands.accept(intake('same')));
  const all = await Promise.all(deliveries);
  expect(all.filter(({ first }) => first)).toHaveLength(1);
  expect(new Set(all.map(({ accepted }) => accepted.id)).size).toBe(1);
  expect(await store.sql(`select count(*)::int as rows from holdfast.commands where key = 'same'`)).toEqual([
    { rows: 1 },
  ]);
});

it('gives a second delivery the answer of the first', async () => {
  const { accepted } = await store.commands.accept(intake('answered'));
  await store.commands.answer(accepted.id, { is: 'refused', text: 'No.' });
  const again = await store.commands.accept(intake('answered', 'something else'));
  expect(again).toMatchObject({ first: false, accepted: { answer: { is: 'refused', text: 'No.' } } });
  expect(again.accepted.intake.text).toBe('verify');
});

it('keeps hostile text unchanged', async () => {
  const text = "restore \0 \ud800 '; drop table holdfast.commands; -- \u202e";
  const { accepted } = await store.commands.accept(intake('hostile', text));
  expect(accepted.intake.text).toBe(text);
});

it('lets one of many claim a command, until the claim lapses', async () => {
  const { accepted } = await store.commands.accept(intake('claimed'));
  const claims = await Promise.all(Array.from({ length: 10 }, () => store.commands.claim(accepted.id, 60)));
  expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  await store.sql(`update holdfast.commands set claimed_until = now() - interval '1 second' where key = 'claimed'`);
  expect(await store.commands.claim(accepted.id, 60)).toMatchObject({ id: accepted.id });
});

it('does not give out a command that is answered', async () => {
  const { accepted } = await store.commands.accept(intake('done'));
  await store.commands.answer(accepted.id, { is: 'shown' });
  expect(await store.commands.claim(accepted.id, 60)).toBeNull();
});

it('finds commands that were left lying for 10 seconds, but not those that somebody is at', async () => {
  const own = await server.open();
  const [left, claimed] = await Promise.all(
    ['left', 'claimed', 'fresh', 'answered'].map(async (key) => (await own.commands.accept(intake(key))).accepted.id),
  );
  await own.sql(`update holdfast.commands set received_at = now() - interval '11 seconds' where key <> 'fresh'`);
  await own.sql(`update holdfast.commands set answer = '{"is":"shown"}' where key = 'answered'`);
  await own.commands.claim(claimed ?? '', 60);
  expect((await own.commands.unanswered()).map(({ id }) => id)).toEqual([left]);
});
