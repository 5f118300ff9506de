// An incident at short intervals, for real, across a restart of every process: told once each, never silent for long.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HoldfastProcess } from '../../sandbox/holdfast.ts';
import { COMPONENT, type Outside, startOutside } from '../../sandbox/outside/outside.ts';
import { eventually, type Story, startStory } from '../support/story.ts';

/** Between two status updates. */
const INTERVAL_MS = 4_000;
/** What was being told outside at the kill counts as in flight for a minute: nobody knows sooner that its sender is gone. */
const IN_FLIGHT_MS = 75_000;

let outside: Outside;
let story: Story;
let holdfast: HoldfastProcess;

beforeAll(async () => {
  outside = await startOutside();
  const escalation = [
    { afterMinutes: 0, call: ['on-call'] },
    { afterMinutes: 0.1, call: ['engineering-lead'] },
  ];
  const { processes, ...started } = await startStory({
    env: { ...outside.env },
    rules: { updateMinutes: INTERVAL_MS / 60_000, incidents: { notify: outside.notify, escalation } },
  });
  story = started;
  [holdfast] = processes as [HoldfastProcess];
});

afterAll(async () => {
  await story?.end();
  await outside?.stop();
});

const numbersOf = (incident: string) =>
  story.updates(incident).map((text) => Number(/^Update (\d+)/.exec(text)?.[1] ?? Number.NaN));

it('goes on where it was when everything was killed: no update, call or notice comes twice, none is made up n times', {
  timeout: 240_000,
}, async () => {
  const answer = await story.types('alice', '/dr incident declare checkout answers 500 --level 1');
  const incident = /inc-\d+/.exec(answer)?.[0] ?? '';
  await story.people.waitFor('two updates', () => story.updates(incident).length >= 2, { timeoutMs: 30_000 });
  await eventually('the second call', async () => /@bob/.test(story.notes(incident).join('\n')), 30_000);
  const before = numbersOf(incident);

  await holdfast.kill();
  await story.world.store.kill();
  await story.world.queue.kill();
  await sleep(3 * INTERVAL_MS);
  await story.world.store.restart();
  await story.world.queue.restart();
  holdfast = await story.world.holdfast();

  await story.people.waitFor('two more updates', () => story.updates(incident).length >= before.length + 2, {
    timeoutMs: 30_000,
  });
  const after = numbersOf(incident);
  expect(after).toEqual([...new Set(after)].toSorted((a, b) => a - b));
  // Of the periods in which nobody was up at most the newest is told: numbers are left out, not made up one by one.
  const made = after.slice(before.length);
  expect((made[1] ?? 0) - (before.at(-1) ?? 0)).toBeGreaterThan(2);

  await story.types('alice', '/dr incident resolve the release was rolled back');
  await eventually(
    'the end outside',
    async () => {
      const page = outside.page.received();
      return outside.pager.received()[0]?.state === 'resolved' && page.components[COMPONENT] === 'operational';
    },
    IN_FLIGHT_MS,
  );
  const notes = story.notes(incident).join('\n');
  expect(notes.match(/Called now/g)).toHaveLength(2);
  expect(outside.pager.received()).toHaveLength(1);
  expect(outside.page.received().incidents).toHaveLength(1);
  const ids = outside.mail.received().map(({ headers }) => headers['message-id']?.[0]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(story.cards(incident).filter(({ edited }) => edited)).toHaveLength(1);
});

it('is asked about by anybody, and acted upon by operators only', async () => {
  expect(await story.types('dave', '/dr incident declare "I cannot log in" --level 3')).toMatch(/look, not act/);
  expect(await story.types('dave', '/dr incident list')).toMatch(/inc-1/);
  expect(await story.types('dave', '/dr contacts')).toMatch(/Engineering lead/);
  expect(await story.types('dave', '/dr alerts')).toMatch(/alert|not proven/i);
  expect(await story.types('alice', '/dr incident update nothing is open')).toMatch(
    /No incident of grayledger is open/,
  );
});
