// The story of a restore, from the typed command to the way back: real servers, the real CLI, people in the channel.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { healthOf } from '../../sandbox/tour/provider.ts';
import { eventually, OVER, PRODUCTION, STAGING, type Story, startStory } from '../support/story.ts';

let story: Story;

beforeAll(async () => {
  story = await startStory({ rules: { watchSeconds: 1 } });
});

afterAll(() => story?.end());

const addons = async () => (await story.app(PRODUCTION)).addons.map(({ name }) => name).toSorted();
const candidates = async () => (await addons()).filter((name) => name.includes('-op'));

describe('a restore into staging', () => {
  let operation: string;

  it('is done after its requester typed the name of the app, and only then', async () => {
    operation = await story.asks('alice', '/dr restore staging a001');
    expect(await story.until(operation, ['PLANNED'])).toMatch(/grayledger-production::a001/);
    expect(await story.confirms('bob', operation, STAGING)).toMatch(/@alice asked for this and confirms it/);
    expect(await story.confirms('alice', operation, PRODUCTION)).toMatch(STAGING);
    expect(await story.transfers(STAGING, 'b')).toEqual([]);
    expect(await story.stateOf(operation)).toBe('proposed');

    expect(await story.confirms('alice', operation, STAGING)).toBe('');
    expect(await story.until(operation, OVER)).toMatch(/SUCCEEDED/);
    expect(await story.rows(STAGING)).toBe(4000);
    expect((await healthOf(story.world, STAGING)).status).toBe(200);
    expect(await story.transfers(STAGING, 'b')).toHaveLength(1);
    expect(await story.transfers(STAGING, 'r')).toHaveLength(1);
  });

  it('is taken back by undo, with the rows that staging had', async () => {
    const undo = await story.asks('alice', `/dr undo ${operation}`);
    await story.confirms('alice', undo, STAGING);
    expect(await story.until(undo, OVER)).toMatch(/SUCCEEDED/);
    expect(await story.rows(STAGING)).toBe(400);
    expect(await story.until(operation, ['UNDONE'])).toMatch(new RegExp(`taken back by ${undo}`));
    expect(await story.types('alice', `/dr undo ${operation}`)).toMatch(/was undone by/);
  });
});

describe('a restore of production', () => {
  it('takes everything back when the application is not healthy on the restored data', async () => {
    const before = await story.app(PRODUCTION);
    expect((await healthOf(story.world, PRODUCTION)).status).toBe(500);
    const operation = await story.asks('alice', '/dr restore production a001');
    await story.agree(operation);
    const card = await story.until(operation, OVER);
    expect(card).toMatch(/FAILED/);
    expect(card).toMatch(/“Ask the health endpoint” failed.*500/);
    const after = await story.app(PRODUCTION);
    expect(after.live).toBe(before.live);
    expect(after.maintenance).toBe(false);
    expect(await candidates()).toEqual([]);
    const ended = (await story.journal(operation)).filter(({ type }) => type === 'undo_ended');
    expect(ended.map(({ event }) => event['step'])).toEqual(['s7', 's5', 's4', 's1']);
  });

  it('builds and checks the candidate while people decide, and destroys it when one of them denies', async () => {
    const before = await story.app(PRODUCTION);
    const operation = await story.asks('alice', '/dr restore production a001');
    const rehearsed = await eventually('the rehearsal', async () => {
      const entries = await story.journal(operation);
      return entries.filter(({ type }) => type === 'step_ended').length === 3;
    });
    expect(rehearsed).toBe(true);
    const [candidate = ''] = await candidates();
    expect(candidate).toMatch(new RegExp(`^${PRODUCTION}-${operation.replace('-', '')}-`));
    const { live, maintenance } = await story.app(PRODUCTION);
    expect({ live, maintenance }).toEqual({ live: before.live, maintenance: false });

    await story.clicks('bob', operation, 'Approve');
    expect(await story.clicks('carol', operation, 'Deny')).toMatch(/You denied/);
    await story.until(operation, ['CANCELLED']);
    expect(await candidates()).toEqual([]);
    expect((await story.app(PRODUCTION)).live).toBe(before.live);
  });

  it('destroys the candidate when it is cancelled in the middle of loading it', async () => {
    const { control } = story.world.heroku;
    await control.fault({ match: { method: 'POST', path: '/restores$' }, times: 1, do: { kind: 'slow', factor: 20 } });
    const operation = await story.asks('alice', '/dr restore production a001');
    await eventually('the load of the candidate', async () => {
      const { transfers } = await story.app(PRODUCTION);
      return transfers.some(({ name, finishedAt }) => name.startsWith('r') && finishedAt === null);
    });
    await story.types('bob', `/dr cancel ${operation}`);
    expect(await story.until(operation, ['CANCELLED'])).toMatch(/Nothing live was changed/);
    expect(await candidates()).toEqual([]);
  });

  it('goes live after two approvals once the application is well, and undo brings the former database back', async () => {
    const rollback = await story.asks('alice', '/dr rollback v255');
    await story.agree(rollback);
    expect(await story.until(rollback, OVER)).toMatch(/SUCCEEDED/);

    const before = await story.app(PRODUCTION);
    await story.world.heroku.control.writeRows(PRODUCTION, 7);
    const rows = await story.rows(PRODUCTION);
    const operation = await story.asks('alice', '/dr restore production a002');
    await story.clicks('bob', operation, 'Approve');
    expect((await story.app(PRODUCTION)).live).toBe(before.live);
    await story.clicks('carol', operation, 'Approve');
    expect(await story.until(operation, OVER)).toMatch(/SUCCEEDED/);
    const restored = await story.app(PRODUCTION);
    expect(restored.live).toMatch(new RegExp(`^${PRODUCTION}-${operation.replace('-', '')}-`));
    expect(restored.maintenance).toBe(false);
    expect(await story.rows(PRODUCTION)).toBe(4040);
    expect((await healthOf(story.world, PRODUCTION)).status).toBe(200);

    const undo = await story.asks('alice', `/dr undo ${operation}`);
    await story.agree(undo);
    expect(await story.until(undo, OVER)).toMatch(/SUCCEEDED/);
    expect((await story.app(PRODUCTION)).live).toBe(before.live);
    expect(await story.rows(PRODUCTION)).toBe(rows);

    // What was live in between costs money until it goes; the operation that was taken back has left nothing.
    expect(await candidates()).toEqual([restored.live]);
    expect(await story.types('alice', `/dr cleanup ${operation}`)).toMatch(/has left nothing beside/);
    const cleanup = await story.asks('alice', `/dr cleanup ${undo}`);
    await story.agree(cleanup);
    expect(await story.until(cleanup, OVER)).toMatch(/SUCCEEDED/);
    expect(await candidates()).toEqual([]);
    expect((await story.app(PRODUCTION)).live).toBe(before.live);
    expect(story.cards(operation)).toHaveLength(1);
    expect(story.world.slack.record.violations).toEqual([]);
  });
});
